//! When a start counts as ready, and how long that is waited for.

use std::time::Duration;

use super::child::{Ready, State};
use super::{Do, Machine, Phase};
use crate::wrap::parent::event::{Action, Alarm, ChildId, News};
use crate::wrap::{Refusal, Status};

impl Machine {
    pub(super) fn looks_ready(&mut self, id: ChildId, todo: &mut Do) {
        let checked = self.rules.checked;
        match (self.phase, self.child(id)) {
            (Phase::Up, Some(child))
                if child.ready == Ready::No && child.state != State::Leaving =>
            {
                child.ready = Ready::Checked;
            }
            _ => return,
        }
        if checked {
            todo.push(Action::Announce(News::Check(id)));
        } else {
            self.passed(id, todo);
        }
    }

    pub(super) fn passed(&mut self, id: ChildId, todo: &mut Do) {
        match (self.phase, self.child(id)) {
            (Phase::Up, Some(child))
                if child.ready == Ready::Checked && child.state != State::Leaving =>
            {
                child.ready = Ready::Yes;
            }
            _ => return,
        }
        if let Some(child) = self.child(id) {
            child.await_no_more(todo);
        }
        todo.push(Action::Announce(News::Ready(id)));
    }

    pub(super) fn not_ready(&mut self, id: ChildId, todo: &mut Do) {
        let timeout = self.rules.ready_timeout;
        if !self.child(id).is_some_and(|child| child.awaited) {
            return;
        }
        let why = format!(
            "the command was not ready within {timeout:?} and is stopped; --ready says what is \
             waited for, --ready-timeout how long"
        );
        self.abort(Refusal::new(Status::Failed, why), todo);
    }

    /// What is waited for is waited for longer.
    pub(super) fn extend(&mut self, id: ChildId, longer: Duration, todo: &mut Do) {
        let Some(child) = self.child(id) else {
            return;
        };
        if child.awaited {
            todo.push(Action::Extend(Alarm::Ready(id), longer));
        }
        if child.limited {
            todo.push(Action::Extend(Alarm::Kill(id), longer));
        }
    }
}
