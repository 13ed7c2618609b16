//! Job control: who is stopped, who goes on, and whose turn it is at the terminal.

use super::child::State;
use super::{Do, Machine, Phase, send};
use crate::model::Signal;
use crate::wrap::parent::event::{Action, ChildId, Terminal, Whom};

impl Machine {
    pub(super) fn suspended(
        &mut self,
        id: ChildId,
        signal: Signal,
        terminal: Terminal,
        todo: &mut Do,
    ) {
        let stopping = self.phase == Phase::Stopping;
        let Some(child) = self.child(id) else {
            return;
        };
        if child.state == State::Leaving {
            return;
        }
        child.state = State::Suspended;
        // It has read from the terminal, or changed it, when it was not its turn.
        let wants_terminal = [Signal::TTIN, Signal::TTOU].contains(&signal);
        child.on_terminal |= wants_terminal;
        match terminal {
            // It may have been before it was asked to end.
            Terminal::None if stopping => {
                todo.push(send(id, Whom::Group, Signal::CONT));
            }
            // Somebody did that by hand.
            Terminal::None => {}
            Terminal::Ours | Terminal::Lent if wants_terminal => {
                todo.push(Action::Lend(id));
                todo.push(send(id, Whom::Group, Signal::CONT));
            }
            _ => todo.push(Action::Suspend),
        }
    }

    pub(super) fn resumed(&mut self, stopped: bool, terminal: Terminal, todo: &mut Do) {
        for child in &self.children {
            if child.on_terminal && terminal == Terminal::Ours {
                todo.push(Action::Lend(child.id));
            }
            // In the background, with nobody who could change that, it would only try again.
            let in_vain = child.on_terminal && !stopped && terminal == Terminal::Others;
            if child.state == State::Suspended && !in_vain {
                todo.push(send(child.id, Whom::Group, Signal::CONT));
            }
        }
    }
}
