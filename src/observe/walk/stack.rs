//! What a worker has begun and not yet done.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::sys::dir::Dir;

use super::batch::{Batch, Handle};
use super::node::Node;

/// What one worker has begun, outermost first: each lies below the one before.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) batches: VecDeque<Batch>,
    /// How many of them are open.
    pub(super) open: usize,
    /// How many may be.
    pub(super) limit: usize,
    is_first_limit: bool,
    pending: usize,
}

/// So many are kept open before anybody asks how many may be.
const FIRST_LIMIT: usize = 16;

impl Default for Stack {
    fn default() -> Stack {
        Stack {
            batches: VecDeque::new(),
            open: 0,
            limit: FIRST_LIMIT,
            is_first_limit: true,
            pending: 0,
        }
    }
}

impl Stack {
    /// Directories to visit.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    /// Where more are open than may be, the outermost half is parked: it is needed last. `limit`
    /// tells how many may be.
    pub(super) fn push(&mut self, batch: Batch, limit: impl FnOnce() -> usize) {
        self.pending += batch.left;
        self.open += usize::from(batch.is_open());
        self.batches.push_back(batch);
        if self.open > self.limit && self.is_first_limit {
            self.is_first_limit = false;
            self.limit = limit();
        }
        if self.open > self.limit {
            self.park_down_to(self.limit / 2);
        }
    }

    /// Closes everything, and keeps less open from now on, for others need descriptors too.
    /// Whether that made room.
    pub(super) fn make_room(&mut self) -> bool {
        let open = self.open;
        self.is_first_limit = false;
        self.limit = (self.limit / 2).max(1);
        self.park_down_to(0);
        self.open < open
    }

    fn park_down_to(&mut self, count: usize) {
        for batch in &mut self.batches {
            if self.open <= count {
                break;
            }
            if batch.is_open() {
                batch.park();
                self.open -= usize::from(!batch.is_open());
            }
        }
    }

    /// The next name to visit, its number, and the directory it is in, where that is open. The name
    /// is written to `name`, with its NUL.
    pub(super) fn next(&mut self, name: &mut Vec<u8>) -> Option<(Arc<Node>, Arc<Dir>, u64)> {
        let top = self.batches.back_mut()?;
        let Handle::Open(dir) = &top.handle else {
            return None;
        };
        let dir = Arc::clone(dir);
        let node = Arc::clone(&top.node);
        let (next, number) = top.next_name()?;
        name.clear();
        name.extend_from_slice(next.to_bytes_with_nul());
        self.pending -= 1;
        self.drop_empty();
        Some((node, dir, number))
    }

    /// Forgets all but the outermost `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        for batch in self.batches.drain(length..) {
            self.pending -= batch.left;
            self.open -= usize::from(batch.is_open());
        }
    }

    /// The best thing to give away: the outermost that is open, which holds most, or half of the
    /// innermost.
    pub(super) fn give(&mut self) -> Option<Batch> {
        let gives = |batch: &Batch| batch.is_open() && batch.left > 0;
        let outermost = self.batches.iter().position(gives)?;
        let batch = if outermost + 1 == self.batches.len() {
            self.batches.back_mut()?.split()?
        } else if self.open == self.batches.len() {
            self.open -= 1;
            self.batches.remove(outermost)?
        } else {
            // It stays open for those below it that are parked: the way to them leads down from
            // it.
            self.batches.get_mut(outermost)?.empty()
        };
        self.pending -= batch.left;
        Some(batch)
    }

    /// How many to give away at once, so that somebody who gets little things does not come back
    /// for each.
    pub(super) fn share(&self) -> usize {
        (self.open / 2).clamp(1, 16)
    }

    /// Forgets the innermost ones that were emptied.
    pub(super) fn drop_empty(&mut self) {
        while self.batches.back().is_some_and(|batch| batch.left == 0) {
            self.truncate(self.batches.len() - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::super::batch::write;
    use super::super::node::{Node, Start};
    use super::*;

    fn batch(listed: &[&CStr]) -> Batch {
        let mut names = Vec::new();
        for (name, number) in listed.iter().zip(1 << 8..) {
            write(&mut names, name, number);
        }
        let dir = Arc::new(Dir::open(std::path::Path::new("/")).unwrap());
        let node = Node::root(Start {
            given: Box::from(*b"/"),
            real: Box::from(*b"/"),
            dir: Arc::clone(&dir),
        });
        Batch::new(Arc::new(node), dir, &names, listed.len())
    }

    fn drain(stack: &mut Stack) -> Vec<(Vec<u8>, u64)> {
        let mut name = Vec::new();
        let mut all = Vec::new();
        while let Some((_, _, number)) = stack.next(&mut name) {
            all.push((name.clone(), number));
        }
        all
    }

    #[test]
    fn halves_are_the_whole() {
        let mut mine = Stack::default();
        mine.push(batch(&[c"a", c"bb", c"ccc", c"d", c"e"]), || 8);
        let mut other = Stack::default();
        let half = mine.give().unwrap();
        other.push(half, || 8);
        assert_eq!(mine.pending() + other.pending(), 5);
        let mut all = drain(&mut mine);
        assert!(!all.is_empty() && all.len() < 5);
        all.extend(drain(&mut other));
        let expected: [&[u8]; 5] = [b"a\0", b"bb\0", b"ccc\0", b"d\0", b"e\0"];
        let expected = expected.map(<[u8]>::to_vec).into_iter().zip(256..);
        assert_eq!(all, expected.collect::<Vec<_>>());
        assert_eq!((mine.open, other.open, mine.pending()), (0, 0, 0));
    }

    #[test]
    fn one_name_is_not_given_away() {
        let mut stack = Stack::default();
        stack.push(batch(&[c"only"]), || 8);
        assert!(stack.give().is_none());
        assert_eq!(drain(&mut stack).len(), 1);
    }
}
