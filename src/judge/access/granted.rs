//! Whom the entries of ACLs let in, on the way and at the socket, whom the modes would not.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Access, Closing, Scene};
use crate::access::{self, By, Class, Insiders, Outsiders, rwx};
use crate::model::{Node, Subject, Way};
use crate::policy::Effective;

/// Somebody is let in by an ACL.
pub(in crate::judge) struct Granted {
    pub(in crate::judge) outsiders: Outsiders,
    pub(in crate::judge) entries: Vec<Entry>,
    /// That with which no entry lets anybody in.
    pub(in crate::judge) closing: Option<Closing>,
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
    pub(super) fn granted(&self, scene: &Scene<'_>, expected: &Effective<'_>) -> Option<Granted> {
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
        let mut subjects = self.subjects(scene, &outsiders);
        subjects.retain(only_by_entries);
        let mut entries = Vec::new();
        for (node, by) in subjects.iter().flat_map(|it| scene.ways_in(it)) {
            let entry = self.entry(scene, node, by);
            entries.extend(entry.filter(|entry| !entries.contains(entry)));
        }
        let does = |changed: &Scene<'_>| {
            let gets_in = |it: &Subject| changed.connects(it) && !plain.connects(it);
            let left = [&scene.named, &changed.named].into_iter().any(|named| {
                let insiders = Insiders::default();
                !access::outsiders(named, &gets_in, &insiders, self.members).is_empty()
            });
            !left && !self.opens(scene, changed, expected)
        };
        let closing = self.taking(scene, &subjects, &does).map(|it| it.0);
        Some(Granted {
            outsiders,
            entries,
            closing,
        })
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
            Class::User(uid) => {
                let name = super::words::user(uid, self.members);
                Some(format!("user:{}", access::unmistakable(name, &uid)))
            }
            Class::Group(gid) => {
                let name = super::words::group(gid, self.members);
                Some(format!("group:{}", access::unmistakable(name, &gid)))
            }
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
