//! # What it says
//!
//! The socket file belongs to another group than `owner` of the policy says. Where the policy has
//! several owners, the ones with the right user are compared.
//!
//! # Why it matters
//!
//! With a mode such as 0660 the group is the list of those who may connect. In the wrong group,
//! its members get in, and the ones who should are shut out. For some sockets, that of a
//! container engine among them, to get in is to be root.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:users  stream, live
//!   medium  group-mismatch  its group is users, not www-data
//! ```
//!
//! # How to mend it
//!
//! Give it the group with the line of the finding, and where the server or its unit sets it:
//! `SocketGroup=`, `listen.group`, or the group that the server runs with. A directory with the
//! set-group-id bit hands its own group on to what is made in it.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"
//! - systemd.socket(5), `SocketUser=`, `SocketGroup=`
//! - CWE-732: Incorrect Permission Assignment for Critical Resource

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::GroupMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    findings.extend(case.misowned(
        CHECK.code,
        |found| found.group.as_ref(),
        |wrong| format!("its group is {}, not {}", wrong.actual, wrong.expected),
    ));
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, gid, owner, uid};

    fn owned(user: u32, group: u32, list: &[&str]) -> Fixture {
        Fixture::new()
            .fact(|socket| (socket.uid, socket.gid) = (uid(user), gid(group)))
            .key(|keys| keys.owner = at(owner(list)))
    }

    #[test]
    fn another_group_owns_it() {
        let found = owned(1000, 0, &["app:www"]).only("group-mismatch");
        assert_eq!(found.message, "its group is root, not www");
        owned(1000, 33, &["app:www"]).nothing();
        owned(1000, 0, &[":www"]).only("group-mismatch");
        owned(1000, 0, &["app"]).nothing();
    }

    #[test]
    fn it_is_held_against_the_owners_whose_user_it_is() {
        let found = owned(1000, 0, &["root:root", "app:www"]).only("group-mismatch");
        assert_eq!(found.expected.as_deref(), Some("www"));
    }
}
