//! What the workers give each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::Parent;
use crate::sys::dir::Dir;

use super::batch::Batch;
use super::stack::Stack;

/// Something to do.
pub(super) enum Task {
    Batch(Batch),
    Sockets(Sockets),
    Root(usize),
}

/// Sockets to look at, all in one directory. Their names lie one behind the other, each with its
/// NUL.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) here: Arc<Here>,
    pub(super) dir: Arc<Dir>,
    pub(super) names: Box<[u8]>,
}

/// The directory that sockets are looked at in.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) path: Vec<u8>,
    /// Where it differs.
    pub(super) real: Option<Vec<u8>>,
    pub(super) parent: Option<Parent>,
}

/// What nobody has begun yet, and who waits for it.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    wake: Condvar,
    /// How many wait, to be looked at without the lock.
    pub(super) hungry: AtomicUsize,
    next_root: AtomicUsize,
    roots: usize,
}

#[derive(Debug)]
struct State {
    batches: Vec<Batch>,
    sockets: Vec<Sockets>,
    workers: usize,
    waiting: usize,
    over: bool,
}

impl Pool {
    pub(super) fn new(roots: usize) -> Pool {
        Pool {
            state: Mutex::new(State {
                batches: Vec::new(),
                sockets: Vec::new(),
                workers: 1,
                waiting: 0,
                over: false,
            }),
            wake: Condvar::new(),
            hungry: AtomicUsize::new(0),
            next_root: AtomicUsize::new(0),
            roots,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn join(&self) {
        self.lock().workers += 1;
    }

    pub(super) fn leave(&self) {
        self.lock().workers -= 1;
    }

    pub(super) fn roots_left(&self) -> usize {
        self.roots
            .saturating_sub(self.next_root.load(Ordering::Relaxed))
    }

    pub(super) fn take_in(&self, stack: &mut Stack) {
        let mut state = self.lock();
        if state.batches.len() >= state.waiting {
            return;
        }
        for _ in 0..stack.share() {
            state.batches.extend(stack.give());
        }
        drop(state);
        self.wake.notify_one();
    }

    /// For whoever comes first, which may be the giver. What is given first is done first, so that
    /// each worker brings home what is sorted already.
    pub(super) fn share(&self, sockets: impl DoubleEndedIterator<Item = Sockets>) {
        self.lock().sockets.extend(sockets.rev());
        self.wake.notify_all();
    }

    pub(super) fn has_sockets(&self) -> bool {
        !self.lock().sockets.is_empty()
    }

    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            // They hold a directory open.
            if let Some(sockets) = state.sockets.pop() {
                return Some(Task::Sockets(sockets));
            }
            if let Some(batch) = state.batches.pop() {
                return Some(Task::Batch(batch));
            }
            if self.roots_left() > 0 {
                // Only counted up under the lock.
                return Some(Task::Root(self.next_root.fetch_add(1, Ordering::Relaxed)));
            }
            if state.over || state.waiting + 1 == state.workers {
                state.over = true;
                self.wake.notify_all();
                return None;
            }
            state.waiting += 1;
            self.hungry.store(state.waiting, Ordering::Relaxed);
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
            self.hungry.store(state.waiting, Ordering::Relaxed);
        }
    }
}
