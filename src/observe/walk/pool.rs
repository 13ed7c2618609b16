//! What the workers give each other.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::batch::Batch;
use super::stack::Stack;

/// Something to do.
pub(super) enum Task {
    Batch(Batch),
    Root(usize),
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
    workers: usize,
    waiting: usize,
    over: bool,
}

impl Pool {
    pub(super) fn new(roots: usize) -> Pool {
        Pool {
            state: Mutex::new(State {
                batches: Vec::new(),
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

    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
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
