//! # What it says
//!
//! The directory that holds the socket file has mode bits that `parent: max-mode` of the policy
//! does not have. Set-group-id and sticky are compared only where the policy writes them: with
//! four digits (`02750`, `1777`, `0750`), or as `s` and `t`.
//!
//! # Why it matters
//!
//! Whoever may write to the directory can remove the socket file and put another one at its place,
//! whatever the mode of the file is, unless the sticky bit is set. Clients then talk to the wrong
//! server. Whoever has `x` on it can reach the socket.
//!
//! # Example
//!
//! ```console
//! /tmp/app/a.sock  srw-------  app:app  stream, live
//!   medium  parent-mode-too-wide  its directory is 0770, wider than 0750 (w
//!                                 for the group)
//! ```
//!
//! # How to mend it
//!
//! Change the mode with the line of the finding, and where the directory is made:
//! `RuntimeDirectoryMode=` of the unit, `DirectoryMode=` of a .socket unit, or tmpfiles.d(5). Better a
//! directory below /run of its own than /tmp.
//!
//! # References
//!
//! - unix(7), path_resolution(7), inode(7) on the sticky bit
//! - systemd.exec(5), `RuntimeDirectory=`; tmpfiles.d(5)
//! - PostgreSQL, "Preventing Server Spoofing":
//!   <https://www.postgresql.org/docs/current/preventing-server-spoofing.html>
//! - CWE-379: Creation of Temporary File in Directory with Insecure Permissions

use std::path::Path;

use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding, Mode};

pub(super) const CHECK: Check = Check {
    code: Code::ParentModeTooWide,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (Some(parent), Some(key)) = (case.socket.parent, &case.expected.parent_max_mode) else {
        return;
    };
    let (mode, max) = (parent.mode, key.value.max);
    let beyond = key.value.beyond(mode);
    if beyond.is_empty() {
        return;
    }
    let directory = case.socket.real_path().and_then(Path::parent);
    let words = beyond.to_words();
    let message = format!("its directory is {mode}, wider than {max} ({words})");
    let way = case.socket.way.as_ref();
    let has_acl = way.is_some_and(|way| way.directory(way.end).acl.is_some());
    let allowed = fix::narrowed(mode, mode.beyond(beyond), has_acl);
    // Another finding may ask for less, and one line is not to undo the other.
    let wanted = directory.and_then(|path| closing(case, path));
    let wanted = wanted.filter(|wanted| key.value.beyond(*wanted).is_empty());
    let wanted = wanted.unwrap_or(allowed);
    findings.push(Finding {
        actual: Some(mode.to_string()),
        expected: Some(max.to_string()),
        fix: directory.map(|path| fix::chmod_directory(wanted, path)),
        ..case.broken(CHECK.code, key, message)
    });
}

/// The mode with which nobody can replace the socket who is not meant to.
fn closing(case: &Case<'_>, directory: &Path) -> Option<Mode> {
    let verdict = case.access()?;
    let how = verdict.replace.as_ref()?.how.as_ref()?;
    how.closing.filter(|_| how.directory == directory)
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode, parent};
    use crate::policy::rule::ParentMode;

    fn in_directory(actual: &str, max: &str, special: bool) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.parent = parent(actual, 0, 0))
            .key(|keys| {
                keys.parent_max_mode = at(ParentMode {
                    max: mode(max),
                    special,
                });
            })
    }

    #[test]
    fn bits_too_many() {
        let found = in_directory("0777", "0750", false).only("parent-mode-too-wide");
        let words = "w for the group, rwx for others";
        let message = format!("its directory is 0777, wider than 0750 ({words})");
        assert_eq!(found.message, message);
        assert_eq!(found.fix.as_deref(), Some("chmod 00750 /run/app"));
        in_directory("0750", "0750", false).nothing();
        in_directory("0700", "0750", true).nothing();
    }

    #[test]
    fn set_id_and_sticky_count_only_where_the_policy_speaks_of_them() {
        in_directory("2750", "0750", false).nothing();
        in_directory("1777", "0777", false).nothing();
        let found = in_directory("2750", "0750", true).only("parent-mode-too-wide");
        assert_eq!(found.fix.as_deref(), Some("chmod 00750 /run/app"));
        let found = in_directory("2777", "0750", false).only("parent-mode-too-wide");
        assert_eq!(found.fix.as_deref(), Some("chmod 02750 /run/app"));
    }
}
