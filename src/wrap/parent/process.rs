//! A process that the parent has started, as the kernel has it.

use crate::model::Signal;
use crate::sys::child::{self, Child};
use crate::sys::dir::Failure;
use crate::sys::report::{self, Report, Said};
use crate::wrap::launch::Launch;
use crate::wrap::refusal::{Refusal, Status};
use crate::wrap::stopped::{Bytes, Stopped};

use super::event::{Arrived, ChildId, Origin, Whom};

/// What a process ends with that could not become the command.
const UNSTARTED: u8 = Status::Failed.code();

/// A process that we have started.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) id: ChildId,
    pub(super) child: Child,
    /// Where it says that it could not become the command; `None` once that is known.
    report: Option<Report>,
    /// What it said.
    pub(super) stopped: Option<Stopped>,
    /// It has ended; orphans of it may be left in its process group.
    pub(super) reaped: bool,
}

/// What is known of a process by its report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing new.
    Nothing,
    /// It has become the command, or has ended before.
    Gone,
    /// It could not become the command.
    Unstarted,
}

impl Process {
    /// Forks; the new process launches the command.
    pub(super) fn start(id: ChildId, launch: &mut Launch) -> Result<Process, Refusal> {
        let failed = |what: &str, failure: Failure| {
            let why = format!("cannot start a process: {what}: {failure}");
            Refusal::new(Status::Failed, why)
        };
        launch.below(child::own_pid());
        let pipe = report::pipe(launch.first_free_descriptor());
        let (report, reporter) = pipe.map_err(|failure| failed("pipe()", failure))?;
        let run = || {
            reporter.say(launch.run().to_bytes());
            UNSTARTED
        };
        let child = child::fork(run).map_err(|failure| failed("fork()", failure))?;
        Ok(Process {
            id,
            child,
            report: Some(report),
            stopped: None,
            reaped: false,
        })
    }

    /// Reads what it says, if it is not known yet.
    pub(super) fn listen(&mut self) -> Known {
        let Some(report) = &self.report else {
            return Known::Nothing;
        };
        let bytes: Said<{ size_of::<Bytes>() }> = report.read();
        match bytes {
            Said::NotYet => return Known::Nothing,
            Said::Nothing => {}
            Said::This(bytes) => self.stopped = Stopped::from_bytes(bytes),
        }
        self.report = None;
        if self.stopped.is_some() {
            Known::Unstarted
        } else {
            Known::Gone
        }
    }

    /// Where it can be read that it has become the command.
    pub(super) fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Passes a signal on. To the group of one that is reaped only if an orphan of it is in there:
    /// else there is nobody who could get it.
    pub(super) fn send(&self, whom: Whom, arrived: Arrived) -> Result<(), Failure> {
        let Arrived { signal, origin } = arrived;
        if self.reaped {
            return match whom {
                Whom::Group if self.child.leaves_children() => self.child.send_to_group(signal),
                _ => Ok(()),
            };
        }
        let value = match origin {
            Origin::Queued(value) => Some(value),
            Origin::Sent | Origin::Terminal => None,
        };
        match whom {
            Whom::Process => self.child.send(signal, value),
            Whom::Group => {
                let group = self.child.send_to_group(signal);
                // It may have gone to another group of its session.
                if signal == Signal::KILL {
                    self.child.send(signal, None)?;
                }
                group
            }
        }
    }
}
