//! What is true and not to be seen at a glance.

use std::collections::BTreeSet;
use std::path::Path;

use super::class::{WRITE, may_connect};
use super::people::Who;
use crate::model::{Gid, Node, Subject, Trail, Uid};

/// Whom a note speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// A user.
    User(Uid),
    /// The members of a group.
    Group(Gid),
}

/// Something that surprises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note<'a> {
    /// An entry of the ACL that the mask holds back: the next chmod wakes it.
    Sleeping {
        /// Of what.
        path: &'a Path,
        /// The entry.
        whose: Whose,
        /// What it says, before the mask.
        bits: u16,
    },
    /// The mode gives the group nothing, so the ACL is not asked at all.
    Unasked {
        /// Of what.
        path: &'a Path,
    },
    /// Others may write, and these may not, for their class comes first.
    ShutOut {
        /// Of what.
        path: &'a Path,
        /// Who.
        whose: Whose,
    },
    /// They cannot connect, and can put a socket of their own there.
    ReplacesOnly {
        /// Everybody who cannot connect.
        everyone: bool,
        /// Else the users, as indices of the people.
        users: Vec<usize>,
        /// Else the groups.
        groups: Vec<Gid>,
    },
    /// It has other names too, and the ways to them were not looked at.
    OtherNames {
        /// Of what.
        path: &'a Path,
        /// With the one that was looked at.
        names: u64,
    },
    /// Its mount is read-only in this view; its file system may be writable in another one.
    ReadOnlyMount {
        /// The directory of the socket.
        path: &'a Path,
    },
    /// Something is mounted on it, which keeps its name in this view alone, and others may write to
    /// the directory that it is in.
    MountPoint {
        /// What is mounted on.
        path: &'a Path,
    },
    /// Whoever owns it can change its mode, and so let themselves in.
    OwnerCould {
        /// Of what.
        path: &'a Path,
        /// The owner, who is not root.
        uid: Uid,
    },
}

/// All that is to be said of this trail, given who may connect and who may replace.
pub fn notes<'a>(trail: &'a Trail, connect: &Who, replace: &Who) -> Vec<Note<'a>> {
    let mut notes = Vec::new();
    sleeping(&trail.socket, WRITE, &mut notes);
    shut_out(&trail.socket, &mut notes);
    if trail.socket.links > 1 {
        notes.push(Note::OtherNames {
            path: &trail.socket.path,
            names: trail.socket.links,
        });
    }
    let end = trail.way.directory(trail.way.end);
    if end.read_only {
        notes.push(Note::ReadOnlyMount { path: &end.path });
    }
    notes.extend(mount_points(trail));
    let owner = trail.socket.uid.filter(|uid| !uid.is_root());
    if let Some(uid) = owner {
        let itself = Subject::user(uid, []);
        if !may_connect(&trail.socket, &itself).allowed {
            let path = trail.socket.path.as_path();
            notes.push(Note::OwnerCould { path, uid });
        }
    }
    let mut told = BTreeSet::from([Uid::ROOT]);
    for node in trail.way.directories.iter().map(|it| &*it.node) {
        // Of the directory that it owns, the owner may take away what lies in it.
        if let Some(uid) = node.uid.filter(|&uid| told.insert(uid))
            && node.mode.bits() & 0o200 == 0
            && !node.read_only
        {
            let path = node.path.as_path();
            notes.push(Note::OwnerCould { path, uid });
        }
    }
    notes.extend(replaces_only(connect, replace));
    notes
}

/// Mount points in directories that somebody else may write to, who may come from a mount namespace
/// where nothing is mounted there: rename(2) asks for mounts of the caller's namespace only
/// (`is_local_mountpoint` of fs/mount.h).
fn mount_points(trail: &Trail) -> impl Iterator<Item = Note<'_>> {
    let directories = trail.way.directories.iter();
    let below = directories.filter_map(|it| Some((it.parent?, &*it.node)));
    let all = below.chain([(trail.way.end, &trail.socket)]);
    all.filter_map(|(parent, node)| {
        let around = trail.way.directory(parent);
        let mode = around.mode.bits();
        let is_shared = mode & 0o022 != 0 && mode & 0o1000 == 0;
        let is_theirs = around.uid.is_some_and(|uid| !uid.is_root());
        let path = node.path.as_path();
        (node.mount_point && (is_shared || is_theirs)).then_some(Note::MountPoint { path })
    })
}

/// Those who may replace and not connect.
fn replaces_only<'a>(connect: &Who, replace: &Who) -> Option<Note<'a>> {
    let everyone = replace.everyone && !connect.everyone;
    let connects = |user: &usize| {
        if connect.everyone {
            connect.except_users.binary_search(user).is_err()
        } else {
            connect.users.binary_search(user).is_ok()
        }
    };
    let users = replace.users.iter().copied();
    let users: Vec<usize> = users.filter(|user| !connects(user)).collect();
    let is_out = |gid: &Gid| !connect.everyone && !connect.groups.contains(gid);
    let groups: Vec<Gid> = replace.groups.iter().copied().filter(is_out).collect();
    let is_any = everyone || !users.is_empty() || !groups.is_empty();
    is_any.then_some(Note::ReplacesOnly {
        everyone,
        users,
        groups,
    })
}

/// Entries of the socket's ACL that have `bit`, and do not have it under the mask.
fn sleeping<'a>(node: &'a Node, bit: u16, notes: &mut Vec<Note<'a>>) {
    let Some(acl) = &node.acl else { return };
    let path = node.path.as_path();
    let mask = acl.mask.unwrap_or(7);
    let sleeps = |bits: u16| bits & bit != 0 && bits & mask & bit == 0;
    let users = acl.users.iter().filter(|entry| sleeps(entry.1));
    let groups = acl.groups.iter().filter(|entry| sleeps(entry.1));
    let owning = node.gid.filter(|_| sleeps(acl.group));
    notes.extend(users.map(|&(uid, bits)| Note::Sleeping {
        path,
        whose: Whose::User(uid),
        bits,
    }));
    let groups = groups.copied().chain(owning.map(|gid| (gid, acl.group)));
    notes.extend(groups.map(|(gid, bits)| Note::Sleeping {
        path,
        whose: Whose::Group(gid),
        bits,
    }));
    if node.mode.bits() & 0o070 == 0 && node.mode.bits() & bit != 0 {
        notes.push(Note::Unasked { path });
    }
}

/// Owner and owning group, where others have a `w` that these have not.
fn shut_out<'a>(node: &'a Node, notes: &mut Vec<Note<'a>>) {
    let mode = node.mode.bits();
    if mode & WRITE == 0 {
        return;
    }
    let path = node.path.as_path();
    let owner = node.uid.filter(|uid| mode & 0o200 == 0 && !uid.is_root());
    let group = match &node.acl {
        Some(acl) if mode & 0o070 != 0 => acl.effective_group() & WRITE == 0,
        _ => mode & 0o020 == 0,
    };
    let group = node.gid.filter(|_| group);
    let whose = owner.map(Whose::User).into_iter();
    let whose = whose.chain(group.map(Whose::Group));
    notes.extend(whose.map(|whose| Note::ShutOut { path, whose }));
}
