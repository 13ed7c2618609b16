//! Runs a command with exactly the rights, the environment and the descriptors that it should
//! have, and looks after it and its sockets until the end.
//!
//! ```text
//! request    what is asked for, nothing of it left unread
//!    |
//! host       what the plan has to know of the host and of ourselves; looks, and changes nothing
//!    |
//! plan       request and facts -> all that will be done, or a refusal; pure
//!    |  \
//!    |   identity   from who we are to who it is to be, call by call; pure
//!    |   awaiting   how it is learnt that it is ready, and who is told; pure
//!    |  /
//! sockets    made by the recipe of create, before anything else is done; gone again when the
//!    |       rest fails
//!    |
//! start      what happens between us and the command, as data: --explain shows it (outline)
//!    |
//! launch     does that in the process that becomes the command, where nothing may be allocated;
//!            it ends with execve(2), or with the step that failed
//! ```
//!
//! With --exec this process launches itself (exec): where it has made sockets, in a second thread,
//! for rights belong to a thread, and the first one is to be able to remove them again when
//! execve(2) fails. When it succeeds, only the thread that called it is left.
//!
//! Otherwise a child does, and this process stays:
//!
//! ```text
//! parent     signals, children, job control; a pure machine says what follows from what happens
//!    |
//! sources    what it listens to besides:
//!    |- relay    what the command says of itself (notify), from a socket of ours (mailbox) to the
//!    |           service manager
//!    |- ready    tests of its sockets, or a time
//!    `- bound    the sockets that it binds itself, and all of its socket files while it runs
//! ```
//!
//! Everything that can fail is tried before anything is changed; a [`Refusal`] carries the exit
//! status.

pub mod awaiting;
pub mod bound;
pub mod exec;
#[cfg(test)]
mod fixture;
pub mod host;
pub mod identity;
pub mod launch;
pub mod mailbox;
pub mod notify;
pub mod outline;
pub mod parent;
pub mod plan;
pub mod ready;
pub mod refusal;
pub mod relay;
pub mod request;
pub mod sockets;
pub mod sources;
pub mod stopped;
pub mod variables;

pub use plan::{Plan, plan};
pub use refusal::{Refusal, Status};
pub use request::Request;
