//! # What it says
//!
//! The policy says that the socket file or its directory belongs to a user or group that does not
//! exist on this host, or that could not be looked up, and nothing else that the policy says fits.
//! The finding takes the place of a mismatch: whether the owner is right cannot be told.
//!
//! # Why it matters
//!
//! A name that does not exist owns nothing, so nobody can be held to it: the package is only half
//! installed, the policy has a misspelt name, or the directory service does not answer. Until
//! that is settled the file belongs to somebody else.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  root:root  stream, live
//!   medium  owner-unknown  there is no user app on this host
//! ```
//!
//! # How to mend it
//!
//! `getent passwd NAME` and `getent group NAME` show what the host knows. Create the user
//! (sysusers.d(5)), or correct the name in the policy. If the policy is meant for hosts
//! without that user too, list both owners, or give the rule a `when`.
//!
//! # References
//!
//! - getent(1), nsswitch.conf(5), sysusers.d(5)
//! - CWE-282: Improper Ownership Management

use crate::judge::case::{Case, Check, Judge};
use crate::judge::ownership;
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::OwnerUnknown,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    if let (Some(key), Some(found)) = (&case.expected.owner, case.ownership())
        && !found.unknown.is_empty()
    {
        findings.push(Finding {
            expected: Some(ownership::list(&key.value)),
            ..case.broken(CHECK.code, key, found.unknown.join("; "))
        });
    }
    if let (Some(key), Some(parent)) = (&case.expected.parent_owner, case.socket.parent) {
        let (uid, gid) = (Some(parent.uid), Some(parent.gid));
        let found = ownership::compare(&key.value, uid, gid, case.names).unwrap_or_default();
        if !found.unknown.is_empty() {
            let message = format!("its directory: {}", found.unknown.join("; "));
            findings.push(Finding {
                expected: Some(ownership::list(&key.value)),
                ..case.broken(CHECK.code, key, message)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, gid, owner, parent, uid};

    fn owned(list: &[&str]) -> Fixture {
        Fixture::new()
            .fact(|socket| (socket.uid, socket.gid) = (uid(1000), gid(33)))
            .key(|keys| keys.owner = at(owner(list)))
    }

    #[test]
    fn a_user_who_does_not_exist() {
        let found = owned(&["nobody-here"]).only("owner-unknown");
        assert_eq!(found.message, "there is no user nobody-here on this host");
        assert_eq!(found.expected.as_deref(), Some("nobody-here"));
        owned(&["app"]).nothing();
        owned(&["nobody-here", "app"]).nothing();
    }

    #[test]
    fn a_group_that_does_not_exist() {
        let found = owned(&["app:nobody-here"]).only("owner-unknown");
        assert_eq!(found.message, "there is no group nobody-here on this host");
        owned(&["nobody-here:root"]).exactly(&["owner-unknown", "group-mismatch"]);
    }

    #[test]
    fn a_name_service_that_does_not_answer_settles_nothing() {
        let found = owned(&["timeout", "root"]).only("owner-unknown");
        assert_eq!(
            found.message,
            "the user timeout could not be looked up: no answer"
        );
        owned(&["timeout", "app"]).nothing();
    }

    #[test]
    fn what_a_path_says_and_nobody_can_be_called() {
        for odd in [
            "a b",
            "-R",
            "007",
            "9-5",
            "dynamic\u{1b}",
            "x;y",
            "4294967295",
        ] {
            let who = crate::policy::Who::Name(odd.to_owned());
            let group = Some(crate::policy::Who::Id(0));
            let alternative = crate::policy::OwnerAlternative {
                user: Some(who),
                group,
            };
            let found = Fixture::new()
                .fact(|socket| (socket.uid, socket.gid) = (uid(1000), gid(33)))
                .key(|keys| keys.owner = at(crate::policy::Owner(vec![alternative])))
                .exactly(&["owner-unknown", "group-mismatch"]);
            let told = |finding: &crate::model::Finding| finding.message.contains("names no user");
            assert!(found.iter().any(told), "{found:?}");
            assert!(
                found.iter().all(|finding| finding.fix.is_none()),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_directory_too() {
        let found = Fixture::new()
            .fact(|socket| socket.parent = parent("0755", 0, 0))
            .key(|keys| keys.parent_owner = at(owner(&["nobody-here"])))
            .only("owner-unknown");
        assert_eq!(
            found.message,
            "its directory: there is no user nobody-here on this host"
        );
    }
}
