//! # What it says
//!
//! Somebody in one of the roles of `connect` cannot connect: a user that the role names, or a
//! member of one of its groups. The message names the first step of the way that stops them.
//!
//! It is also said where a user or group of the role cannot be looked up, for then it is not known
//! whether they can. Users that do not exist on this host are left out.
//!
//! # Why it matters
//!
//! The service does not work for those whom it is for: a web server that answers 502, an agent that
//! reports nothing. Such things are often mended in haste, with a mode of 0777.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stream, live
//!   medium  access-missing  www-data cannot connect: no w on the socket
//!                           (others: ---)
//! ```
//!
//! # How to mend it
//!
//! The line of the finding lets them in and nobody else, as far as the policy leaves that open: the
//! mode it asks for, or an ACL entry where it has nothing against entries. Where nothing as short does
//! it, the line is `sockctl access --user NAME PATH`, which shows each step and the least changes that
//! would let this user in, with everybody else whom they would let in.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"; path_resolution(7); acl(5)
//! - systemd.socket(5), `SocketGroup=`; systemd.exec(5), `SupplementaryGroups=`

use crate::judge::access::{Connect, Missing, listed, user};
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::AccessMissing,
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
    let meant = &connect.meant;
    if connect.missing.is_empty() && meant.unsure.is_empty() {
        return;
    }
    let names = connect.missing.iter().map(|it| user(it.uid, case.names));
    let names: Vec<String> = names.collect();
    let mut parts: Vec<String> = meant
        .unsure
        .iter()
        .map(|why| format!("it cannot be told whether all can connect: {why}"))
        .collect();
    if let Some(first) = connect.missing.first() {
        parts.insert(0, stopped(&names, first));
    }
    let mut actual = names.clone();
    actual.extend(meant.unsure.iter().cloned());
    findings.push(Finding {
        actual: Some(format!("without {}", listed(&actual))),
        expected: Some(listed(&meant.words)),
        fix: line(case, connect, &names),
        ..case.broken(CHECK.code, key, parts.join("; "))
    });
}

/// `a and b cannot connect: a has no x on /run/app (others: ---)`
fn stopped(names: &[String], first: &Missing) -> String {
    let Missing { need, why, at, .. } = first;
    let at = match at {
        Some(path) => path.display().to_string(),
        None => "the socket".to_owned(),
    };
    let what = match *need {
        "follow" => format!("may not follow the link {at}"),
        need => format!("has no {need} on {at}"),
    };
    let who = match names {
        [_] => String::new(),
        several => format!("{} ", several[0]),
    };
    format!("{} cannot connect: {who}{what} ({why})", listed(names))
}

/// What lets all of them in and nobody else; else what shows the ways for the first of them.
fn line(case: &Case<'_>, connect: &Connect, names: &[String]) -> Option<String> {
    let path = case.path()?;
    match &connect.opening {
        Some(opening) => Some(fix::open(opening, path)),
        None => names.first().map(|name| fix::ask(name, path)),
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode, uid};
    use crate::model::Acl;
    use crate::policy::rule::{ModeRule, Permit};

    fn reached(file: (&str, u32, u32), directory: (&str, u32, u32)) -> Fixture {
        Fixture::new().reached(file, directory)
    }

    #[test]
    fn the_step_that_stops_somebody_is_named() {
        let file = reached(("0660", 1000, 1000), ("0755", 0, 0)).connect(&["www"], &[]);
        let found = file.only("access-missing");
        assert_eq!(
            found.message,
            "www cannot connect: has no w on the socket (others: ---)"
        );
        assert_eq!(
            found.fix.as_deref(),
            Some("setfacl -m user:www:rw-,m::rw- /run/app/a.sock")
        );
        let directory = reached(("0660", 1000, 33), ("0700", 1000, 0));
        let found = directory.connect(&["www"], &[]).only("access-missing");
        assert_eq!(
            found.message,
            "www cannot connect: has no x on /run/app (others: ---)"
        );
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl access --user www /run/app/a.sock")
        );
    }

    #[test]
    fn the_mode_of_the_policy_comes_before_an_entry() {
        let file = || reached(("0600", 1000, 33), ("0755", 0, 0)).connect(&[], &["www"]);
        let found = file()
            .key(|keys| keys.mode = at(ModeRule::Exactly(mode("0660"))))
            .exactly(&["access-missing", "mode-mismatch"]);
        assert_eq!(
            found[0].fix.as_deref(),
            Some("sockctl chmod 0660 /run/app/a.sock")
        );
        let no_entries = file().key(|keys| keys.acl = at(Permit::Forbid));
        assert_eq!(
            no_entries.only("access-missing").fix.as_deref(),
            Some("sockctl access --user www /run/app/a.sock")
        );
        let at_most = file().key(|keys| keys.mode = at(ModeRule::AtMost(mode("0660"))));
        assert_eq!(
            at_most.only("access-missing").fix.as_deref(),
            Some("sockctl chmod 0660 /run/app/a.sock")
        );
    }

    /// With a mask that is made anew the entries that slept would wake.
    #[test]
    fn an_entry_that_lets_in_others_too_is_not_proposed() {
        let acl = |users: &[(u32, u16)], group| Acl {
            group,
            mask: Some(0),
            users: users
                .iter()
                .map(|&(id, bits)| (uid(id).unwrap(), bits))
                .collect(),
            groups: Vec::new(),
        };
        let file = |acl| {
            let file = reached(("0600", 1000, 77), ("0755", 0, 0)).acl(acl);
            file.connect(&["www"], &[]).only("access-missing").fix
        };
        let asked = Some("sockctl access --user www /run/app/a.sock");
        assert_eq!(file(acl(&[(78, 6)], 0)).as_deref(), asked);
        assert_eq!(file(acl(&[], 6)).as_deref(), asked);
        let given = file(acl(&[(78, 4)], 0));
        assert_eq!(
            given.as_deref(),
            Some("setfacl -m user:www:rw-,m::rw- /run/app/a.sock")
        );
    }

    #[test]
    fn a_group_that_is_meant_gets_an_entry_of_its_own() {
        let file = || reached(("0600", 1000, 1000), ("0755", 0, 0));
        let group = file().connect(&[], &["www"]).only("access-missing");
        assert_eq!(
            group.fix.as_deref(),
            Some("setfacl -m group:www:rw-,m::rw- /run/app/a.sock")
        );
        let named = file().connect(&["www"], &["www"]).only("access-missing");
        assert_eq!(
            named.fix.as_deref(),
            Some("setfacl -m user:www:rw-,m::rw- /run/app/a.sock")
        );
    }

    #[test]
    fn the_group_may_be_kept_from_what_others_may() {
        let shut_out = reached(("0606", 1000, 33), ("0755", 0, 0));
        let found = shut_out.connect(&["www"], &[]);
        found.exactly(&["access-unexpected", "access-missing"]);
    }

    #[test]
    fn who_does_not_exist_is_not_missed() {
        let file = reached(("0600", 1000, 33), ("0755", 0, 0));
        file.connect(&["nobody-here"], &["no-group"]).nothing();
    }
}
