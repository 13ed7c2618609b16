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

use super::bound::Keeper;
use super::launch::Launch;
use super::plan::Plan;
use super::refusal::{Refusal, Status};
use super::sockets::Sockets;
use super::sources;
use crate::change::changes::Changes;
use crate::sys::fds::{self, Reserved};
use events::Parent;

/// What the end takes, kept free from the beginning.
pub fn spare() -> Result<Reserved, Refusal> {
    /// More than twice of what is open at once while it is looked who listens on a socket.
    const DESCRIPTORS: usize = 12;
    fds::spare(DESCRIPTORS).map_err(|failure| {
        let why = format!("cannot stay as the parent of the command: {failure}");
        Refusal::new(Status::Failed, why)
    })
}

/// Starts the command, and looks after it until the end. Tells how it ended, and what could not
/// be cleaned up.
pub fn run(
    plan: &Plan,
    supervision: &Supervision,
    sockets: Sockets,
    mut keeper: Keeper<'_>,
    spare: Reserved,
) -> (Outcome, Changes) {
    let sources: Vec<Box<dyn Source + '_>> = vec![Box::new(&mut keeper)];
    let outcome = supervise(plan, supervision, &sockets, sources);
    drop(spare);
    // The files go first, so that no client is refused that finds one.
    let changes = keeper.finish();
    drop(sockets);
    (outcome.unwrap_or_else(Outcome::Refused), changes)
}

fn supervise(
    plan: &Plan,
    supervision: &Supervision,
    sockets: &Sockets,
    mut sources: Vec<Box<dyn Source + '_>>,
) -> Result<Outcome, Refusal> {
    let awaiting = sources::open(&supervision.awaiting)?;
    sources.extend(awaiting.all);
    let start = match awaiting.notify {
        Some(address) => &plan.start.speaking_to(address),
        None => &plan.start,
    };
    let launch = Launch::prepare(start);
    let mut launch = launch.map_err(|why| Refusal::new(Status::Config, why))?;
    for (socket, held) in plan.sockets.iter().zip(&sockets.held) {
        launch.pass_on(socket, held);
    }
    let parent = Parent::new(supervision, start, launch, sources)?;
    parent.run().map_err(|failure| {
        let why = format!("cannot wait for what happens: {failure}; the command is killed");
        Refusal::new(Status::Failed, why)
    })
}
