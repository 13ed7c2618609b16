//! The way to the socket of a test: every directory that is not given is root's, 0755.

use std::path::Path;
use std::sync::Arc;

use super::TextNames;
use crate::model::{Acl, Directory, FileAcl, Found, Gid, Mode, Node, Step, Uid, Way};
use crate::policy::rule::{Test, TestDirectory, TestEntry};

/// The ACL of the socket itself.
pub(super) fn file_acl(test: &Test, names: &TextNames) -> FileAcl {
    let socket = &test.socket;
    let acl = socket.mode.and_then(|mode| acl(&socket.acl, mode, names));
    acl.map_or(FileAcl::Plain, |acl| FileAcl::More(Arc::new(acl)))
}

pub(super) fn way(test: &Test, directory: &Path, names: &TextNames) -> Way {
    let mut paths: Vec<&Path> = directory.ancestors().collect();
    paths.reverse();
    let mut way = Way {
        protected_symlinks: true,
        ..Way::default()
    };
    for (number, path) in paths.into_iter().enumerate() {
        let mut node = node(path, test.directories.get(path), names);
        node.inode.ino = u64::try_from(number).unwrap_or(u64::MAX);
        node.mount_point = number == 0;
        let parent = number.checked_sub(1);
        way.directories.push(Directory {
            node: Arc::new(node),
            parent,
        });
        if let (Some(within), Some(name)) = (parent, path.file_name()) {
            way.steps.push(Arc::new(Step {
                within,
                name: name.to_owned(),
                found: Found::Directory(number),
            }));
        }
        way.end = number;
    }
    way
}

fn node(path: &Path, given: Option<&TestDirectory>, names: &TextNames) -> Node {
    let (mode, (uid, gid)) = match given {
        Some(given) => (given.mode, names.owner(&given.owner)),
        None => (Mode::from_st_mode(0o755), (Uid::ROOT, Gid::ROOT)),
    };
    Node {
        acl: given.and_then(|given| acl(&given.acl, mode, names)),
        ..Node::bare(path.to_owned(), mode, Some(uid), Some(gid))
    }
}

/// `None` where the mode says it all. What the mode has for the group is the mask.
fn acl(entries: &[TestEntry], mode: Mode, names: &TextNames) -> Option<Acl> {
    if entries.is_empty() {
        return None;
    }
    let mask = (mode.bits() >> 3) & 7;
    let mut acl = Acl {
        group: mask,
        mask: Some(mask),
        ..Acl::default()
    };
    for entry in entries {
        let id = names.id(&entry.name);
        match (entry.is_group, entry.name.is_empty()) {
            (_, true) => acl.group = entry.bits,
            (true, false) => acl.groups.extend(Gid::new(id).map(|gid| (gid, entry.bits))),
            (false, false) => acl.users.extend(Uid::new(id).map(|uid| (uid, entry.bits))),
        }
    }
    Some(acl)
}
