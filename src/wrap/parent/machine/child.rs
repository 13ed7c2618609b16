//! What the machine knows of one start.

use std::time::Duration;

use super::Do;
use crate::wrap::parent::event::{Action, Alarm, ChildId};

#[derive(Debug)]
pub(super) struct Child {
    pub(super) id: ChildId,
    pub(super) state: State,
    /// It has been given the terminal, and is to have it again after a pause.
    pub(super) on_terminal: bool,
    /// There is a time at which it is killed.
    pub(super) limited: bool,
    /// There is a time by which it is to be ready.
    pub(super) awaited: bool,
    pub(super) ready: Ready,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// On its way to the command.
    Launching,
    Running,
    Suspended,
    /// Ended; others of its process group are left.
    Leaving,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ready {
    No,
    Checked,
    Yes,
}

impl Child {
    /// Sets the time at which it is killed, unless there is one.
    pub(super) fn limit(&mut self, patience: Duration, todo: &mut Do) {
        if !self.limited {
            self.limited = true;
            todo.push(Action::Set(Alarm::Kill(self.id), patience));
        }
    }

    /// It is ready, or will not be.
    pub(super) fn await_no_more(&mut self, todo: &mut Do) {
        if std::mem::take(&mut self.awaited) {
            todo.push(Action::Cancel(Alarm::Ready(self.id)));
        }
    }
}
