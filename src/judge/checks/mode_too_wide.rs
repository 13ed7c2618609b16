//! # What it says
//!
//! The mode of the socket file has bits that `mode` or `max-mode` of the policy does not have.
//! Modes are compared bit by bit: 0602 is wider than 0660, and 0600 is not.
//!
//! The severity is high, but low where no `w` is among the bits too many, unless a rule says
//! otherwise.
//!
//! # Why it matters
//!
//! To connect, one needs `w` on the socket file and `x` on every directory above it. The mode is
//! therefore the list of those who may talk to the server, and many servers trust whoever gets
//! through. `r` and `x` on a socket mean nothing to the kernel: they are untidy, not open.
//!
//! Frameworks often make a socket first and change its mode after that, or leave it to the umask.
//! Between the two everybody can connect, and a connection outlives the change.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw-rw-  app:app  stream, live
//!   high  mode-too-wide  0666 is wider than 0660
//! ```
//!
//! # How to mend it
//!
//! Change the mode of the file now, with the line that the finding gives, and make the server
//! create it so: most have a setting (`unixsocketperm`, `listen.mode`, `SocketMode=`, `UMask=`).
//! Set the umask before bind(), not the mode after it. If so many are meant to connect, say so in
//! the policy.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"
//! - CWE-276: Incorrect Default Permissions; CWE-732: Incorrect Permission Assignment
//! - CVE-2014-0185: PHP-FPM made its socket 0666
//! - CVE-2023-45145: Redis listened before it set the mode
//! - CVE-2019-7304: snapd, open to all, told root from others by a text that the client chose

use crate::judge::access::Closing;
use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding, Mode, Severity};
use crate::policy::rule::ModeRule;

pub(super) const CHECK: Check = Check {
    code: Code::ModeTooWide,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (Some(mode), Some(key)) = (case.socket.mode, &case.expected.mode) else {
        return;
    };
    let (allowed, wanted) = match key.value {
        // What the policy asks for may let somebody in whom it does not mean.
        ModeRule::Exactly(allowed) if !is_contradicted(case) => (allowed, allowed),
        ModeRule::Exactly(allowed) | ModeRule::AtMost(allowed) => {
            let has_acl = case.socket.acl.more().is_some();
            (allowed, fix::narrowed(mode, allowed, has_acl))
        }
    };
    let beyond = mode.beyond(allowed);
    if beyond.is_empty() {
        return;
    }
    // Another finding may ask for less, and one line is not to undo the other.
    let wanted = closing(case).map_or(wanted, |closing| wanted.common(closing));
    let severity = match case.expected.severity_said(CHECK.code, Some(key.rule)) {
        Some(said) => said.value,
        None if beyond.has_write() => CHECK.code.default_severity(),
        None => Severity::Low,
    };
    let mut message = format!("{mode} is wider than {allowed}");
    if mode < allowed {
        // The numbers alone would say the opposite.
        message = format!("{message} ({})", beyond.to_words());
    }
    findings.push(Finding {
        severity,
        actual: Some(mode.to_string()),
        expected: Some(allowed.to_string()),
        fix: case.path().map(|path| fix::chmod(wanted, path)),
        ..case.broken(CHECK.code, key, message)
    });
}

/// The mode that shuts out who is not meant to connect.
fn closing(case: &Case<'_>) -> Option<Mode> {
    let verdict = case.access()?;
    let connect = verdict.connect.as_ref();
    let of_connect = connect.and_then(|it| it.closing.as_ref());
    match of_connect.or(verdict.closing.as_ref()) {
        Some(Closing::Mode(mode)) => Some(*mode),
        _ => None,
    }
}

fn is_contradicted(case: &Case<'_>) -> bool {
    case.access().is_some_and(|verdict| verdict.is_contradicted)
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode, uid};
    use crate::model::{Acl, Severity};
    use crate::policy::rule::ModeRule;

    fn exactly(actual: &str, allowed: &str) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.mode = Some(mode(actual)))
            .key(|keys| {
                keys.mode = at(ModeRule::Exactly(mode(allowed)));
            })
    }

    #[test]
    fn a_smaller_number_may_be_wider() {
        let found = exactly("0666", "0775").only("mode-too-wide");
        assert_eq!(found.message, "0666 is wider than 0775 (w for others)");
    }

    #[test]
    fn bits_too_many_are_named_with_the_command() {
        let found = exactly("0777", "0660").only("mode-too-wide");
        assert_eq!(found.severity, Severity::High);
        assert_eq!(found.message, "0777 is wider than 0660");
        assert_eq!(found.actual.as_deref(), Some("0777"));
        assert_eq!(found.expected.as_deref(), Some("0660"));
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0660 /run/app/a.sock")
        );
        assert_eq!(found.rule.as_deref(), Some("test"));
        exactly("0660", "0660").nothing();
    }

    #[test]
    fn bits_are_compared_one_by_one() {
        assert_eq!(
            exactly("0602", "0660").only("mode-too-wide").severity,
            Severity::High
        );
        assert_eq!(
            exactly("4660", "0660").only("mode-too-wide").severity,
            Severity::Low
        );
        exactly("0600", "0660").only("mode-mismatch");
    }

    #[test]
    fn without_w_nobody_gets_in() {
        assert_eq!(
            exactly("0755", "0700").only("mode-too-wide").severity,
            Severity::Low
        );
        let said = exactly("0755", "0700").severity("mode-too-wide", Severity::Critical);
        assert_eq!(said.only("mode-too-wide").severity, Severity::Critical);
    }

    #[test]
    fn at_most_keeps_what_is_allowed() {
        let at_most = |actual: &str| {
            let fixture = Fixture::new().fact(|socket| socket.mode = Some(mode(actual)));
            fixture.key(|keys| keys.mode = at(ModeRule::AtMost(mode("0660"))))
        };
        let found = at_most("0622").only("mode-too-wide");
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0620 /run/app/a.sock")
        );
        at_most("0600").nothing();
    }

    #[test]
    fn an_acl_that_is_not_asked_any_more_keeps_nobody_out() {
        let acl = Acl {
            group: 1,
            mask: Some(1),
            users: vec![(uid(33).unwrap(), 0)],
            groups: Vec::new(),
        };
        let fix = |acl: Option<Acl>| {
            let fixture = Fixture::new().fact(|socket| socket.mode = Some(mode("0612")));
            let fixture = fixture.key(|keys| keys.mode = at(ModeRule::AtMost(mode("0666"))));
            let fixture = match acl {
                Some(acl) => fixture.acl(acl),
                None => fixture,
            };
            fixture.only("mode-too-wide").fix
        };
        let line = |mode: &str| Some(format!("sockctl chmod {mode} /run/app/a.sock"));
        assert_eq!(fix(None), line("0602"));
        assert_eq!(fix(Some(acl)), line("0600"));
    }
}
