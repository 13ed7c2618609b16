//! One change of rights, made on the facts alone.

use std::sync::Arc;

use super::class::Class;
use crate::model::{Acl, Gid, Mode, Node, Subject, Trail, Uid};

/// What a change is made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// A directory of the way, by its number.
    Directory(usize),
    /// The socket.
    Socket,
}

/// A change of rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The user joins a group.
    Join(Gid),
    /// The user leaves a group.
    Leave(Gid),
    /// The ACL of an inode gets an entry for a user, in place of one that is there.
    Entry {
        /// Of what.
        spot: Spot,
        /// For whom.
        uid: Uid,
        /// What they have from now on.
        bits: u16,
        /// The mask that goes with it.
        mask: u16,
    },
    /// Another mode.
    Mode {
        /// Of what.
        spot: Spot,
        /// Its mode from now on.
        mode: Mode,
    },
    /// Another owner.
    Owner {
        /// Of what.
        spot: Spot,
        /// Its owner from now on.
        uid: Uid,
    },
    /// Another group.
    Group {
        /// Of what.
        spot: Spot,
        /// Its group from now on.
        gid: Gid,
    },
}

impl Change {
    /// Where it is made; `None` for what is made in the databases of users.
    pub const fn spot(&self) -> Option<Spot> {
        match *self {
            Change::Join(_) | Change::Leave(_) => None,
            Change::Entry { spot, .. }
            | Change::Mode { spot, .. }
            | Change::Owner { spot, .. }
            | Change::Group { spot, .. } => Some(spot),
        }
    }

    /// Makes it. Users and groups change for `subject` alone.
    pub(super) fn make(&self, trail: &mut Trail, subject: &mut Subject) {
        match *self {
            Change::Join(gid) => *subject = subject.joined(gid),
            Change::Leave(gid) => *subject = subject.without(gid),
            Change::Entry {
                spot,
                uid,
                bits,
                mask,
            } => set_entry(at_mut(trail, spot), Class::User(uid), bits, mask),
            Change::Mode { spot, mode } => at_mut(trail, spot).set_mode(mode),
            Change::Owner { spot, uid } => at_mut(trail, spot).uid = Some(uid),
            Change::Group { spot, gid } => at_mut(trail, spot).gid = Some(gid),
        }
    }
}

/// The inode at a spot.
pub(super) fn at(trail: &Trail, spot: Spot) -> &Node {
    match spot {
        Spot::Directory(number) => trail.way.directory(number),
        Spot::Socket => &trail.socket,
    }
}

fn at_mut(trail: &mut Trail, spot: Spot) -> &mut Node {
    match spot {
        Spot::Directory(number) => Arc::make_mut(&mut trail.way.directories[number].node),
        Spot::Socket => &mut trail.socket,
    }
}

/// Gives a user or a group an entry of its own in the ACL, in place of one that is there.
pub fn set_entry(node: &mut Node, class: Class, bits: u16, mask: u16) {
    let group = (node.mode.bits() >> 3) & 7;
    let acl = node.acl.get_or_insert_with(|| Acl {
        group,
        ..Acl::default()
    });
    match class {
        Class::User(uid) => put(&mut acl.users, uid, bits),
        Class::Group(gid) => put(&mut acl.groups, gid, bits),
        Class::Owner | Class::OwningGroup(_) | Class::Others => return,
    }
    acl.mask = Some(mask);
    let mode = u32::from(node.mode.bits());
    node.mode = Mode::from_st_mode((mode & !0o070) | (u32::from(mask) << 3));
}

fn put<T: PartialEq>(entries: &mut Vec<(T, u16)>, id: T, bits: u16) {
    match entries.iter_mut().find(|entry| entry.0 == id) {
        Some(entry) => entry.1 = bits,
        None => entries.push((id, bits)),
    }
}
