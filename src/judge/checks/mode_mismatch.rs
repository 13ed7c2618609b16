//! # What it says
//!
//! The policy asks for exactly one mode, and the socket file has fewer bits than that. With
//! `max-mode` there is no such finding.
//!
//! # Why it matters
//!
//! Nobody gets in who should not, but somebody may stay out who should get in: a web server that
//! is in the socket's group answers 502 when the group lacks `w`. It is also a sign that
//! something else than the intended configuration made the socket.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-------  app:www-data  stream, live
//!   low  mode-mismatch  0600 is stricter than 0660
//! ```
//!
//! # How to mend it
//!
//! Change the mode with the line that the finding gives, and where the server sets it. If
//! stricter is as good, write `max-mode` instead of `mode` in the policy.
//!
//! # References
//!
//! - unix(7), "Pathname socket ownership and permissions"
//! - chmod(1)

use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding};
use crate::policy::rule::ModeRule;

pub(super) const CHECK: Check = Check {
    code: Code::ModeMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (Some(mode), Some(key)) = (case.socket.mode, &case.expected.mode) else {
        return;
    };
    let ModeRule::Exactly(wanted) = key.value else {
        return;
    };
    if mode == wanted || !mode.beyond(wanted).is_empty() {
        return;
    }
    let is_contradicted = case.access().is_some_and(|verdict| verdict.is_contradicted);
    let mut message = format!("{mode} is stricter than {wanted}");
    if is_contradicted {
        message = format!("{message}, which would let in whom `connect` does not name");
    }
    let path = case.path().filter(|_| !is_contradicted);
    findings.push(Finding {
        actual: Some(mode.to_string()),
        expected: Some(wanted.to_string()),
        fix: path.map(|path| fix::chmod(wanted, path)),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode};
    use crate::policy::rule::ModeRule;

    fn with_mode(actual: &str, rule: ModeRule) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.mode = Some(mode(actual)))
            .key(|keys| keys.mode = at(rule))
    }

    #[test]
    fn a_stricter_mode_is_another_one() {
        let found = with_mode("0600", ModeRule::Exactly(mode("0660"))).only("mode-mismatch");
        assert_eq!(found.message, "0600 is stricter than 0660");
        assert_eq!(
            found.fix.as_deref(),
            Some("sockctl chmod 0660 /run/app/a.sock")
        );
        with_mode("0660", ModeRule::Exactly(mode("0660"))).nothing();
        with_mode("0600", ModeRule::AtMost(mode("0660"))).nothing();
    }

    #[test]
    fn wider_and_lacking_at_once_is_only_wider() {
        with_mode("0606", ModeRule::Exactly(mode("0660"))).only("mode-too-wide");
    }
}
