//! The way from a root down to a directory.

use std::ffi::CStr;
use std::sync::{Arc, OnceLock};

use crate::sys::dir::Dir;
use crate::sys::mounts::MountId;

use super::places::Place;

/// A directory on the way. Paths are made from the chain where one is wanted.
#[derive(Debug)]
pub(super) struct Node {
    parent: Option<Arc<Node>>,
    name: Box<CStr>,
    start: Option<Start>,
    place: OnceLock<Option<Place>>,
    /// The mount that begins here, if one does.
    mount: Option<MountId>,
}

/// What the topmost node has instead of a name.
#[derive(Debug)]
pub(super) struct Start {
    /// The root as given.
    pub(super) given: Box<[u8]>,
    /// The same, resolved.
    pub(super) real: Box<[u8]>,
    /// Open as long as anything below it is walked.
    pub(super) dir: Arc<Dir>,
}

impl Node {
    pub(super) fn root(start: Start) -> Node {
        Node {
            parent: None,
            name: Box::default(),
            start: Some(start),
            place: OnceLock::new(),
            mount: None,
        }
    }

    pub(super) fn below(
        parent: &Arc<Node>,
        name: &CStr,
        place: Option<Place>,
        mount: Option<MountId>,
    ) -> Node {
        Node {
            parent: Some(Arc::clone(parent)),
            name: name.into(),
            start: None,
            place: OnceLock::from(place),
            mount,
        }
    }

    pub(super) fn parent(&self) -> Option<&Arc<Node>> {
        self.parent.as_ref()
    }

    pub(super) fn name(&self) -> &CStr {
        &self.name
    }

    pub(super) fn mount(&self) -> Option<MountId> {
        self.mount
    }

    /// The open directory of a root.
    pub(super) fn root_dir(&self) -> Option<&Arc<Dir>> {
        self.start.as_ref().map(|start| &start.dir)
    }

    /// Its place among the special ones; that of a root is looked up by `locate` when it is first
    /// asked for.
    pub(super) fn place(&self, locate: impl FnOnce(&[u8]) -> Option<Place>) -> Option<Place> {
        *self
            .place
            .get_or_init(|| self.start.as_ref().and_then(|start| locate(&start.real)))
    }

    /// From this node up to its root.
    pub(super) fn up(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(self), |node| node.parent.as_deref())
    }

    /// Whether the path as given and the real one differ.
    pub(super) fn is_through_links(&self) -> bool {
        self.up()
            .find_map(|node| node.start.as_ref())
            .is_some_and(|start| trimmed(&start.given) != trimmed(&start.real))
    }

    /// Its path below the root as given.
    pub(super) fn path(&self) -> Vec<u8> {
        self.join(|start| &start.given)
    }

    /// Its path below the root as resolved.
    pub(super) fn real_path(&self) -> Vec<u8> {
        self.join(|start| &start.real)
    }

    fn join(&self, base: impl Fn(&Start) -> &[u8]) -> Vec<u8> {
        let mut length = 0;
        let mut top: &[u8] = b"";
        for node in self.up() {
            match &node.start {
                Some(start) => top = base(start),
                None => length += 1 + node.name.count_bytes(),
            }
        }
        if length == 0 {
            return top.to_vec();
        }
        let mut path = Vec::with_capacity(top.len() + length);
        path.extend_from_slice(trimmed(top));
        let mut end = path.len() + length;
        path.resize(end, b'/');
        for node in self.up().filter(|node| node.start.is_none()) {
            let name = node.name.to_bytes();
            path[end - name.len()..end].copy_from_slice(name);
            end -= name.len() + 1;
        }
        path
    }
}

/// `directory/name`, with one slash.
pub(super) fn child_path(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let directory = trimmed(directory);
    let mut path = Vec::with_capacity(directory.len() + 1 + name.len());
    path.extend_from_slice(directory);
    path.push(b'/');
    path.extend_from_slice(name);
    path
}

/// Without the slashes at its end; nothing is left of `/`.
fn trimmed(path: &[u8]) -> &[u8] {
    let end = path.iter().rposition(|&byte| byte != b'/');
    &path[..end.map_or(0, |last| last + 1)]
}

impl Drop for Node {
    /// Step by step: a chain of many thousands would overflow the call stack.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.parent.take();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(given: &str, real: &str) -> Arc<Node> {
        Arc::new(Node::root(Start {
            given: given.as_bytes().into(),
            real: real.as_bytes().into(),
            dir: Arc::new(Dir::open(std::path::Path::new("/")).unwrap()),
        }))
    }

    #[test]
    fn paths_have_one_slash_between_names() {
        for (given, below, socket) in [
            ("/", "/a/b", "/s"),
            ("/run/", "/run/a/b", "/run/s"),
            ("run", "run/a/b", "run/s"),
            (".", "./a/b", "./s"),
        ] {
            let top = root(given, "/real");
            let first = Arc::new(Node::below(&top, c"a", None, None));
            let second = Node::below(&first, c"b", None, None);
            assert_eq!(second.path(), below.as_bytes());
            assert_eq!(second.real_path(), b"/real/a/b");
            assert_eq!(top.path(), given.as_bytes());
            assert_eq!(child_path(&top.path(), b"s"), socket.as_bytes());
        }
        assert!(root("run", "/run").is_through_links());
        assert!(!root("/run/", "/run").is_through_links());
    }

    #[test]
    fn a_long_chain_can_be_dropped() {
        let mut node = root("/", "/");
        for _ in 0..200_000 {
            node = Arc::new(Node::below(&node, c"n", None, None));
        }
        drop(node);
    }
}
