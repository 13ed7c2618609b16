//! # What it says
//!
//! It is a socket file, and no socket is bound to it, though the policy says `liveness: live`. A
//! file of mode 0000 is exempt: systemd keeps such ones on purpose.
//!
//! # Why it matters
//!
//! What made it ended without removing it. Clients are refused (ECONNREFUSED), and many servers
//! do not start again while the file is there (EADDRINUSE). It is also a hint that a service which
//! should be running is not.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stale
//!   low  stale  nothing is bound to it
//! ```
//!
//! # How to mend it
//!
//! Start the service that belongs here, or remove the file with the line of the finding. Look
//! again first: a server that starts between the two binds the same path. `RuntimeDirectory=` and
//! `RemoveOnStop=` of systemd remove it when the service ends.
//!
//! # References
//!
//! - unix(7), bind(2) (EADDRINUSE), unlink(2)
//! - systemd.socket(5), `RemoveOnStop=`

use crate::judge::case::{Case, Check, Judge};
use crate::judge::fix;
use crate::model::{Code, Finding, Mode, State};
use crate::policy::rule::Liveness;

pub(super) const CHECK: Check = Check {
    code: Code::Stale,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let Some(key) = &case.expected.liveness else {
        return;
    };
    let is_placeholder = case.socket.mode.is_some_and(Mode::is_empty);
    if key.value != Liveness::Live || case.socket.state != State::Stale || is_placeholder {
        return;
    }
    findings.push(Finding {
        actual: Some("stale".to_owned()),
        expected: Some("live".to_owned()),
        fix: case.path().map(fix::clean),
        ..case.broken(CHECK.code, key, "nothing is bound to it".to_owned())
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at, mode};
    use crate::model::State;
    use crate::policy::rule::Liveness;

    fn in_state(state: State, liveness: Liveness) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.state = state)
            .key(|keys| keys.liveness = at(liveness))
    }

    #[test]
    fn nothing_is_bound_to_it() {
        let found = in_state(State::Stale, Liveness::Live).only("stale");
        assert_eq!(found.fix.as_deref(), Some("sockctl clean /run/app/a.sock"));
        in_state(State::Stale, Liveness::Any).nothing();
        Fixture::new()
            .fact(|socket| socket.state = State::Stale)
            .nothing();
    }

    #[test]
    fn what_may_be_bound_is_not_stale() {
        for state in [State::Live, State::NotListening, State::Foreign] {
            in_state(state, Liveness::Live).nothing();
        }
    }

    #[test]
    fn the_service_managers_placeholder_is_meant_to_be_stale() {
        let placeholder = in_state(State::Stale, Liveness::Live);
        placeholder
            .fact(|socket| socket.mode = Some(mode("0000")))
            .nothing();
    }
}
