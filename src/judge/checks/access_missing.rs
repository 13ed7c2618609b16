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
//! `sockctl access --user NAME PATH` shows each step and the least changes that would let this
//! user in, with everybody else whom they would let in: joining a group, an ACL entry, a mode.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"; path_resolution(7); acl(5)
//! - systemd.socket(5), `SocketGroup=`; systemd.exec(5), `SupplementaryGroups=`

use crate::judge::access::{Connect, Missing, listed, user};
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};
use crate::policy::rule::Permit;

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

/// The mode that the policy asks for, where that is enough; else an entry for the one who is
/// missing, where the policy has nothing against entries.
fn line(case: &Case<'_>, connect: &Connect, names: &[String]) -> Option<String> {
    let path = case.path()?;
    if let Some(mode) = connect.opening {
        return Some(fix::chmod(mode, path));
    }
    let acl = case.expected.acl.as_ref();
    let ([one], [name]) = (connect.missing.as_slice(), names) else {
        return None;
    };
    if !one.can_have_entry || acl.is_some_and(|key| key.value == Permit::Forbid) {
        return None;
    }
    let (bits, path) = match &one.at {
        Some(directory) => ("x", directory.as_path()),
        None => ("rw", path),
    };
    Some(fix::entry(name, bits, path))
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode};
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
            Some("setfacl -m u:www:rw /run/app/a.sock")
        );
        let directory = reached(("0660", 1000, 33), ("0700", 1000, 0));
        let found = directory.connect(&["www"], &[]).only("access-missing");
        assert_eq!(
            found.message,
            "www cannot connect: has no x on /run/app (others: ---)"
        );
        assert_eq!(found.fix.as_deref(), Some("setfacl -m u:www:x /run/app"));
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
        assert_eq!(no_entries.only("access-missing").fix, None);
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
