//! What is special on the way down, as a tree of names that the walk descends alongside.
//!
//! A directory that leads to nothing special has no place in it, so ordinary directories cost
//! nothing.

use std::collections::HashMap;

use super::stores::{CONTAINERD, SNAPSHOTTER, STORES};

/// A node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(usize);

/// What there is to know of a place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// It is walked (or looked at) by itself.
    pub(super) root: bool,
    /// It belongs to a container engine.
    pub(super) store: bool,
    /// Something is mounted there.
    pub(super) mount: bool,
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<[u8]>, Place>,
    snapshotters: bool,
    mark: Mark,
}

/// The tree. Paths are real ones, from the root directory.
#[derive(Debug)]
pub(super) struct Places(Vec<Node>);

const TOP: Place = Place(0);
/// What every snapshotter's directory is.
const SNAPSHOTS: Place = Place(1);

impl Places {
    /// The containers' stores that every host keeps in the same places.
    pub(super) fn new() -> Places {
        let mut snapshots = Node::default();
        snapshots.mark.store = true;
        let mut places = Places(vec![Node::default(), snapshots]);
        for store in STORES {
            places.add_store(store.as_bytes());
        }
        for engine in CONTAINERD {
            let at = places.insert(engine.as_bytes());
            places.0[at.0].snapshotters = true;
        }
        places
    }

    pub(super) fn add_root(&mut self, path: &[u8]) {
        let at = self.insert(path);
        self.0[at.0].mark.root = true;
    }

    pub(super) fn add_mount(&mut self, path: &[u8]) {
        let at = self.insert(path);
        self.0[at.0].mark.mount = true;
    }

    /// One store inside another is none of its own: who names the outer one wants all of it.
    pub(super) fn add_store(&mut self, path: &[u8]) {
        let mut at = Some(TOP);
        for name in names(path) {
            at = at.and_then(|at| self.child(at, name));
            if at.is_some_and(|at| self.mark(at).store) {
                return;
            }
        }
        let at = self.insert(path);
        // The whole tree is nobody's store, whatever an overlay is made of.
        if at != TOP {
            self.0[at.0].mark.store = true;
        }
    }

    fn insert(&mut self, path: &[u8]) -> Place {
        let mut at = TOP;
        for name in names(path) {
            let fresh = Place(self.0.len());
            let next = *self.0[at.0].children.entry(name.into()).or_insert(fresh);
            if next == fresh {
                self.0.push(Node::default());
            }
            at = next;
        }
        at
    }

    /// The place of `name` in the directory at `at`, if it leads to anything special.
    pub(super) fn child(&self, at: Place, name: &[u8]) -> Option<Place> {
        let node = &self.0[at.0];
        node.children
            .get(name)
            .copied()
            .or_else(|| (node.snapshotters && name.starts_with(SNAPSHOTTER)).then_some(SNAPSHOTS))
    }

    /// The place of a real path.
    pub(super) fn locate(&self, path: &[u8]) -> Option<Place> {
        names(path).try_fold(TOP, |at, name| self.child(at, name))
    }

    pub(super) fn mark(&self, at: Place) -> Mark {
        self.0[at.0].mark
    }
}

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(places: &Places, path: &str) -> Option<Mark> {
        Some(places.mark(places.locate(path.as_bytes())?))
    }

    #[test]
    fn only_what_leads_somewhere_has_a_place() {
        let mut places = Places::new();
        places.add_mount(b"/srv/data");
        places.add_root(b"/srv");
        assert_eq!(mark(&places, "/home"), None);
        assert_eq!(mark(&places, "/var/lib"), Some(Mark::default()));
        assert_eq!(mark(&places, "/srv").map(|mark| mark.root), Some(true));
        assert_eq!(
            mark(&places, "/srv/data").map(|mark| mark.mount),
            Some(true)
        );
        assert_eq!(mark(&places, "/srv/data/deeper"), None);
    }

    #[test]
    fn stores_are_known_by_path_and_snapshotters_by_how_they_begin() {
        let mut places = Places::new();
        places.add_store(b"/var/lib/docker/overlay2/abc/diff");
        places.add_store(b"/data/upper");
        places.add_store(b"/");
        let store = |path| mark(&places, path).map(|mark| mark.store);
        assert_eq!(store("/var/lib/docker/overlay2"), Some(true));
        assert_eq!(store("/var/lib/docker/overlay2/abc/diff"), None);
        assert_eq!(store("/var/lib/docker/volumes"), None);
        assert_eq!(store("/data/upper"), Some(true));
        assert_eq!(store("/"), Some(false));
        let snapshots = "/var/lib/containerd/io.containerd.snapshotter.v1.zfs";
        assert_eq!(store(snapshots), Some(true));
        assert_eq!(store("/var/lib/containerd/io.containerd.metadata"), None);
    }
}
