//! Changes to socket files: planned by pure functions, done by one executor.
//!
//! ```text
//! way      where a path leads that somebody named, and whose links are followed
//! target   what a path leads to, looked at once and pinned
//! wish     what it should be; mode, owner and apply make it of what was asked for
//! plan     the steps from what is there to what should be, never wider than both in between
//! execute  does them, each after another look at the pinned inode, and asks the kernel afterwards
//! own      a socket file that is ours, and is removed at the end
//! ```

pub mod acl;
pub mod changes;
pub mod clean;
pub mod create;
pub mod execute;
#[cfg(test)]
#[allow(clippy::print_stdout)] // skipped tests say so by name
mod fixture;
pub mod holder;
pub mod mode;
pub mod name;
pub mod own;
pub mod owner;
pub mod plan;
mod take_away;
pub mod target;
pub mod way;

pub use execute::{How, execute};
pub use plan::{Change, Plan, Step, Wish};
pub use target::Target;
pub use way::Unfit;
