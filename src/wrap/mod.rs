//! Runs a command with exactly the rights, the environment and the descriptors that it should
//! have.
//!
//! ```text
//! request    what is asked for, nothing of it left unread
//!    |
//! host       what the plan has to know of the host and of ourselves; looks, and changes nothing
//!    |
//! plan       request and facts -> all that will be done, or a refusal; pure
//!    |  \
//!    |   identity   from who we are to who it is to be, call by call; pure
//!    |  /
//! start      what happens between us and the command, as data: --explain shows it
//!    |
//! launch     does that in the process that becomes the command, where nothing may be allocated;
//!            it ends with execve(2), or with the step that failed
//! ```
//!
//! With --exec this process launches itself. Everything that can fail is tried before anything is
//! changed; a [`Refusal`] carries the exit status.

pub mod host;
pub mod identity;
pub mod launch;
pub mod mailbox;
pub mod notify;
pub mod plan;
pub mod refusal;
pub mod request;

pub use plan::{Plan, plan};
pub use refusal::{Refusal, Status};
pub use request::Request;
