//! The directories that a worker has begun: each with the names in it that are still to do.

use std::ffi::CStr;
use std::sync::Arc;

use crate::model::Inode;
use crate::sys::dir::Dir;

use super::node::Node;

/// A begun directory: open, or parked for want of descriptors and to be known again.
#[derive(Debug, Clone)]
pub(super) enum Handle {
    Open(Arc<Dir>),
    Parked(Inode),
}

/// Directories to visit in one directory. Their names lie one behind the other, each with its
/// NUL and the number that the directory has for it.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) node: Arc<Node>,
    pub(super) handle: Handle,
    names: Box<[u8]>,
    next: usize,
    pub(super) left: usize,
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

    pub(super) fn is_open(&self) -> bool {
        matches!(self.handle, Handle::Open(_))
    }

    /// Closes it, unless it cannot be told how to know it again.
    pub(super) fn park(&mut self) {
        if let Handle::Open(dir) = &self.handle
            && let Ok(facts) = dir.facts()
        {
            self.handle = Handle::Parked(facts.inode);
        }
    }

    pub(super) fn next_name(&mut self) -> Option<(&CStr, u64)> {
        let (name, number, length) = first(self.names.get(self.next..)?)?;
        self.next += length;
        self.left -= 1;
        Some((name, number))
    }

    /// Gives all that is left away.
    pub(super) fn empty(&mut self) -> Batch {
        let given = Batch {
            node: Arc::clone(&self.node),
            handle: self.handle.clone(),
            names: std::mem::take(&mut self.names),
            next: self.next,
            left: self.left,
        };
        (self.next, self.left) = (0, 0);
        given
    }

    /// Gives half of what is left away, if there is more than one name.
    pub(super) fn split(&mut self) -> Option<Batch> {
        let (kept, given) = (self.left - self.left / 2, self.left / 2);
        let mut cut = self.next;
        for _ in 0..kept {
            cut += first(self.names.get(cut..)?)?.2;
        }
        if given == 0 {
            return None;
        }
        let names = Box::from(&self.names[cut..]);
        self.names = Box::from(&self.names[self.next..cut]);
        self.next = 0;
        self.left = kept;
        Some(Batch {
            node: Arc::clone(&self.node),
            handle: self.handle.clone(),
            names,
            next: 0,
            left: given,
        })
    }
}

/// Writes one more name behind the others.
pub(super) fn write(names: &mut Vec<u8>, name: &CStr, number: u64) {
    names.extend_from_slice(name.to_bytes_with_nul());
    names.extend_from_slice(&number.to_ne_bytes());
}

/// The first name, its number, and how long both are.
fn first(names: &[u8]) -> Option<(&CStr, u64, usize)> {
    let name = CStr::from_bytes_until_nul(names).ok()?;
    let (_, rest) = names.split_at(name.count_bytes() + 1);
    let number = u64::from_ne_bytes(*rest.first_chunk()?);
    Some((name, number, name.count_bytes() + 1 + size_of::<u64>()))
}
