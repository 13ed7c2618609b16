//! ACLs in words.

use crate::model::{Acl, Mode, Names, Ownership};

/// The entries that the mode does not show: `user:deploy:rw-, group:web:r--`.
pub fn entries(acl: &Acl, names: &dyn Names) -> String {
    let users = acl.users.iter().map(|&(uid, bits)| {
        let user = Ownership {
            uid: Some(uid),
            gid: None,
        };
        format!("user:{}:{}", super::owner::words(user, names), rwx(bits))
    });
    let groups = acl.groups.iter().map(|&(gid, bits)| {
        let group = Ownership {
            uid: None,
            gid: Some(gid),
        };
        format!("group{}:{}", super::owner::words(group, names), rwx(bits))
    });
    let mask = acl.mask.map(|bits| format!("mask::{}", rwx(bits)));
    let all: Vec<String> = users.chain(groups).chain(mask).collect();
    all.join(",")
}

/// What has to be said of a mode where there is an ACL too.
pub fn note(mode: Mode, acl: &Acl, names: &dyn Names) -> String {
    let mask = (mode.bits() >> 3) & 7;
    format!(
        "it has an ACL ({}): the group digit of {mode} is the most that its entries get, and its \
         own group has {}; see getfacl(1)",
        entries(acl, names),
        rwx(acl.group & mask)
    )
}

fn rwx(bits: u16) -> String {
    Mode::from_st_mode(u32::from(bits)).to_ls('s')[7..].to_owned()
}
