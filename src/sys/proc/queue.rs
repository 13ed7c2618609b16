//! The work of a scan, and who does what of it.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::ProcessDir;

/// Descriptors of one process: its directory `fd`, and numbers in it.
pub(super) struct Share {
    pub(super) process: Arc<ProcessDir>,
    pub(super) dir: Arc<OwnedFd>,
    pub(super) numbers: Vec<u32>,
}

pub(super) struct Queue {
    state: Mutex<Waiting>,
    changed: Condvar,
}

struct Waiting {
    pids: Vec<u32>,
    shares: Vec<Share>,
    /// Workers that are listing a process and may still add shares.
    listing: usize,
}

pub(super) enum Task {
    Process(u32),
    Share(Share),
}

impl Queue {
    pub(super) fn new(pids: Vec<u32>) -> Queue {
        Queue {
            state: Mutex::new(Waiting {
                pids,
                shares: Vec::new(),
                listing: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if let Some(share) = state.shares.pop() {
                return Some(Task::Share(share));
            }
            if let Some(pid) = state.pids.pop() {
                state.listing += 1;
                return Some(Task::Process(pid));
            }
            if state.listing == 0 {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn listed(&self, shares: impl Iterator<Item = Share>) {
        let mut state = self.lock();
        state.shares.extend(shares);
        state.listing -= 1;
        self.changed.notify_all();
    }
}
