//! # What it says
//!
//! The socket file belongs to another user than `owner` of the policy says, or to none of them
//! where there are several.
//!
//! # Why it matters
//!
//! The owner of a socket file can change its mode and so decide who connects. It is also the
//! best sign of who made it: a client that finds a well-known path and connects talks to
//! whoever bound it. A user who gets there first can pose as the server and collect what
//! clients send, passwords included.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  mallory:app  stream, live
//!   high  owner-mismatch  it belongs to mallory, not to app
//! ```
//!
//! # How to mend it
//!
//! Find out first who listens (`sockctl list` names the process). If it is the right server,
//! give it the file with the line of the finding, and let it run as the user that the policy
//! names: `User=` or `SocketUser=` of its unit.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"
//! - PostgreSQL, "Preventing Server Spoofing":
//!   <https://www.postgresql.org/docs/current/preventing-server-spoofing.html>
//! - CWE-282: Improper Ownership Management

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::OwnerMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    findings.extend(case.misowned(
        CHECK.code,
        |found| found.user.as_ref(),
        |wrong| format!("it belongs to {}, not to {}", wrong.actual, wrong.expected),
    ));
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, gid, owner, uid};

    /// `app` is 1000, `www` is 33 (user and group); see the fixture's names.
    fn owned(user: u32, group: u32, list: &[&str]) -> Fixture {
        Fixture::new()
            .fact(|socket| (socket.uid, socket.gid) = (uid(user), gid(group)))
            .key(|keys| keys.owner = at(owner(list)))
    }

    #[test]
    fn another_user_owns_it() {
        let found = owned(0, 33, &["app:www"]).only("owner-mismatch");
        assert_eq!(found.message, "it belongs to root, not to app");
        assert_eq!(found.actual.as_deref(), Some("root"));
        assert_eq!(found.expected.as_deref(), Some("app"));
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chown app:www /run/app/a.sock")
        );
        owned(1000, 33, &["app:www"]).nothing();
    }

    #[test]
    fn one_of_several_is_enough() {
        owned(33, 33, &["app", "www"]).nothing();
        let found = owned(0, 0, &["app", "www"]).only("owner-mismatch");
        assert_eq!(found.expected.as_deref(), Some("app or www"));
    }

    #[test]
    fn ranges_are_inclusive_and_dynamic_is_one() {
        owned(61184, 0, &["dynamic"]).nothing();
        owned(65519, 0, &["dynamic"]).nothing();
        let found = owned(65520, 0, &["dynamic"]).only("owner-mismatch");
        assert_eq!((found.actual.as_deref(), found.fix), (Some("65520"), None));
        owned(105, 0, &["100-105"]).nothing();
        owned(106, 0, &["100-105"]).only("owner-mismatch");
    }

    #[test]
    fn both_can_be_wrong() {
        owned(0, 0, &["app:www"]).exactly(&["owner-mismatch", "group-mismatch"]);
    }

    #[test]
    fn a_name_that_exists_beside_one_that_does_not_is_the_one_to_have() {
        let found = owned(33, 0, &["nobody-here", "app"]).only("owner-mismatch");
        assert_eq!(found.expected.as_deref(), Some("nobody-here or app"));
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        Fixture::new()
            .key(|keys| keys.owner = at(owner(&["app"])))
            .nothing();
    }
}
