//! # What it says
//!
//! A socket listens, but the file that it is bound to has no link left, or its path leads to
//! another file by now. No client can reach it by that path.
//!
//! # Why it matters
//!
//! Somebody removed or replaced the socket file of a running server: a clean-up job, a second
//! instance that took the path, or an attacker who wants to be asked in its place. The server does
//! not notice, and its own checks of itself go on to pass.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  ghost, 4121/app/app
//!   medium  ghost  a socket listens, and its file is gone or has been replaced
//! ```
//!
//! # How to mend it
//!
//! Find out who holds the path now, if anybody. Restart the server, so that it binds again. Then
//! find what removed the file: `tmpfiles.d` rules without an exclusion, `rm` in a start script, two
//! units with the same path.
//!
//! # References
//!
//! - unix(7), sock_diag(7), unlink(2)
//! - tmpfiles.d(5), types `x` and `X`
//! - CWE-367: Time-of-check Time-of-use Race Condition

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding, State};

pub(super) const CHECK: Check = Check {
    code: Code::Ghost,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    if case.socket.state != State::Ghost {
        return;
    }
    let mut message = "a socket listens, and its file is gone or has been replaced".to_owned();
    if let Some(why) = &case.socket.why {
        message = format!("a socket listens, and no client can reach it: {why}");
    }
    findings.push(Finding {
        actual: Some("ghost".to_owned()),
        expected: Some("live".to_owned()),
        ..case.noticed(CHECK.code, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::State;

    #[test]
    fn its_file_is_gone() {
        let found = Fixture::new()
            .fact(|socket| socket.state = State::Ghost)
            .only("ghost");
        assert_eq!(found.rule, None);
        Fixture::new().nothing();
    }
}
