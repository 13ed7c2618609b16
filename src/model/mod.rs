//! Plain data that every tier speaks: no I/O, no policy, no text for people.

pub mod action;
pub mod code;
pub mod finding;
pub mod host;
pub mod ids;
pub mod mode;
pub mod mode_change;
pub mod name;
pub mod owner_spec;
pub mod pattern;
pub mod place;
pub mod problem;
pub mod report;
pub mod severity;
pub mod shell;
pub mod socket;
pub mod survey;
pub mod untrusted;

pub use action::{Action, ActionKind, Outcome};
pub use code::Code;
pub use finding::{Finding, Waived};
pub use host::{Host, Lookup, Names};
pub use ids::{Gid, Uid};
pub use mode::Mode;
pub use mode_change::ModeChange;
pub use name::SocketName;
pub use owner_spec::{OwnerSpec, Ownership};
pub use pattern::Pattern;
pub use place::Place;
pub use problem::{Grade, Mark, Problem};
pub use report::{Report, Run, Summary, Verdict};
pub use severity::Severity;
pub use socket::{Inode, Parent, Process, Socket, SocketType, State};
pub use survey::{Root, SkipReason, Skipped, Survey, Unreadable};
