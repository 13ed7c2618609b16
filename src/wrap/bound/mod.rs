//! The sockets that the command binds itself, and all of its sockets while it runs.
//!
//! ```text
//! keeping     how they are kept, and with which rights; pure
//! clear       before the start: stale files of expected paths are cleaned, live ones refused
//! search      after it: what its processes come to listen on
//!   awaited     one path: when to look again, and when somebody else has it; pure
//!   look        a look at the sockets of all of them
//! settling    whether it is done with what servers do after listen(2); pure
//! violation   what follows from what a policy says against a socket; pure
//! guard       while it runs: changed, moved, removed, as the kernel tells it
//! keeper      the source that brings these together
//!   judging     what a policy says against a file
//!   upkeep      what happens to one while the command runs
//!   finish      what is ours is removed at the end
//! ```

pub mod awaited;
pub mod clear;
mod finish;
pub mod guard;
mod judging;
pub mod keeper;
pub mod keeping;
pub mod look;
pub mod search;
pub mod settling;
mod upkeep;
pub mod violation;

pub use clear::clear;
pub use judging::say_actions;
pub use keeper::{Keeper, Made, Rules};
pub use keeping::{Keeping, LooksFor};
pub use look::Eyes;
pub use search::{Expected, Search};
pub use violation::{Judge, OnViolation, Verdict, Violation, way_out, way_out_unmended};
