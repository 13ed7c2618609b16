//! Whom the entries of ACLs let in, on the way and at the socket, whom the modes would not.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Access, Scene};
use crate::access::{self, By, Class, Insiders, Outsiders, rwx};
use crate::model::{Node, Way};

/// Somebody is let in by an ACL.
pub(in crate::judge) struct Granted {
    pub(in crate::judge) outsiders: Outsiders,
    pub(in crate::judge) entries: Vec<Entry>,
}

/// An entry that lets somebody in.
#[derive(PartialEq, Eq)]
pub(in crate::judge) struct Entry {
    /// Of what; `None` of the socket.
    pub(in crate::judge) path: Option<PathBuf>,
    /// `user:alice`, as setfacl(1) has it.
    pub(in crate::judge) who: String,
    /// `rw-`
    pub(in crate::judge) bits: String,
}

impl Access<'_> {
    /// `None` where no entry lets anybody in.
    pub(super) fn granted(&self, scene: &Scene<'_>) -> Option<Granted> {
        let is_named = |node: &Node| {
            let acl = node.acl.as_ref();
            acl.is_some_and(|acl| !acl.users.is_empty() || !acl.groups.is_empty())
        };
        if !scene.way.nodes().chain([&scene.socket]).any(is_named) {
            return None;
        }
        let way = without_entries(scene.way);
        let mut socket = scene.socket.clone();
        forget_entries(&mut socket);
        let plain = Scene::new(&way, socket);
        let only_by_entries = |it: &_| scene.connects(it) && !plain.connects(it);
        let outsiders = access::outsiders(
            &scene.named,
            &only_by_entries,
            &Insiders::default(),
            self.members,
        );
        if outsiders.is_empty() {
            return None;
        }
        let mut entries = Vec::new();
        for subject in self.subjects(scene, &outsiders) {
            if !only_by_entries(&subject) {
                continue;
            }
            for check in access::checks(&subject, scene.way, &scene.socket) {
                let entry = self.entry(scene, check.node, check.verdict.by);
                entries.extend(entry.filter(|entry| !entries.contains(entry)));
            }
        }
        Some(Granted { outsiders, entries })
    }

    fn entry(&self, scene: &Scene<'_>, node: &Node, by: By) -> Option<Entry> {
        let By::Class(grant) = by else { return None };
        Some(Entry {
            path: scene.path_of(node),
            who: self.entry_of(grant.class)?,
            bits: rwx(grant.bits),
        })
    }

    /// The entry of an ACL that this is, as setfacl(1) has it; `None` where it is one of the mode.
    pub(super) fn entry_of(&self, class: Class) -> Option<String> {
        match class {
            Class::User(uid) => Some(format!("user:{}", super::words::user(uid, self.members))),
            Class::Group(gid) => Some(format!("group:{}", super::words::group(gid, self.members))),
            Class::Owner | Class::OwningGroup(_) | Class::Others => None,
        }
    }
}

fn without_entries(way: &Way) -> Way {
    let mut way = way.clone();
    for directory in &mut way.directories {
        if directory.node.acl.is_some() {
            forget_entries(Arc::make_mut(&mut directory.node));
        }
    }
    way
}

/// What is left is what the mode and the owning group say.
fn forget_entries(node: &mut Node) {
    if let Some(acl) = &mut node.acl {
        acl.users.clear();
        acl.groups.clear();
    }
}
