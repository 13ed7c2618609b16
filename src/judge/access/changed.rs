//! The same scene with one inode changed.

use std::borrow::Cow;
use std::sync::Arc;

use super::Scene;
use crate::model::{Node, Way};

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
