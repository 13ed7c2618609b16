//! # What it says
//!
//! A socket is there of which the policy says `presence: forbidden`.
//!
//! # Why it matters
//!
//! Some sockets should not exist on a host at all: debug consoles, administration sockets of
//! services that are managed in another way, a container engine on a machine that must not
//! run one. Whether its mode is right does not matter then.
//!
//! # Example
//!
//! ```console
//! /run/app/debug.sock  srw-------  app:app  stream, live
//!   high  forbidden-present  a socket is here, and the policy forbids it
//! ```
//!
//! # How to mend it
//!
//! Find out who listens (`sockctl list`), and switch the socket off in its configuration: removing
//! the file of a server that runs only hides it. A file to which nothing is bound can go.
//!
//! # References
//!
//! - unix(7), systemd.socket(5)
//! - CWE-489: Active Debug Code

use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding, State};
use crate::policy::rule::Presence;

pub(super) const CHECK: Check = Check {
    code: Code::ForbiddenPresent,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(key) = &case.expected.presence else {
        return;
    };
    let is_gone = matches!(case.socket.state, State::Missing | State::Ghost);
    if key.value != Presence::Forbidden || is_gone {
        return;
    }
    let is_stale = case.socket.state == State::Stale;
    let message = "a socket is here, and the policy forbids it".to_owned();
    findings.push(Finding {
        actual: Some("present".to_owned()),
        expected: Some("forbidden".to_owned()),
        fix: case.path().filter(|_| is_stale).map(fix::clean),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::model::State;
    use crate::policy::rule::Presence;

    fn there(presence: Presence, state: State) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.state = state)
            .key(|keys| keys.presence = at(presence))
    }

    #[test]
    fn it_must_not_be_there() {
        let live = there(Presence::Forbidden, State::Live).only("forbidden-present");
        assert_eq!(live.fix, None);
        let stale = there(Presence::Forbidden, State::Stale).only("forbidden-present");
        assert_eq!(stale.fix.as_deref(), Some("sockctl clean /run/app/a.sock"));
        there(Presence::Optional, State::Live).nothing();
        there(Presence::Required, State::Live).nothing();
        there(Presence::Forbidden, State::Missing).nothing();
    }
}
