//! # What it says
//!
//! None of the processes that hold the socket is the one that `listener` of the policy asks for: its
//! effective user, its program, its unit. Where several of these are given, one and the same
//! process has to satisfy them all.
//!
//! It is judged while the socket is live. A socket that the service manager alone holds waits for
//! its service to be started and is not judged. Where the processes could not be seen (without
//! root, those of others) `not-probed` says so.
//!
//! # Why it matters
//!
//! A path proves nothing about who answers on it. If another user or program listens, clients hand
//! it what they would tell the real server. A server that runs as root though it should not is the
//! harmless half of it: whoever breaks in is root.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stream, live, 4121/root/app
//!   high  listener-mismatch  held by pid 4121 (root, /usr/bin/app), not by
//!                            user app
//! ```
//!
//! # How to mend it
//!
//! If the process is the right one, let it run as the user that the policy names (`User=` of its
//! unit). If not, find out what it is (`ls -l /proc/PID/exe`, `systemctl status PID`) before
//! you stop it.
//!
//! # References
//!
//! - unix(7), `SO_PEERCRED`; credentials(7); proc_pid_exe(5)
//! - PostgreSQL, "Preventing Server Spoofing":
//!   <https://www.postgresql.org/docs/current/preventing-server-spoofing.html>
//! - CWE-923: Improper Restriction of Communication Channel to Intended Endpoints

use crate::judge::case::{Case, Check, Judge};
use crate::judge::listener::{Key, Listener, Mismatch};
use crate::model::{Code, Finding};
use crate::policy::Set;

pub(super) const CHECK: Check = Check {
    code: Code::ListenerMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Listener::Wrong(mismatch) = case.listener() else {
        return;
    };
    let expected = case.expected;
    findings.extend(match mismatch.key {
        Key::User => finding(case, expected.listener_user.as_ref(), "user", mismatch),
        Key::Exe => finding(case, expected.listener_exe.as_ref(), "program", mismatch),
        Key::Unit => finding(case, expected.listener_unit.as_ref(), "unit", mismatch),
    });
}

fn finding<T>(
    case: &Case<'_>,
    key: Option<&Set<'_, T>>,
    what: &str,
    mismatch: &Mismatch,
) -> Option<Finding> {
    let message = format!(
        "held by {}, not by {what} {}",
        mismatch.who, mismatch.expected
    );
    Some(Finding {
        actual: Some(mismatch.actual.clone()),
        expected: Some(mismatch.expected.clone()),
        ..case.broken(CHECK.code, key?, message)
    })
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, process};
    use crate::model::{Process, State};
    use crate::policy::Who;

    fn held_by(holders: Vec<Process>) -> Fixture {
        Fixture::new()
            .fact(|socket| {
                (socket.holders, socket.holders_known) =
                    (holders.into_iter().map(Into::into).collect(), true);
            })
            .key(|keys| keys.listener_user = at(vec![Who::Name("app".to_owned())]))
    }

    fn exe(fixture: Fixture, glob: &str) -> Fixture {
        fixture.key(|keys| keys.listener_exe = at(vec![glob.parse().unwrap()]))
    }

    #[test]
    fn another_user() {
        let found = held_by(vec![process(7, 0, "/usr/bin/app")]).only("listener-mismatch");
        assert_eq!(
            found.message,
            "held by pid 7 (root, /usr/bin/app), not by user app"
        );
        assert_eq!(found.actual.as_deref(), Some("root"));
        held_by(vec![process(7, 1000, "/usr/bin/app")]).nothing();
        held_by(vec![
            process(7, 0, "/sbin/init"),
            process(8, 1000, "/usr/bin/app"),
        ])
        .nothing();
    }

    #[test]
    fn another_program() {
        let app = || held_by(vec![process(7, 1000, "/usr/bin/app1")]);
        let found = exe(app(), "/opt/*").only("listener-mismatch");
        assert_eq!(found.expected.as_deref(), Some("/opt/*"));
        exe(app(), "/usr/bin/app*").nothing();
    }

    #[test]
    fn another_unit() {
        let in_unit = |unit: Option<&str>| {
            let unit = unit.map(str::to_owned);
            held_by(vec![Process {
                unit,
                ..process(7, 1000, "/usr/bin/app")
            }])
            .key(|keys| keys.listener_unit = at(vec!["app*.service".parse().unwrap()]))
        };
        in_unit(Some("app.service")).nothing();
        in_unit(Some("web.service")).only("listener-mismatch");
        let found = in_unit(None).only("listener-mismatch");
        assert_eq!(found.actual.as_deref(), Some("no unit"));
    }

    #[test]
    fn one_process_has_to_be_it_all() {
        let two = vec![process(7, 1000, "/bin/sh"), process(8, 0, "/opt/app")];
        exe(held_by(two), "/opt/*").only("listener-mismatch");
    }

    #[test]
    fn only_while_it_is_live() {
        let wrong = held_by(vec![process(7, 0, "/usr/bin/app")]);
        wrong.fact(|socket| socket.state = State::Stale).nothing();
    }

    #[test]
    fn the_service_manager_alone_is_no_listener_yet() {
        let manager = Process {
            comm: "systemd".to_owned(),
            ..process(1, 0, "/usr/lib/systemd/systemd")
        };
        held_by(vec![manager.clone()]).nothing();
        held_by(vec![process(7, 0, "/bin/nc"), manager]).only("listener-mismatch");
        held_by(vec![process(1, 0, "/usr/bin/app")]).only("listener-mismatch");
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let found = held_by(Vec::new()).only("not-probed");
        assert_eq!(
            found.message,
            "could not tell who listens: no process that holds it can be seen"
        );
        // Without root, where some processes may not be looked at.
        let unknown = held_by(Vec::new()).fact(|socket| socket.holders_known = false);
        unknown.only("not-probed");
        let elsewhere = held_by(Vec::new()).fact(|socket| {
            (socket.state, socket.holders_known) = (State::Foreign, false);
        });
        assert_eq!(
            elsewhere.only("not-probed").message,
            "could not tell who listens: it listens in another network namespace"
        );
        let hidden = Process {
            exe: None,
            ..process(7, 1000, "")
        };
        exe(held_by(vec![hidden]), "/opt/*").only("not-probed");
    }
}
