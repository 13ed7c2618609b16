//! # What it says
//!
//! Somebody can connect who is neither root, nor the owner of the socket file, nor in one of the
//! roles of `connect`. Everything counts by which the kernel lets people in: the mode, the group,
//! ACLs, and the directories on the way.
//!
//! A group that is open to others than those meant is told with its members; with nobody in it,
//! it is told too, for whoever is put into it gets in. Members whose primary group it is are found
//! in /etc/passwd, and by the name and the number of the group in directory services.
//!
//! It is worked out for this path. Another name of the same file, a hard link or another mount, may
//! be easier to come to, and whoever knows the password of a group (gpasswd(1)) can join it for a
//! while: neither is counted.
//!
//! Where the policy says `world: forbid` too, that everyone can connect is told by
//! world-connectable alone.
//!
//! # Why it matters
//!
//! A mode says who is let in by numbers; whom it lets in is decided by who is in which group, which
//! other people change. The policy says whom you mean, and this is the difference.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:staff  stream, live
//!   high  access-unexpected  members of staff (mallory) can connect, besides
//!                            root, app and www-data
//! ```
//!
//! # How to mend it
//!
//! `sockctl access PATH` shows everybody who can, and `--user NAME` by which step and what would
//! end it. Give the socket a group of its own, or an ACL entry for the one who needs it, rather
//! than a group that means something else. If they are meant to connect, add them to the role.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"; path_resolution(7); acl(5)
//! - CWE-732: Incorrect Permission Assignment for Critical Resource
//! - CWE-284: Improper Access Control

use crate::judge::access::who;
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};
use crate::policy::rule::Permit;

pub(super) const CHECK: Check = Check {
    code: Code::AccessUnexpected,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(key) = &case.expected.connect else {
        return;
    };
    let Some(verdict) = case.access() else { return };
    let Some(connect) = &verdict.connect else {
        return;
    };
    let world = case.expected.world.as_ref();
    let is_told = verdict.everyone && world.is_some_and(|key| key.value == Permit::Forbid);
    if connect.outsiders.is_empty() || is_told {
        return;
    }
    let (found, meant) = (
        who(&connect.outsiders, case.names),
        case.meant(&connect.meant),
    );
    let doubt = Case::doubt(&connect.outsiders, &connect.meant);
    let message = format!("{found} can connect, besides {meant}{doubt}");
    let fix = connect.closing.as_ref().zip(case.path());
    findings.push(Finding {
        fix: fix.map(|(closing, path)| fix::close(closing, path)),
        actual: Some(found),
        expected: Some(meant),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::judge::fixture::{Fixture, at, mode, uid};
    use crate::model::{Acl, Code, Finding};
    use crate::policy::rule::{ModeRule, Permit};

    fn open(file: (&str, u32, u32), directory: (&str, u32, u32)) -> Fixture {
        Fixture::new().reached(file, directory)
    }

    fn said(found: &Finding) -> &str {
        found.message.as_str()
    }

    #[test]
    fn the_members_of_a_group_are_named() {
        let shared = || open(("0660", 1000, 33), ("0755", 0, 0));
        let found = shared().connect(&[], &[]).only("access-unexpected");
        assert_eq!(
            said(&found),
            "members of www (www) can connect, besides root and app"
        );
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0600 /run/app/a.sock")
        );
        shared().connect(&["www"], &[]).nothing();
        shared().connect(&[], &["www"]).nothing();
    }

    #[test]
    fn whoever_is_put_into_an_empty_group_gets_in() {
        let empty = open(("0660", 1000, 77), ("0755", 0, 0)).connect(&[], &[]);
        let found = empty.only("access-unexpected");
        assert_eq!(
            said(&found),
            "whoever is put into the group 77 can connect, besides root and app"
        );
    }

    #[test]
    fn both_of_two_groups_have_to_let_somebody_in() {
        // The directory lets www through, and the socket lets app's group in; nobody is in both.
        let two = open(("0660", 0, 1000), ("0750", 0, 33));
        two.connect(&[], &[]).nothing();
        let one = open(("0660", 0, 33), ("0750", 0, 33));
        one.connect(&[], &[]).only("access-unexpected");
    }

    #[test]
    fn everyone_is_told_once() {
        let open = || open(("0666", 1000, 33), ("0755", 0, 0)).connect(&[], &[]);
        assert_eq!(
            said(&open().only("access-unexpected")),
            "everyone can connect, besides root and app"
        );
        let forbidden = open().key(|keys| keys.world = at(Permit::Forbid));
        forbidden.only("world-connectable");
    }

    #[test]
    fn the_owner_of_a_directory_is_no_owner_of_the_socket() {
        let inside = open(("0666", 0, 0), ("0700", 1000, 1000));
        let found = inside.connect(&[], &[]).only("access-unexpected");
        assert_eq!(said(&found), "the user app can connect, besides root");
        let its_own = open(("0600", 1000, 1000), ("0700", 1000, 1000));
        its_own.connect(&[], &[]).nothing();
    }

    #[test]
    fn who_cannot_be_looked_up_hides_nobody() {
        let unsure = open(("0660", 1000, 33), ("0755", 0, 0)).connect(&["timeout"], &[]);
        let found = unsure.exactly(&["access-unexpected", "access-missing"]);
        let said = "it cannot be told whether they are meant: ";
        assert!(found[0].message.contains(said), "{}", found[0].message);
        let open = open(("0666", 1000, 33), ("0755", 0, 0)).connect(&["timeout"], &[]);
        open.exactly(&["access-unexpected", "access-missing"]);
    }

    #[test]
    fn somebody_whose_groups_are_not_known_is_not_passed_over() {
        // Nobody gets through the directory but www's group.
        let entry = Acl {
            group: 0,
            mask: Some(6),
            users: vec![(uid(99).unwrap(), 6)],
            groups: Vec::new(),
        };
        let file = open(("0660", 0, 0), ("0750", 0, 33)).acl(entry);
        let found = file.connect(&[], &[]).only("access-unexpected");
        assert_eq!(
            said(&found),
            "the user 99, whose groups could not be looked up (no answer) can connect, besides root"
        );
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0600 /run/app/a.sock")
        );
    }

    #[test]
    fn a_mode_that_the_policy_asks_for_is_not_proposed_away() {
        let exact = |directory| {
            open(("0666", 1000, 1000), directory)
                .connect(&[], &["app"])
                .key(|keys| keys.mode = at(ModeRule::Exactly(mode("0666"))))
        };
        let line = |fixture: Fixture| fixture.only("access-unexpected").fix;
        // It is the application's own directory that is open.
        let own = line(exact(("0755", 0, 1000)));
        assert_eq!(own.as_deref(), Some("chmod 00750 /run/app"));
        // Somebody else's is left alone: then there is no line.
        assert_eq!(line(exact(("0755", 0, 0))), None);
        assert_eq!(line(exact(("1777", 0, 1000))), None);
        let wider = exact(("0755", 0, 0)).fact(|socket| socket.mode = Some(mode("0667")));
        let codes: Vec<_> = wider
            .findings()
            .into_iter()
            .map(|it| (it.code, it.fix))
            .collect();
        let unexpected = codes.iter().find(|it| it.0 == Code::AccessUnexpected);
        assert_eq!(unexpected.and_then(|it| it.1.as_deref()), None);
    }

    #[test]
    fn an_entry_that_lets_them_in_goes_and_nobody_else_with_it() {
        let entries = |users: &[(u32, u16)], mask| Acl {
            group: 5,
            mask: Some(mask),
            users: users
                .iter()
                .map(|&(id, bits)| (uid(id).unwrap(), bits))
                .collect(),
            groups: Vec::new(),
        };
        let through = |acl: Acl| {
            open(("0666", 0, 1000), ("0750", 0, 1000))
                .connect(&[], &["app"])
                .key(|keys| keys.mode = at(ModeRule::Exactly(mode("0666"))))
                .fact(|socket| {
                    let way = Arc::make_mut(socket.way.as_mut().unwrap());
                    Arc::make_mut(&mut way.directories[2].node).acl = Some(acl);
                })
        };
        let found = through(entries(&[(33, 1)], 5)).only("access-unexpected");
        assert_eq!(
            found.fix.as_deref(),
            Some("setfacl -n -x user:www /run/app")
        );
        // All of them at once.
        let two = entries(&[(33, 1), (77, 7)], 5);
        let found = through(two).only("access-unexpected");
        assert_eq!(
            found.fix.as_deref(),
            Some("setfacl -n -x user:www,user:77 /run/app")
        );
    }
}
