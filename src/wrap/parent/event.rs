//! What happens, and what is to be done about it: the words between the machine, the loop around
//! it, and the sources.

use std::fmt;
use std::time::Duration;

use crate::model::Signal;
use crate::wrap::Refusal;

/// One start of the command. Several may live at a time: in different slots, or, while one takes
/// over from another, in the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildId {
    /// Which of the processes that run side by side.
    pub slot: u16,
    /// How many have been started in that slot before.
    pub generation: u32,
}

impl ChildId {
    /// The first start of all.
    pub const FIRST: ChildId = ChildId {
        slot: 0,
        generation: 0,
    };
}

impl fmt::Display for ChildId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.slot, self.generation)
    }
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Everything is prepared: from here on there is a command to start.
    Begin,
    /// A signal came to us.
    Signal(Arrived),
    /// It has become the command: execve(2) succeeded.
    Started(ChildId),
    /// It never became the command, and there is no process of it.
    NotStarted(ChildId, Refusal),
    /// The process has ended, and is reaped.
    Ended {
        /// Which.
        id: ChildId,
        /// How.
        ending: Ending,
        /// Whether others of its process group are still there.
        leaves: bool,
    },
    /// Those that were left of its process group are gone.
    GroupGone(ChildId),
    /// It was stopped (^Z), and waits for SIGCONT.
    Suspended {
        /// Which.
        id: ChildId,
        /// By this signal.
        signal: Signal,
        /// Who has the terminal.
        terminal: Terminal,
    },
    /// It goes on.
    Continued(ChildId),
    /// A signal for it could not be delivered: we have no right to.
    Undelivered(ChildId, Signal),
    /// We were to be stopped ourselves, and go on.
    Resumed {
        /// Whether we were: nothing stops who has nobody to continue them.
        stopped: bool,
        /// Who has the terminal.
        terminal: Terminal,
    },
    /// The time of an alarm is up.
    Alarm(Alarm),
    /// A source: the server says, or it was seen, that it is ready.
    LooksReady(ChildId),
    /// A source: the server says that what it is at, starting or ending, takes at least that much
    /// longer.
    Extend(ChildId, Duration),
    /// A source: an answer to [`News::Check`], nothing speaks against it.
    Passed(ChildId),
    /// A source: all is to be stopped, with that as the outcome.
    Abort(Refusal),
}

/// A signal that came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Which.
    pub signal: Signal,
    /// From where.
    pub origin: Origin,
}

/// Where a signal is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A process sent it: kill(2).
    Sent,
    /// A process sent it with a value: sigqueue(3).
    Queued(u64),
    /// The terminal, which means all of a job; a SIGHUP of its is a hang-up.
    Terminal,
}

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With that status.
    Code(u8),
    /// By that signal.
    Signal(Signal),
}

/// Who has the terminal that controls us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    /// There is none.
    None,
    /// Our process group.
    Ours,
    /// The command's.
    Lent,
    /// Another: we are in the background.
    Others,
}

/// Something that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alarm {
    /// That start is to be ready.
    Ready(ChildId),
    /// What is left of that start is to be killed.
    Kill(ChildId),
    /// It was killed, and is waited for no longer.
    GiveUp(ChildId),
}

/// What is to be done, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Fork and launch. Answered by [`Event::Started`] or [`Event::NotStarted`].
    Start(ChildId),
    /// Pass a signal on.
    Send(ChildId, Whom, Arrived),
    /// Say so after that time: [`Event::Alarm`]. Setting it again changes the time.
    Set(Alarm, Duration),
    /// If it is set, not before that time from now.
    Extend(Alarm, Duration),
    /// Do not.
    Cancel(Alarm),
    /// Make it the terminal's foreground process group.
    Lend(ChildId),
    /// Make ours the foreground process group again, if that of the start has it.
    TakeBack(ChildId),
    /// Stop ourselves and what else is in our process group. Answered by [`Event::Resumed`]
    /// afterwards.
    Suspend,
    /// Tell every source.
    Announce(News),
    /// Kill all that is left of its process group, and log that it did not end in time. Answered by
    /// [`Event::GroupGone`] where nobody is left.
    Kill(ChildId),
    /// The end; there is never another action.
    Exit(Outcome),
}

/// To whom a signal goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The process that was started.
    Process,
    /// All that is left of its process group.
    Group,
}

/// How everything has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As the command did.
    As(Ending),
    /// With a status of ours.
    Refused(Refusal),
}

/// What sources are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// There is a process; it is on its way to the command.
    Forked {
        /// Which start.
        id: ChildId,
        /// Its pid, which is that of its process group.
        pid: u32,
    },
    /// It has become the command.
    Started(ChildId),
    /// It looks ready: to be answered with [`Event::Passed`] or [`Event::Abort`] by the source
    /// that checks, if there is one ([`Rules::checked`](super::machine::Rules::checked)).
    Check(ChildId),
    /// It is ready, and whoever waits for that may know.
    Ready(ChildId),
    /// The stop has begun.
    Stopping,
    /// The process has ended.
    Ended(ChildId),
}
