//! What has happened to children, as the kernel tells it.

use super::Parent;
use super::terminal::turn_at_terminal;
use crate::model::Signal;
use crate::sys::child::{self, Change};
use crate::wrap::parent::event::{Ending, Event};
use crate::wrap::parent::process::{Known, Process};
use crate::wrap::stopped::Stopped;

impl Parent<'_> {
    /// Whatever has happened to children, and to orphans that have become that.
    pub(super) fn reap(&mut self) {
        while let Some(reaped) = child::reap() {
            let is = |process: &Process| !process.reaped && process.child.pid() == reaped.pid;
            if let Some(index) = self.processes.iter().position(is) {
                self.changed(index, reaped.change);
            }
        }
        for process in self.processes.iter().filter(|process| process.reaped) {
            if !process.child.leaves_children() {
                self.changes.push(Event::GroupGone(process.id));
            }
        }
    }

    fn changed(&mut self, index: usize, change: Change) {
        let id = self.processes[index].id;
        let event = match change {
            Change::Exited(code) => self.ended(index, Ending::Code(code)),
            Change::Killed(signal) => self.ended(index, Ending::Signal(signal)),
            Change::Stopped(signal) => {
                let terminal = turn_at_terminal(Some(&self.processes[index]));
                Event::Suspended {
                    id,
                    signal,
                    terminal,
                }
            }
            Change::Continued => Event::Continued(id),
        };
        self.changes.push(event);
    }

    fn ended(&mut self, index: usize, ending: Ending) -> Event {
        let process = &mut self.processes[index];
        process.reaped = true;
        let id = process.id;
        // Only what has become the command can end with a status without a word.
        if process.listen() == Known::Gone && matches!(ending, Ending::Code(_)) {
            self.events.push_back(Event::Started(id));
        }
        let process = &self.processes[index];
        let ending = match process.stopped {
            None => ending,
            Some(Stopped::Signal(number)) => Signal::new(number).map_or(ending, Ending::Signal),
            Some(stopped) => return Event::NotStarted(id, stopped.refusal(self.start)),
        };
        let leaves = process.child.leaves_children();
        Event::Ended { id, ending, leaves }
    }

    pub(super) fn listen(&mut self, index: usize) {
        let process = &mut self.processes[index];
        if process.listen() == Known::Gone {
            let id = process.id;
            self.events.push_back(Event::Started(id));
        }
    }

    /// Nothing is left of them, and all there is to say of them is said.
    pub(super) fn forget(&mut self) {
        self.processes
            .retain(|process| !process.reaped || process.child.leaves_children());
    }
}
