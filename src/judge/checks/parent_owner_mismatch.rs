//! # What it says
//!
//! The directory that holds the socket file belongs to another user or group than `parent: owner`
//! of the policy says.
//!
//! # Why it matters
//!
//! The owner of a directory can give itself every right to it, and so can remove or replace each
//! socket file in it, those of root included. Who owns the directory decides whom clients talk to.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stream, live
//!   medium  parent-owner-mismatch  its directory belongs to mallory:users,
//!                                  not to app
//! ```
//!
//! # How to mend it
//!
//! Give it to the right owner with the line of the finding, and where the directory is made:
//! `User=` with `RuntimeDirectory=` of the unit, or tmpfiles.d(5). Look at who could have taken it:
//! /tmp and other directories where everybody may create names are no place for a server's directory.
//!
//! # References
//!
//! - path_resolution(7), inode(7)
//! - systemd.exec(5), `RuntimeDirectory=`; tmpfiles.d(5)
//! - CWE-283: Unverified Ownership; CWE-367: Time-of-check Time-of-use Race Condition

use std::path::Path;

use crate::judge::case::{Case, Check, Judge};
use crate::judge::{fix, ownership};
use crate::model::{Code, Finding, Ownership};

pub(super) const CHECK: Check = Check {
    code: Code::ParentOwnerMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (Some(parent), Some(key)) = (case.socket.parent, &case.expected.parent_owner) else {
        return;
    };
    let now = Ownership {
        uid: Some(parent.uid),
        gid: Some(parent.gid),
    };
    let found = ownership::compare(&key.value, now.uid, now.gid, case.names).unwrap_or_default();
    if found.user.is_none() && found.group.is_none() {
        return;
    }
    let actual = ownership::pair(parent.uid, parent.gid, case.names);
    let expected = ownership::list(&key.value);
    let directory = case.socket.real_path().and_then(Path::parent);
    let message = format!("its directory belongs to {actual}, not to {expected}");
    findings.push(Finding {
        actual: Some(actual),
        expected: Some(expected),
        fix: directory.and_then(|path| fix::chown_directory(&key.value, now, case.names, path)),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, owner, parent};

    fn in_directory_of(user: u32, group: u32, list: &[&str]) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.parent = parent("0755", user, group))
            .key(|keys| keys.parent_owner = at(owner(list)))
    }

    #[test]
    fn another_owner() {
        let found = in_directory_of(33, 0, &["app"]).only("parent-owner-mismatch");
        assert_eq!(
            found.message,
            "its directory belongs to www:root, not to app"
        );
        assert_eq!(found.fix.as_deref(), Some("chown -h app /run/app"));
        in_directory_of(1000, 0, &["app"]).nothing();
        in_directory_of(0, 0, &["root", "app"]).nothing();
    }

    #[test]
    fn another_group() {
        let found = in_directory_of(1000, 0, &["app:www"]).only("parent-owner-mismatch");
        assert_eq!(
            found.message,
            "its directory belongs to app:root, not to app:www"
        );
    }
}
