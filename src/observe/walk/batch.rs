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
/// NUL.
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

    pub(super) fn next_name(&mut self) -> Option<&CStr> {
        let name = CStr::from_bytes_until_nul(self.names.get(self.next..)?).ok()?;
        self.next += name.count_bytes() + 1;
        self.left -= 1;
        Some(name)
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
            handle: self.handle.clone(),
            names: given,
            next: 0,
            left: count,
        })
    }
}
