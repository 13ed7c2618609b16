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
        ModeRule::Exactly(allowed) => (allowed, allowed),
        ModeRule::AtMost(allowed) => (allowed, common(mode, allowed)),
    };
    let beyond = mode.beyond(allowed);
    if beyond.is_empty() {
        return;
    }
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

/// The bits that both have.
fn common(mode: Mode, allowed: Mode) -> Mode {
    mode.beyond(mode.beyond(allowed))
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode};
    use crate::model::Severity;
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
}
