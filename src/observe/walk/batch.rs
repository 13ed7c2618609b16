//! The directories that a worker has begun: each with the names in it that are still to do.

use std::ffi::CStr;
use std::sync::Arc;

use crate::model::Inode;
use crate::sys::dir::Dir;

use super::node::Node;

/// A begun directory: open, or parked for want of descriptors and to be known again.
#[derive(Debug)]
pub(super) enum Handle {
    Open(Arc<Dir>),
    Parked(Inode),
}

/// Directories to visit in one directory. Their names lie one behind the other, each with its
/// NUL.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) node: Arc<Node>,
    pub(super) handle: Handle,
    names: Box<[u8]>,
    next: usize,
    left: usize,
}

impl Batch {
    pub(super) fn new(node: Arc<Node>, dir: Arc<Dir>, names: &[u8], count: usize) -> Batch {
        Batch {
            node,
            handle: Handle::Open(dir),
            names: names.into(),
            next: 0,
            left: count,
        }
    }

    fn is_open(&self) -> bool {
        matches!(self.handle, Handle::Open(_))
    }

    /// Closes it, unless it cannot be told how to know it again.
    fn park(&mut self) {
        if let Handle::Open(dir) = &self.handle
            && let Ok(facts) = dir.facts()
        {
            self.handle = Handle::Parked(facts.inode);
        }
    }

    fn next_name(&mut self) -> Option<&CStr> {
        let name = CStr::from_bytes_until_nul(self.names.get(self.next..)?).ok()?;
        self.next += name.count_bytes() + 1;
        self.left -= 1;
        Some(name)
    }

    /// Gives half of what is left away, if there is more than one name.
    fn split(&mut self) -> Option<Batch> {
        let rest = &self.names[self.next..];
        let middle = rest.len() / 2;
        let cut = middle + rest[middle..].iter().position(|&byte| byte == 0)? + 1;
        if cut == rest.len() {
            return None;
        }
        let given = Box::<[u8]>::from(&rest[cut..]);
        // Each name ends with its NUL, so the last part is empty.
        let count = given.split(|&byte| byte == 0).count() - 1;
        self.names = Box::from(&rest[..cut]);
        self.next = 0;
        self.left -= count;
        Some(Batch {
            node: Arc::clone(&self.node),
            handle: match &self.handle {
                Handle::Open(dir) => Handle::Open(Arc::clone(dir)),
                Handle::Parked(inode) => Handle::Parked(*inode),
            },
            names: given,
            next: 0,
            left: count,
        })
    }
}

/// What one worker has begun, outermost first: each lies below the one before.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) batches: Vec<Batch>,
    /// How many of them are open.
    pub(super) open: usize,
    /// How many may be.
    pub(super) limit: usize,
    pending: usize,
}

impl Stack {
    pub(super) fn new(limit: usize) -> Stack {
        Stack {
            batches: Vec::new(),
            open: 0,
            limit,
            pending: 0,
        }
    }

    /// Directories to visit.
    pub(super) fn pending(&self) -> usize {
        self.pending
    }

    pub(super) fn push(&mut self, batch: Batch) {
        self.pending += batch.left;
        self.open += usize::from(batch.is_open());
        self.batches.push(batch);
    }

    /// Closes the outermost half, which is needed last.
    pub(super) fn park_half(&mut self) {
        self.park_down_to(self.limit / 2);
    }

    pub(super) fn park_down_to(&mut self, count: usize) {
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

    /// The next name to visit and the directory it is in, where that is open. The name is written
    /// to `name`, with its NUL.
    pub(super) fn next(&mut self, name: &mut Vec<u8>) -> Option<(Arc<Node>, Arc<Dir>)> {
        let top = self.batches.last_mut()?;
        let Handle::Open(dir) = &top.handle else {
            return None;
        };
        let dir = Arc::clone(dir);
        let node = Arc::clone(&top.node);
        name.clear();
        name.extend_from_slice(top.next_name()?.to_bytes_with_nul());
        self.pending -= 1;
        if top.left == 0 {
            self.truncate(self.batches.len() - 1);
        }
        Some((node, dir))
    }

    /// Forgets all but the outermost `length`.
    pub(super) fn truncate(&mut self, length: usize) {
        for batch in self.batches.drain(length..) {
            self.pending -= batch.left;
            self.open -= usize::from(batch.is_open());
        }
    }

    /// The best thing to give away: the outermost, which holds most, or half of the only one.
    pub(super) fn give(&mut self) -> Option<Batch> {
        let batch = match self.batches.as_mut_slice() {
            [] => return None,
            [only] => only.split()?,
            _ => {
                let outermost = self.batches.remove(0);
                self.open -= usize::from(outermost.is_open());
                outermost
            }
        };
        self.pending -= batch.left;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::Start;
    use super::*;

    fn batch(names: &[u8], count: usize) -> Batch {
        let dir = Arc::new(Dir::open(std::path::Path::new("/")).unwrap());
        let node = Node::root(Start {
            given: Box::from(*b"/"),
            real: Box::from(*b"/"),
            dir: Arc::clone(&dir),
        });
        Batch::new(Arc::new(node), dir, names, count)
    }

    fn drain(stack: &mut Stack) -> Vec<Vec<u8>> {
        let mut name = Vec::new();
        let mut all = Vec::new();
        while stack.next(&mut name).is_some() {
            all.push(name.clone());
        }
        all
    }

    #[test]
    fn halves_are_the_whole() {
        let mut mine = Stack::new(8);
        mine.push(batch(b"a\0bb\0ccc\0d\0e\0", 5));
        let mut other = Stack::new(8);
        other.push(mine.give().unwrap());
        assert_eq!(mine.pending() + other.pending(), 5);
        let mut all = drain(&mut mine);
        assert!(!all.is_empty() && all.len() < 5);
        all.extend(drain(&mut other));
        let expected: [&[u8]; 5] = [b"a\0", b"bb\0", b"ccc\0", b"d\0", b"e\0"];
        assert_eq!(all, expected);
        assert_eq!((mine.open, other.open, mine.pending()), (0, 0, 0));
    }

    #[test]
    fn one_name_is_not_given_away() {
        let mut stack = Stack::new(8);
        stack.push(batch(b"only\0", 1));
        assert!(stack.give().is_none());
        assert_eq!(drain(&mut stack).len(), 1);
    }
}
