//! `--exec`: this process becomes the command.

use super::launch::Launch;
use super::plan::Plan;
use super::refusal::{Refusal, Status};
use super::sockets::{Sockets, TO_REMOVE};
use super::stopped::Stopped;
use crate::change::changes::Changes;
use crate::model::FdNumber;
use crate::sys::fds::{self, Reserved};
use crate::sys::{limits, signals};

/// How it ends where the command was not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unstarted {
    /// It could not be.
    Refused(Refusal),
    /// A signal of this number came before, and did not end this process by itself, as the first
    /// process of a container is not ended by any.
    Signal(i32),
}

/// Takes the places of sockets that are to be handed over, so that what it takes to remove their
/// files is not in them.
pub fn reserve(plan: &Plan) -> Result<Reserved, Refusal> {
    let inherited = plan.start.descriptors.inherited;
    let end = FdNumber::FIRST.plus(inherited + plan.sockets.len());
    fds::reserve(end.unwrap_or(FdNumber::FIRST)).map_err(|failure| {
        Refusal::new(
            Status::Failed,
            format!("cannot reserve descriptors: {failure}"),
        )
    })
}

/// Becomes the command, and returns only where that fails; what could not be cleaned up then is
/// told with it.
pub fn exec(plan: &Plan, sockets: Sockets) -> (Unstarted, Changes) {
    let start = &plan.start;
    let mut launch = match Launch::prepare(start) {
        Ok(launch) => launch,
        Err(why) => {
            let refusal = Refusal::new(Status::Config, why);
            return (Unstarted::Refused(refusal), sockets.release());
        }
    };
    for (socket, held) in plan.sockets.iter().zip(&sockets.held) {
        launch.pass_on(socket, held);
    }
    let stopped = if sockets.held.is_empty() {
        launch.run()
    } else if let Some(signal) = signals::deadly_one() {
        // One for this thread alone another one does not see.
        Stopped::Signal(signal)
    } else if start.identity.leaves(TO_REMOVE) && start.limits.is_empty() {
        let stopped = launch.run();
        Launch::take_up_held();
        stopped
    } else {
        launch.run_beside()
    };
    // They are of the whole process, and with too low ones nothing could be removed. Who may not
    // raise them has to do with what there is.
    for limit in &start.limits {
        let _ = limits::set(limit.resource, limit.before);
    }
    limits::raise_open_files();
    let changes = sockets.release();
    let unstarted = match stopped {
        Stopped::Signal(number) => {
            let _ = signals::let_all_in();
            Unstarted::Signal(number)
        }
        stopped => Unstarted::Refused(stopped.refusal(start)),
    };
    (unstarted, changes)
}
