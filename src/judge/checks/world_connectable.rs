//! # What it says
//!
//! Everyone on the host can connect, and the policy says `world: forbid`. It is worked out as the
//! kernel does: `w` on the socket file and `x` on each directory of the path, for somebody who
//! owns nothing there, is named in no ACL and is in none of the groups.
//!
//! It is said of a stale file too: its rights are what a server that binds by the same settings
//! will have.
//!
//! # Why it matters
//!
//! Every program of every user can then talk to the server, those that a web server was tricked
//! into starting among them. Many servers trust whoever gets through, and some do what root may
//! do: a container engine's socket is a root shell.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw-rw-  app:app  stream, live
//!   high  world-connectable  everyone can connect: w for others, and no
//!                            directory keeps them out
//! ```
//!
//! # How to mend it
//!
//! Take the `w` for others away with the line of the finding, and where the server makes the socket:
//! its setting for the mode, `SocketMode=`, or the umask. Or put the socket into a directory that
//! only those may enter who are meant to (`RuntimeDirectoryMode=0750`). If everyone is meant to
//! connect, say `world: allow` and why.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"; path_resolution(7)
//! - CWE-732: Incorrect Permission Assignment for Critical Resource
//! - CVE-2019-7304: snapd, open to all, told root from others by a text that the client chose

use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};
use crate::policy::rule::Permit;

pub(super) const CHECK: Check = Check {
    code: Code::WorldConnectable,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let world = case.expected.world.as_ref();
    let Some(key) = world.filter(|key| key.value == Permit::Forbid) else {
        return;
    };
    let Some(verdict) = case.access().filter(|verdict| verdict.everyone) else {
        return;
    };
    let message = "everyone can connect: w for others, and no directory keeps them out";
    let fix = verdict.closing.as_ref().zip(case.path());
    findings.push(Finding {
        actual: Some("everyone".to_owned()),
        expected: Some("not everyone".to_owned()),
        fix: fix.map(|(closing, path)| fix::close(closing, path)),
        ..case.broken(CHECK.code, key, message.to_owned())
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::policy::rule::Permit;

    fn forbidden(mode: &str, directory: &str) -> Fixture {
        Fixture::new()
            .reached((mode, 1000, 33), (directory, 0, 33))
            .key(|keys| keys.world = at(Permit::Forbid))
    }

    #[test]
    fn mode_and_directories_let_everyone_through() {
        let found = forbidden("0666", "0755").only("world-connectable");
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0660 /run/app/a.sock")
        );
        assert_eq!(found.actual.as_deref(), Some("everyone"));
        forbidden("0602", "0711").only("world-connectable");
    }

    #[test]
    fn either_keeps_them_out() {
        forbidden("0660", "0755").nothing();
        forbidden("0775", "0755").nothing();
        forbidden("0666", "0750").nothing();
        forbidden("0666", "0754").nothing();
    }

    #[test]
    fn what_was_not_looked_at_or_is_meant_is_not_judged() {
        let unseen = forbidden("0666", "0755").fact(|socket| socket.way = None);
        unseen.nothing();
        let meant = forbidden("0666", "0755").key(|keys| keys.world = at(Permit::Allow));
        meant.nothing();
        let immutable = forbidden("0666", "0755").fact(|socket| {
            socket.attributes.immutable = true;
        });
        immutable.nothing();
    }
}
