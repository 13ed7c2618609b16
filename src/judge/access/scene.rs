//! One socket and the way to it; as it is, and as it would be with one inode changed.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::access::{self, By, Named};
use crate::model::{Mode, Node, Subject, Way};

/// One socket and the way to it.
pub(in crate::judge) struct Scene<'a> {
    pub(super) way: &'a Way,
    pub(super) socket: Node,
    pub(super) named: Named,
}

impl<'a> Scene<'a> {
    pub(super) fn new(way: &'a Way, socket: Node) -> Scene<'a> {
        let named = Named::on(way, &socket);
        Scene { way, socket, named }
    }

    pub(super) fn connects(&self, subject: &Subject) -> bool {
        let mut checks = access::checks(subject, self.way, &self.socket);
        checks.all(|check| check.verdict.allowed)
    }

    pub(super) fn replaces(&self, subject: &Subject) -> bool {
        let mut swaps = access::swaps(subject, self.way, &self.socket);
        swaps.any(|swap| swap.verdict.allowed)
    }

    /// What the kernel asks when they connect, and what decides each time.
    pub(super) fn ways_in<'s>(
        &'s self,
        subject: &'s Subject,
    ) -> impl Iterator<Item = (&'s Node, By)> {
        let checks = access::checks(subject, self.way, &self.socket);
        checks.map(|check| (check.node, check.verdict.by))
    }

    pub(super) fn is_the_socket(&self, node: &Node) -> bool {
        std::ptr::eq(node, &raw const self.socket)
    }

    /// Whether nobody can change its rights.
    pub(super) fn is_fixed(&self, node: &Node) -> bool {
        let around = self
            .is_the_socket(node)
            .then(|| self.way.directory(self.way.end));
        let is_read_only = node.read_only || around.is_some_and(|around| around.read_only);
        is_read_only || node.immutable || node.append_only
    }

    /// The path of what is not the socket.
    pub(super) fn path_of(&self, node: &Node) -> Option<PathBuf> {
        (!self.is_the_socket(node)).then(|| node.path.clone())
    }

    pub(super) fn with_mode(&self, mode: Mode) -> Scene<'a> {
        let mut socket = self.socket.clone();
        socket.set_mode(mode);
        Scene::new(self.way, socket)
    }
}

/// A scene as it would be.
pub(super) struct Changed<'a> {
    way: Cow<'a, Way>,
    socket: Node,
}

impl<'a> Changed<'a> {
    /// With the socket changed, or a directory on the way.
    pub(super) fn new(scene: &Scene<'a>, node: &Node, change: impl Fn(&mut Node)) -> Changed<'a> {
        let mut changed = Changed {
            way: Cow::Borrowed(scene.way),
            socket: scene.socket.clone(),
        };
        if scene.is_the_socket(node) {
            change(&mut changed.socket);
        } else {
            let directories = &mut changed.way.to_mut().directories;
            for at in directories.iter_mut().filter(|at| same(&at.node, node)) {
                change(Arc::make_mut(&mut at.node));
            }
        }
        changed
    }

    pub(super) fn scene(&self) -> Scene<'_> {
        Scene::new(&self.way, self.socket.clone())
    }
}

/// Whether both are the same inode, met in the same place.
pub(super) fn same(a: &Node, b: &Node) -> bool {
    a.inode == b.inode && a.path == b.path
}
