//! One inode and one subject: the kernel's `generic_permission` (fs/namei.c) and
//! `posix_acl_permission` (fs/posix_acl.c), as facts.

use crate::model::{Acl, Gid, Node, Subject, Uid};

/// Bits of one digit of a mode.
pub(super) const SEARCH: u16 = 1;
pub(super) const WRITE: u16 = 2;

/// Yes or no, and what decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the kernel lets them.
    pub allowed: bool,
    /// Why.
    pub by: By,
}

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The first class that fits.
    Class(Grant),
    /// A capability, whatever the classes say.
    Capability(&'static str),
    /// The flag "immutable".
    Immutable,
    /// The flag "append only".
    AppendOnly,
    /// A read-only mount or file system.
    ReadOnly,
    /// Something is mounted there.
    MountPoint,
    /// The sticky bit of the directory: neither it nor the file is theirs.
    Sticky,
    /// fs.protected_symlinks: somebody's link in a sticky directory of everybody.
    ProtectedLink,
    /// Its owner or its group is no id that is known here.
    Nobody,
    /// Nothing speaks against it.
    Nothing,
}

/// What the class that fits has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Which one.
    pub class: Class,
    /// What it has, before the mask.
    pub bits: u16,
    /// The most that an entry of the ACL gets.
    pub mask: Option<u16>,
}

/// The classes, in the order in which the kernel asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The owner of the inode.
    Owner,
    /// A user that the ACL names.
    User(Uid),
    /// The group of the inode.
    OwningGroup(Gid),
    /// A group that the ACL names.
    Group(Gid),
    /// Everybody else.
    Others,
}

impl Grant {
    /// What is left of it under the mask.
    pub fn effective(&self) -> u16 {
        self.bits & self.mask.unwrap_or(7)
    }
}

impl Verdict {
    pub(super) const fn no(by: By) -> Verdict {
        let allowed = false;
        Verdict { allowed, by }
    }
}

/// Whether `subject` may search the directory.
pub(super) fn may_search(node: &Node, subject: &Subject) -> Verdict {
    may(node, subject, SEARCH, true)
}

/// Whether `subject` may make, move and remove names in the directory.
pub(super) fn may_change(directory: &Node, subject: &Subject) -> Verdict {
    if directory.read_only {
        return Verdict::no(By::ReadOnly);
    }
    let verdict = may(directory, subject, SEARCH | WRITE, true);
    if verdict.allowed && directory.append_only {
        return Verdict::no(By::AppendOnly);
    }
    verdict
}

/// Whether `subject` may connect to the socket, once there. A read-only mount stops nobody.
pub(super) fn may_connect(socket: &Node, subject: &Subject) -> Verdict {
    may(socket, subject, WRITE, false)
}

pub(super) fn may(node: &Node, subject: &Subject, want: u16, is_directory: bool) -> Verdict {
    let writes = want & WRITE != 0;
    if writes && node.immutable {
        return Verdict::no(By::Immutable);
    }
    if writes && (node.uid.is_none() || node.gid.is_none()) {
        return Verdict::no(By::Nobody);
    }
    let grant = fitting(node, subject, want);
    if grant.effective() & want == want {
        let (allowed, by) = (true, By::Class(grant));
        return Verdict { allowed, by };
    }
    let has = &subject.capabilities;
    let capability = if has.dac_override {
        Some("CAP_DAC_OVERRIDE")
    } else if has.dac_read_search && is_directory && !writes {
        Some("CAP_DAC_READ_SEARCH")
    } else {
        None
    };
    match capability.filter(|_| has.reach(node.uid, node.gid)) {
        Some(name) => Verdict {
            allowed: true,
            by: By::Capability(name),
        },
        None => Verdict::no(By::Class(grant)),
    }
}

/// The class that decides about `want`: the first that fits, and among the groups of an ACL the
/// first that has all of it.
fn fitting(node: &Node, subject: &Subject, want: u16) -> Grant {
    let mode = node.mode.bits();
    let of_mode = |class, shift: u16| Grant {
        class,
        bits: (mode >> shift) & 7,
        mask: None,
    };
    if node.uid == Some(subject.uid) {
        return of_mode(Class::Owner, 6);
    }
    match &node.acl {
        // Where the group bits, which are the mask, are empty, the kernel asks the mode alone.
        Some(acl) if mode & 0o070 != 0 => {
            of_acl(acl, node, subject, want).unwrap_or(of_mode(Class::Others, 0))
        }
        _ => match node.gid.filter(|&gid| subject.is_in(gid)) {
            Some(gid) => of_mode(Class::OwningGroup(gid), 3),
            None => of_mode(Class::Others, 0),
        },
    }
}

fn of_acl(acl: &Acl, node: &Node, subject: &Subject, want: u16) -> Option<Grant> {
    let grant = |class, bits| Grant {
        class,
        bits,
        mask: acl.mask,
    };
    let named = acl.users.iter().find(|entry| entry.0 == subject.uid);
    if let Some(&(uid, bits)) = named {
        return Some(grant(Class::User(uid), bits));
    }
    let owning = node
        .gid
        .map(|gid| (Class::OwningGroup(gid), gid, acl.group));
    let named = acl.groups.iter();
    let named = named.map(|&(gid, bits)| (Class::Group(gid), gid, bits));
    let mut first = None;
    for (class, gid, bits) in owning.into_iter().chain(named) {
        if !subject.is_in(gid) {
            continue;
        }
        if bits & want == want {
            return Some(grant(class, bits));
        }
        first = first.or(Some(grant(class, bits)));
    }
    first
}
