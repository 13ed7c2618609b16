//! The resident parent of a command.
//!
//! ```text
//! signals, children, sources
//!        | events
//!        v
//!     machine    what is to be done about it; pure
//!        | actions
//!        v
//!     kernel, command, sources
//! ```
//!
//! Whoever adds something to listen to writes a [`Source`]; whoever adds something to decide
//! extends the [`machine`].

mod alarms;
pub mod event;
mod events;
pub mod machine;
mod process;
pub mod source;
pub mod supervision;

pub use event::{Ending, Outcome};
pub use machine::Machine;
pub use source::Source;
pub use supervision::Supervision;

use super::launch::Launch;
use super::plan::Plan;
use super::refusal::{Refusal, Status};
use super::sockets::Sockets;
use super::sources;
use crate::change::changes::Changes;
use events::Parent;

/// Starts the command, and looks after it until the end. Tells how it ended, and what could not
/// be cleaned up.
pub fn run(plan: &Plan, supervision: &Supervision, sockets: Sockets) -> (Outcome, Changes) {
    let outcome = supervise(plan, supervision, &sockets);
    (outcome.unwrap_or_else(Outcome::Refused), sockets.release())
}

fn supervise(
    plan: &Plan,
    supervision: &Supervision,
    sockets: &Sockets,
) -> Result<Outcome, Refusal> {
    let sources = sources::open(&supervision.awaiting)?;
    let start = match sources.notify {
        Some(address) => &plan.start.speaking_to(address),
        None => &plan.start,
    };
    let launch = Launch::prepare(start);
    let mut launch = launch.map_err(|why| Refusal::new(Status::Config, why))?;
    for (socket, held) in plan.sockets.iter().zip(&sockets.held) {
        launch.pass_on(socket, held);
    }
    let parent = Parent::new(supervision, start, launch, sources.all)?;
    parent.run().map_err(|failure| {
        let why = format!("cannot wait for what happens: {failure}; the command is killed");
        Refusal::new(Status::Failed, why)
    })
}
