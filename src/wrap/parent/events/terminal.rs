//! Whose turn it is at the terminal, and what is done about that.

use super::Parent;
use crate::sys::dir::Failure;
use crate::sys::foreground::{Controlling, Foreground};
use crate::sys::signals;
use crate::wrap::parent::event::{ChildId, Event, Terminal};
use crate::wrap::parent::process::Process;

impl Parent<'_> {
    pub(super) fn lend(&self, id: ChildId) {
        self.at_terminal(id, |terminal, process| terminal.lend(&process.child));
    }

    pub(super) fn take_back(&self, id: ChildId) {
        self.at_terminal(id, |terminal, process| {
            match terminal.foreground(&process.child) {
                Foreground::Childs => terminal.take_back(),
                Foreground::Ours | Foreground::Others => Ok(()),
            }
        });
    }

    fn at_terminal(
        &self,
        id: ChildId,
        act: impl FnOnce(&Controlling, &Process) -> Result<(), Failure>,
    ) {
        let process = self.processes.iter().find(|process| process.id == id);
        if let (Some(terminal), Some(process)) = (Controlling::open(), process)
            && let Err(failure) = act(&terminal, process)
        {
            tracing::warn!("whose turn it is at the terminal cannot be changed: {failure}");
        }
    }

    pub(super) fn suspend(&mut self) {
        let stopped = signals::suspend().unwrap_or_else(|failure| {
            tracing::warn!("this process cannot be stopped: {failure}");
            false
        });
        let terminal = turn_at_terminal(self.processes.first());
        self.events.push_back(Event::Resumed { stopped, terminal });
    }
}

pub(super) fn turn_at_terminal(process: Option<&Process>) -> Terminal {
    let (Some(terminal), Some(process)) = (Controlling::open(), process) else {
        return Terminal::None;
    };
    match terminal.foreground(&process.child) {
        Foreground::Ours => Terminal::Ours,
        Foreground::Childs => Terminal::Lent,
        Foreground::Others => Terminal::Others,
    }
}
