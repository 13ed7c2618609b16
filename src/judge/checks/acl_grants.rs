//! # What it says
//!
//! An entry of an ACL lets somebody connect whom the modes alone would not: an entry of the socket
//! file, or of a directory on the way to it; and the policy says `acl: forbid`. An entry that the
//! mask holds back, or that gives nothing that its user does not have anyway, is none of these.
//!
//! # Why it matters
//!
//! `ls -l` shows an ACL as no more than a `+`, and the group's bits of the mode are then its mask:
//! srw-rw---- root:root may be open to a user whom nobody expects. Whoever reads modes
//! only, people and programs alike, takes the socket for closed.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stream, live
//!   medium  acl-grants  the user mallory can connect by the ACL entry
//!                       user:mallory:rw-
//! ```
//!
//! # How to mend it
//!
//! Take the entry away with the line of the finding. Its `-n` keeps the mask: made anew of what is
//! left, the mask may be wider than it was, and others get more than they had. `sockctl apply
//! --only acl` does it for the entries of the socket file, and only for those: a directory is never
//! changed by it. There the line to run by hand is `setfacl -n -x user:mallory /run/app`, and
//! `getfacl -p /run/app` shows first what else depends on the entry.
//!
//! Find out who put it there: default ACLs of the directory (`getfacl -d`), tmpfiles.d(5)
//! (`a+`), udev and logind set such entries. If it is meant, say `acl: allow`.
//!
//! # References
//!
//! - acl(5), setfacl(1), getfacl(1)
//! - CWE-732: Incorrect Permission Assignment for Critical Resource

use crate::judge::access::{Entry, listed, who};
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};
use crate::policy::rule::Permit;

pub(super) const CHECK: Check = Check {
    code: Code::AclGrants,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let acl = case.expected.acl.as_ref();
    let Some(key) = acl.filter(|key| key.value == Permit::Forbid) else {
        return;
    };
    let Some(verdict) = case.access() else { return };
    let Some(granted) = &verdict.granted else {
        return;
    };
    let found = who(&granted.outsiders, case.names);
    let entries: Vec<String> = granted.entries.iter().map(words).collect();
    let entries = listed(&entries);
    let what = if granted.entries.len() == 1 {
        "entry"
    } else {
        "entries"
    };
    let message = format!("{found} can connect by the ACL {what} {entries}");
    findings.push(Finding {
        actual: Some(entries),
        expected: Some("no entry that lets anybody in".to_owned()),
        fix: granted
            .closing
            .as_ref()
            .zip(case.path())
            .map(|(closing, path)| fix::close(closing, path)),
        ..case.broken(CHECK.code, key, message)
    });
}

/// `user:mallory:rw-`, `group:staff:r-x of /run/app`
fn words(entry: &Entry) -> String {
    let Entry { path, who, bits } = entry;
    match path {
        None => format!("{who}:{bits}"),
        Some(path) => format!("{who}:{bits} of {}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::model::{Acl, Gid, Uid};
    use crate::policy::rule::Permit;

    fn with(mode: &str, users: &[(u32, u16)], groups: &[(u32, u16)]) -> Fixture {
        let users = users
            .iter()
            .map(|&(id, bits)| (Uid::new(id).unwrap(), bits));
        let groups = groups
            .iter()
            .map(|&(id, bits)| (Gid::new(id).unwrap(), bits));
        let acl = Acl {
            group: 0,
            mask: Some(6),
            users: users.collect(),
            groups: groups.collect(),
        };
        Fixture::new()
            .reached((mode, 1000, 1000), ("0755", 0, 0))
            .acl(acl)
            .key(|keys| keys.acl = at(Permit::Forbid))
    }

    #[test]
    fn an_entry_that_lets_somebody_in() {
        let found = with("0660", &[(33, 6)], &[]).only("acl-grants");
        assert_eq!(
            found.message,
            "the user www can connect by the ACL entry user:www:rw-"
        );
        assert_eq!(
            found.fix.as_deref(),
            Some("setfacl -n -x user:www /run/app/a.sock")
        );
        let found = with("0660", &[], &[(33, 6)]).only("acl-grants");
        assert_eq!(found.actual.as_deref(), Some("group:www:rw-"));
    }

    #[test]
    fn an_entry_that_lets_nobody_in() {
        with("0660", &[(33, 4)], &[]).nothing();
        with("0600", &[(33, 6)], &[]).nothing();
        with("0666", &[(33, 6)], &[]).nothing();
        with("0666", &[(33, 0)], &[]).nothing();
        with("0660", &[], &[]).nothing();
    }

    #[test]
    fn it_may_be_meant() {
        let meant = with("0660", &[(33, 6)], &[]).key(|keys| keys.acl = at(Permit::Allow));
        meant.nothing();
    }
}
