//! What the resident parent does about what happens: events in, actions out. Pure.
//!
//! ```text
//!            Begin            TERM INT QUIT, a hang-up, Abort
//!  Before ----------> Up ---------------------------------------> Stopping
//!     |                |                                             |
//!     | TERM INT QUIT  | the last start is gone                      | the last start is gone
//!     +----------------+---------------------+-----------------------+
//!                                            v
//!                                          Over
//! ```
//!
//! A start is gone when its process has ended and nothing is left of its process group. What is
//! left then is asked to end, too, and killed when its time is up.

mod child;
mod jobs;
mod readiness;

use std::time::Duration;

use super::event::{Action, Alarm, Arrived, ChildId, Ending, Event, News, Origin, Outcome, Whom};
use crate::model::Signal;
use crate::wrap::{Refusal, Status};
use child::{Child, Ready, State};

/// How a command is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What asks it to end.
    pub stop_signal: Signal,
    /// How long it may take to end; `None`: [`OWN_PATIENCE`] for a stop of our own making, and as
    /// long as the asker has patience for one that was asked for from outside.
    pub stop_timeout: Option<Duration>,
    /// What makes it look ready.
    pub ready: Readiness,
    /// How long it may take to be ready, where a source says when it is, or checks it; else it is
    /// stopped.
    pub ready_timeout: Duration,
    /// Whether a source checks what looks ready before it counts.
    pub checked: bool,
}

/// What makes a command look ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// That it was started.
    Started,
    /// That a source says so.
    Told,
}

impl Rules {
    fn own_patience(&self) -> Duration {
        self.stop_timeout.unwrap_or(OWN_PATIENCE)
    }
}

/// How long a stop of our own making waits.
pub const OWN_PATIENCE: Duration = Duration::from_secs(10);

/// How long is waited for the command once it was killed: it may have a lot of memory to give
/// back. Whoever traces it, or a call that never returns, can keep it for ever.
const KILLED_PATIENCE: Duration = Duration::from_secs(30);

/// The same for what it has left behind.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// What the parent knows.
#[derive(Debug)]
pub struct Machine {
    rules: Rules,
    phase: Phase,
    children: Vec<Child>,
    /// Signals that came when there was nobody yet to pass them on to.
    kept: Vec<Arrived>,
    /// How the last one has ended.
    ending: Option<Ending>,
    /// What counts before that.
    refusal: Option<Refusal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Up,
    Stopping,
    Over,
}

/// Who wants a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asker {
    Somebody,
    Ourselves,
}

/// Collects what is to be done.
type Do = Vec<Action>;

impl Machine {
    /// Nothing has been started.
    pub fn new(rules: Rules) -> Machine {
        Machine {
            rules,
            phase: Phase::Before,
            children: Vec::new(),
            kept: Vec::new(),
            ending: None,
            refusal: None,
        }
    }

    /// What is to be done about an event.
    pub fn handle(&mut self, event: Event) -> Vec<Action> {
        let mut todo = Do::new();
        if self.phase != Phase::Over {
            self.take(event, &mut todo);
        }
        todo
    }

    fn take(&mut self, event: Event, todo: &mut Do) {
        match event {
            Event::Begin => self.begin(todo),
            Event::Signal(arrived) => self.signal(arrived, todo),
            Event::Started(id) => self.started(id, todo),
            Event::NotStarted(id, refusal) => {
                self.refusal.get_or_insert(refusal);
                self.gone(id, todo);
            }
            Event::Ended { id, ending, leaves } => self.ended(id, ending, leaves, todo),
            Event::GroupGone(id) => {
                if self
                    .child(id)
                    .is_some_and(|child| child.state == State::Leaving)
                {
                    self.gone(id, todo);
                }
            }
            Event::Suspended {
                id,
                signal,
                terminal,
            } => self.suspended(id, signal, terminal, todo),
            Event::Continued(id) => {
                if let Some(child) = self.child(id)
                    && child.state == State::Suspended
                {
                    child.state = State::Running;
                }
            }
            Event::Resumed { stopped, terminal } => self.resumed(stopped, terminal, todo),
            Event::Undelivered(id, signal) => self.undelivered(id, signal, todo),
            Event::Alarm(Alarm::Kill(id)) => self.kill(id, todo),
            Event::Alarm(Alarm::GiveUp(id)) => self.give_up(id, todo),
            Event::Alarm(Alarm::Ready(id)) => self.not_ready(id, todo),
            Event::LooksReady(id) => self.looks_ready(id, todo),
            Event::Extend(id, longer) => self.extend(id, longer, todo),
            Event::Passed(id) => self.passed(id, todo),
            Event::Abort(refusal) => self.abort(refusal, todo),
        }
    }

    fn abort(&mut self, refusal: Refusal, todo: &mut Do) {
        self.refusal.get_or_insert(refusal);
        self.stop(Asker::Ourselves, todo);
        self.finish(todo);
    }

    fn child(&mut self, id: ChildId) -> Option<&mut Child> {
        self.children.iter_mut().find(|child| child.id == id)
    }

    fn begin(&mut self, todo: &mut Do) {
        if self.phase != Phase::Before {
            return;
        }
        self.phase = Phase::Up;
        let awaited = self.rules.ready == Readiness::Told || self.rules.checked;
        let id = ChildId::FIRST;
        self.children.push(Child {
            id,
            state: State::Launching,
            on_terminal: false,
            limited: false,
            awaited,
            ready: Ready::No,
        });
        todo.push(Action::Start(id));
        if awaited {
            todo.push(Action::Set(Alarm::Ready(id), self.rules.ready_timeout));
        }
        for arrived in std::mem::take(&mut self.kept) {
            self.pass_on(arrived, todo);
        }
    }

    fn signal(&mut self, arrived: Arrived, todo: &mut Do) {
        let hang_up = arrived.signal == Signal::HUP && arrived.origin == Origin::Terminal;
        let asks_to_end =
            hang_up || [Signal::TERM, Signal::INT, Signal::QUIT].contains(&arrived.signal);
        match (self.phase, asks_to_end) {
            (Phase::Before, true) => {
                self.ending = Some(Ending::Signal(arrived.signal));
                self.finish(todo);
            }
            (Phase::Before, false) => self.kept.push(arrived),
            (_, true) => {
                if hang_up || arrived.signal == Signal::TERM {
                    self.ask_to_end(todo);
                } else {
                    self.pass_on(arrived, todo);
                }
                self.stopping(Asker::Somebody, todo);
            }
            (_, false) => self.pass_on(arrived, todo),
        }
    }

    /// To every process, or, where the terminal means all of a job, or one that has ended has left
    /// others behind, to its process group.
    fn pass_on(&self, arrived: Arrived, todo: &mut Do) {
        for child in &self.children {
            let all = arrived.origin == Origin::Terminal
                || child.state == State::Leaving
                || (child.state == State::Suspended && arrived.signal == Signal::CONT);
            let whom = if all { Whom::Group } else { Whom::Process };
            todo.push(Action::Send(child.id, whom, arrived));
        }
    }

    fn stop(&mut self, asker: Asker, todo: &mut Do) {
        self.ask_to_end(todo);
        self.stopping(asker, todo);
    }

    /// Sends the signal for it to all. What is not the command yet knows nothing of that signal.
    fn ask_to_end(&self, todo: &mut Do) {
        for child in &self.children {
            let signal = match child.state {
                State::Launching if !self.rules.stop_signal.ends_by_default() => Signal::TERM,
                _ => self.rules.stop_signal,
            };
            let whom = match child.state {
                State::Leaving => Whom::Group,
                _ => Whom::Process,
            };
            todo.push(send(child.id, whom, signal));
        }
    }

    fn stopping(&mut self, asker: Asker, todo: &mut Do) {
        let first = self.phase == Phase::Up;
        if first {
            self.phase = Phase::Stopping;
            for child in &mut self.children {
                child.await_no_more(todo);
            }
            todo.push(Action::Announce(News::Stopping));
        }
        for child in &self.children {
            // It could do nothing about what it was asked.
            if child.state == State::Suspended {
                todo.push(send(child.id, Whom::Group, Signal::CONT));
            }
        }
        if first || asker == Asker::Ourselves {
            self.limit(asker, todo);
        }
    }

    /// From here on there is a limit to how long it takes, if there is one.
    fn limit(&mut self, asker: Asker, todo: &mut Do) {
        let patience = match asker {
            Asker::Somebody => self.rules.stop_timeout,
            Asker::Ourselves => Some(self.rules.own_patience()),
        };
        if let Some(patience) = patience {
            for child in &mut self.children {
                child.limit(patience, todo);
            }
        }
    }

    fn started(&mut self, id: ChildId, todo: &mut Do) {
        let Some(child) = self.child(id) else {
            return;
        };
        if child.state != State::Launching {
            return;
        }
        child.state = State::Running;
        todo.push(Action::Announce(News::Started(id)));
        if self.rules.ready == Readiness::Started {
            self.looks_ready(id, todo);
        }
    }

    fn ended(&mut self, id: ChildId, ending: Ending, leaves: bool, todo: &mut Do) {
        let Some(child) = self.child(id) else {
            return;
        };
        if child.state == State::Leaving {
            return;
        }
        let on_terminal = std::mem::take(&mut child.on_terminal);
        child.state = State::Leaving;
        child.await_no_more(todo);
        self.ending = Some(ending);
        if on_terminal {
            todo.push(Action::TakeBack(id));
        }
        todo.push(Action::Announce(News::Ended(id)));
        if !leaves {
            self.gone(id, todo);
            return;
        }
        // Stopped ones hear nothing until they go on.
        todo.push(send(id, Whom::Group, self.rules.stop_signal));
        todo.push(send(id, Whom::Group, Signal::CONT));
        let patience = self.rules.own_patience();
        if let Some(child) = self.child(id) {
            child.limit(patience, todo);
        }
    }

    fn kill(&mut self, id: ChildId, todo: &mut Do) {
        let Some(child) = self.child(id) else {
            return;
        };
        let patience = match child.state {
            State::Leaving => LAST_PATIENCE,
            _ => KILLED_PATIENCE,
        };
        todo.push(Action::Kill(id));
        todo.push(Action::Set(Alarm::GiveUp(id), patience));
    }

    /// It was killed, and is not gone.
    fn give_up(&mut self, id: ChildId, todo: &mut Do) {
        let Some(child) = self.child(id) else {
            return;
        };
        if child.state == State::Leaving {
            self.gone(id, todo);
        } else {
            self.ended(id, Ending::Signal(Signal::KILL), false, todo);
        }
    }

    /// Who cannot be asked to end may do so in its own time, but not for ever; who cannot be killed
    /// is waited for no longer.
    fn undelivered(&mut self, id: ChildId, signal: Signal, todo: &mut Do) {
        let patience = self.rules.own_patience();
        let stopping = self.phase == Phase::Stopping;
        let Some(child) = self.child(id) else {
            return;
        };
        if signal != Signal::KILL {
            if stopping {
                child.limit(patience, todo);
            }
            return;
        }
        if child.state != State::Leaving {
            let why = "the command has not ended in time, cannot be killed, and is left to itself: \
                       to signal it takes CAP_KILL, or its own user";
            self.refusal
                .get_or_insert(Refusal::new(Status::Failed, why));
        }
        self.gone(id, todo);
    }

    /// Nothing is left of it.
    fn gone(&mut self, id: ChildId, todo: &mut Do) {
        if let Some(child) = self.child(id) {
            child.await_no_more(todo);
        }
        self.children.retain(|child| child.id != id);
        todo.push(Action::Cancel(Alarm::Kill(id)));
        todo.push(Action::Cancel(Alarm::GiveUp(id)));
        self.finish(todo);
    }

    fn finish(&mut self, todo: &mut Do) {
        if !self.children.is_empty() {
            return;
        }
        let outcome = match (self.refusal.take(), self.ending) {
            (Some(refusal), _) => Outcome::Refused(refusal),
            (None, Some(ending)) => Outcome::As(ending),
            // Nobody has ended, so there is nothing to finish.
            (None, None) => return,
        };
        self.phase = Phase::Over;
        todo.push(Action::Exit(outcome));
    }
}

/// A signal of our own.
fn send(id: ChildId, whom: Whom, signal: Signal) -> Action {
    let origin = Origin::Sent;
    Action::Send(id, whom, Arrived { signal, origin })
}

#[cfg(test)]
mod tests;
