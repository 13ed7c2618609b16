//! # What it says
//!
//! Somebody who is neither root, nor the owner of the socket file, nor in one of the roles of
//! `replace` can put something else in its place: remove or rename the file, or a directory or a
//! link on the way to it. The rights to the socket file itself do not matter for that; those to
//! the directories do, with their sticky bits, ACLs and flags, as the kernel has them now. A
//! read-only mount counts only where its whole file system is read-only: somebody else may have it
//! mounted in another way. Something that is mounted on a name keeps it there, but not for whoever
//! may write to the directory and comes from a mount namespace without it.
//!
//! # Why it matters
//!
//! Clients connect to a path. Whoever can replace what is there can listen in the server's place,
//! and take down what clients send, passwords included, or answer in the server's name.
//!
//! # Example
//!
//! ```console
//! /srv/app/run/a.sock  srw-rw----  app:app  stream, live
//!   high  path-replaceable  members of staff (mallory) can replace /srv/app,
//!                           besides root and app: /srv lets them (group
//!                           staff: rwx)
//! ```
//!
//! # How to mend it
//!
//! Take the `w` on the directory that is named away, or set its sticky bit where others have to make
//! files of their own in it; below /run, let the unit make a directory for the service
//! (`RuntimeDirectory=`). The sticky bit guards a file that is there: while the server is down and
//! has removed it, whoever may write there can be the first to bind that name. Whoever owns a
//! directory on the way can always do it: give it to root, or to the user of the service, or name a
//! role in `replace`.
//!
//! # References
//!
//! - unlink(2), rename(2), inode(7) on the sticky bit; path_resolution(7)
//! - PostgreSQL, "Preventing Server Spoofing":
//!   <https://www.postgresql.org/docs/current/preventing-server-spoofing.html>
//! - CWE-379: Creation of Temporary File in Directory with Insecure Permissions
//! - CWE-732: Incorrect Permission Assignment for Critical Resource

use crate::judge::access::{How, who};
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::PathReplaceable,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(key) = &case.expected.replace else {
        return;
    };
    let Some(verdict) = case.access() else { return };
    let Some(replace) = &verdict.replace else {
        return;
    };
    if replace.outsiders.is_empty() {
        return;
    }
    let (found, meant) = (
        who(&replace.outsiders, case.names),
        case.meant(&replace.meant),
    );
    let how = replace.how.as_ref();
    let what = how.and_then(|how| how.what.as_ref());
    let what = what.map_or("it".to_owned(), |path| path.display().to_string());
    let mut message = format!("{found} can replace {what}, besides {meant}");
    if let Some(How { directory, why, .. }) = how {
        message = format!("{message}: {} lets them ({why})", directory.display());
    }
    message += &Case::doubt(&replace.outsiders, &replace.meant);
    let closing = how.and_then(|how| Some((how.closing?, how.directory.as_path())));
    findings.push(Finding {
        actual: Some(found),
        expected: Some(meant),
        fix: closing.map(|(mode, directory)| fix::chmod_directory(mode, directory)),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode};
    use crate::policy::rule::ParentMode;

    fn by(users: &[&str], file: u32, directory: (&str, u32, u32)) -> Fixture {
        Fixture::new()
            .reached(("0600", file, 0), directory)
            .role("deploy", users, &[])
            .key(|keys| keys.replace = at(vec!["deploy".to_owned()]))
    }

    #[test]
    fn who_may_write_to_the_directory() {
        let found = by(&[], 1000, ("0775", 0, 33)).only("path-replaceable");
        assert_eq!(
            found.message,
            "members of www (www) can replace it, besides root and app: /run/app lets them \
             (group www: rwx)"
        );
        assert_eq!(found.fix.as_deref(), Some("chmod 01775 /run/app"));
        by(&["www"], 1000, ("0775", 0, 33)).nothing();
        by(&[], 1000, ("0755", 0, 33)).nothing();
    }

    #[test]
    fn the_sticky_bit_leaves_a_file_to_its_owner() {
        by(&[], 1000, ("1777", 0, 0)).nothing();
        let found = by(&[], 1000, ("0777", 0, 0)).only("path-replaceable");
        assert_eq!(found.actual.as_deref(), Some("everyone"));
        assert_eq!(found.fix.as_deref(), Some("chmod 01777 /run/app"));
    }

    #[test]
    fn the_mode_proposed_is_one_that_the_policy_allows() {
        let limited = |directory, max: &str| {
            let max = ParentMode {
                max: mode(max),
                special: true,
            };
            by(&[], 1000, directory)
                .key(move |keys| keys.parent_max_mode = at(max))
                .only("path-replaceable")
                .fix
        };
        let fix = limited(("2777", 1000, 1000), "2755");
        assert_eq!(fix.as_deref(), Some("chmod 02755 /run/app"));
        let fix = limited(("0777", 0, 0), "1777");
        assert_eq!(fix.as_deref(), Some("chmod 01777 /run/app"));
        let fix = limited(("0777", 0, 33), "0777");
        assert_eq!(fix.as_deref(), Some("chmod 00755 /run/app"));
    }

    #[test]
    fn who_cannot_be_looked_up_hides_nobody() {
        let found = by(&["timeout"], 1000, ("0775", 0, 33)).only("path-replaceable");
        let unsure = "it cannot be told whether they are meant: ";
        assert!(found.message.contains(unsure), "{}", found.message);
        assert!(found.message.starts_with("members of www (www) can"));
    }

    #[test]
    fn nobody_else_has_to_write_to_the_directory_of_the_service() {
        let own = by(&[], 1000, ("0777", 1000, 1000)).only("path-replaceable");
        assert_eq!(own.fix.as_deref(), Some("chmod 00775 /run/app"));
        let own = by(&[], 1000, ("0777", 1000, 33)).only("path-replaceable");
        assert_eq!(own.fix.as_deref(), Some("chmod 00755 /run/app"));
    }

    #[test]
    fn the_owner_of_the_directory_may_always() {
        let found = by(&[], 0, ("0755", 1000, 1000)).only("path-replaceable");
        assert_eq!(found.actual.as_deref(), Some("the user app"));
        assert_eq!(found.fix, None);
        by(&[], 1000, ("0755", 1000, 1000)).nothing();
        by(&["app"], 0, ("0755", 1000, 1000)).nothing();
    }
}
