//! Access control lists, acl(5), as far as they say more than a mode.

use super::{Gid, Uid};

/// An ACL that says more than the mode does: with one, the group bits of the mode are its mask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// What the owning group has, before the mask; bits as in one digit of a mode.
    pub group: u16,
    /// The most that any of the named ones and the owning group get; absent: no such limit.
    pub mask: Option<u16>,
    /// Users by name (here: by number), before the mask.
    pub users: Vec<(Uid, u16)>,
    /// Groups, before the mask.
    pub groups: Vec<(Gid, u16)>,
}

impl Acl {
    /// What the owning group really has.
    pub fn effective_group(&self) -> u16 {
        self.group & self.mask.unwrap_or(7)
    }

    /// Whether it lets nobody in whom the mode does not show, and hides nobody: it is the mode
    /// written in another way.
    pub fn is_plain(&self) -> bool {
        self.mask.is_none() && self.users.is_empty() && self.groups.is_empty()
    }

    /// Whether a user or a group has more than one entry: the kernel takes that, and setfacl(1) does
    /// not.
    pub fn has_twins(&self) -> bool {
        let has_twins = |mut ids: Vec<u32>| {
            ids.sort_unstable();
            !ids.is_sorted_by(|a, b| a < b)
        };
        has_twins(self.users.iter().map(|it| it.0.as_raw()).collect())
            || has_twins(self.groups.iter().map(|it| it.0.as_raw()).collect())
    }
}
