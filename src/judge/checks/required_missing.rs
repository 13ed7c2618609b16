//! # What it says
//!
//! The policy says `presence: required`, and no socket is there. With a glob, one or more sockets
//! that it matches are enough. It is judged below the audited directories only, and only where
//! all of the place could be looked at.
//!
//! # Why it matters
//!
//! The service that should make the socket does not run, makes it elsewhere, or could not bind.
//! While the path is free, whoever may write to the directory can bind it first and pose as the
//! service.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock
//!   high  required-missing  no socket is there
//! ```
//!
//! # How to mend it
//!
//! Start the service, or let systemd hold the socket (a .socket unit) so that it is there from
//! early boot. If it is not needed on this host, give the rule a `when`.
//!
//! # References
//!
//! - systemd.socket(5), unix(7)
//! - PostgreSQL, "Preventing Server Spoofing":
//!   <https://www.postgresql.org/docs/current/preventing-server-spoofing.html>

use std::os::unix::ffi::OsStrExt as _;

use crate::judge::case::{Check, Judge, Required, Whole, decided};
use crate::judge::reach;
use crate::model::{Code, Finding, Pattern, State, Survey};

pub(super) const CHECK: Check = Check {
    code: Code::RequiredMissing,
    judge: Judge::Audit(judge),
};

fn judge(whole: &Whole<'_>, findings: &mut Vec<Finding>) {
    // Where a link below a root leads, no walk has looked.
    let is_judged = |required: &&Required<'_>| reach::saw_all_of(required.real(), whole.survey);
    if !whole.required.iter().any(|required| is_judged(&required)) {
        return;
    }
    let present = Present::of(whole.survey);
    for required in whole.required.iter().filter(is_judged) {
        let Some(key) = &required.expected.presence else {
            continue;
        };
        if required.patterns().any(|pattern| present.any(pattern)) {
            continue;
        }
        let message = if reach::is_literal(required.pattern) {
            "no socket is there"
        } else {
            "no socket matches"
        };
        let subject = reach::subject(required.pattern);
        findings.push(Finding {
            actual: Some("missing".to_owned()),
            expected: Some("required".to_owned()),
            ..decided(
                CHECK.code,
                subject,
                required.expected,
                key,
                message.to_owned(),
            )
        });
    }
}

/// The names of all sockets there are (a ghost has none any more), sorted, so that a pattern is held only against those that
/// begin as it does.
struct Present(Vec<Vec<u8>>);

impl Present {
    fn of(survey: &Survey) -> Present {
        let mut names = Vec::with_capacity(survey.sockets.len());
        for socket in survey
            .sockets
            .iter()
            .filter(|socket| !matches!(socket.state, State::Missing | State::Ghost))
        {
            names.push(socket.name.to_bytes());
            names.extend(
                socket
                    .resolved
                    .iter()
                    .map(|path| path.as_os_str().as_bytes().to_vec()),
            );
        }
        names.sort_unstable();
        Present(names)
    }

    fn any(&self, pattern: &Pattern) -> bool {
        let prefix = reach::literal_prefix(pattern).as_bytes();
        let from = self.0.partition_point(|name| name.as_slice() < prefix);
        let alike = self.0[from..]
            .iter()
            .take_while(|name| name.starts_with(prefix));
        alike.into_iter().any(|name| pattern.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::{Code, SkipReason, Skipped, Socket, SocketName, State, Unreadable};

    #[test]
    fn nothing_is_there() {
        let found = Fixture::empty()
            .required("/run/app/b.sock")
            .only("required-missing");
        assert_eq!(found.message, "no socket is there");
        assert_eq!(found.subject, SocketName::Path("/run/app/b.sock".into()));
        assert_eq!(found.rule.as_deref(), Some("test"));
        Fixture::new().required("/run/app/a.sock").nothing();
    }

    #[test]
    fn one_is_enough_for_a_glob() {
        Fixture::new().required("/run/app/*.sock").nothing();
        Fixture::empty()
            .required("/run/app/*.sock")
            .only("required-missing");
    }

    #[test]
    fn by_its_real_path_too() {
        let linked = Fixture::new().fact(|socket| {
            socket.name = SocketName::Path("/run/link/a.sock".into());
            socket.resolved = Some("/run/app/a.sock".into());
        });
        linked.required("/run/app/a.sock").nothing();
    }

    #[test]
    fn through_the_links_of_the_host() {
        let linked =
            |fixture: Fixture, path: &str| fixture.required_through(path, "/run/app/a.sock");
        linked(Fixture::new(), "/var/run/app/a.sock").nothing();
        linked(Fixture::empty(), "/var/run/app/a.sock").only("required-missing");
        // A link below the root leads out of it, where nobody looked.
        let out = Fixture::empty().required_through("/run/link/a.sock", "/srv/a.sock");
        out.nothing();
    }

    #[test]
    fn what_is_missing_is_not_present() {
        let missing = Fixture::new().fact(|socket| socket.state = State::Missing);
        missing.required("/run/app/a.sock").only("required-missing");
    }

    #[test]
    fn a_ghost_is_not_present_and_a_stale_socket_is() {
        let required_and = |state| {
            let fixture = Fixture::new().fact(|socket| socket.state = state);
            let findings = fixture.required("/run/app/a.sock").findings();
            let code = Code::RequiredMissing;
            findings.iter().any(|finding| finding.code == code)
        };
        assert!(required_and(State::Ghost));
        assert!(!required_and(State::Stale));
    }

    #[test]
    fn only_where_the_audit_looked() {
        Fixture::empty().required("/srv/a.sock").nothing();
        Fixture::empty().required("@name").nothing();
        let asked = Fixture::empty().survey(|survey| survey.abstract_names = true);
        asked.required("@name").only("required-missing");
        let skipped = Fixture::empty().survey(|survey| {
            survey.skipped.push(Skipped {
                path: "/run/app".into(),
                reason: SkipReason::OtherFileSystem,
            });
        });
        skipped.required("/run/app/b.sock").nothing();
        let unreadable = Fixture::empty().survey(|survey| {
            survey.unreadable.push(Unreadable {
                path: "/run/app".into(),
                why: String::new(),
            });
        });
        unreadable.required("/run/app/b.sock").only("unreadable");
    }

    #[test]
    fn an_abstract_name_is_no_path() {
        let named = Fixture::new()
            .fact(|socket: &mut Socket| socket.name = SocketName::Abstract(b"name".to_vec()))
            .survey(|survey| survey.abstract_names = true);
        named.required("@name").nothing();
    }
}
