//! # What it says
//!
//! It could not be told whether the socket is live, or who listens on it though the policy asks;
//! the message says why. Nothing is known, which is neither good nor bad.
//!
//! A file of mode 0000, to which nobody is meant to connect, is left out.
//!
//! # Why it matters
//!
//! A check that could not be made is no check that passed. Without root, the sockets of others can
//! often be neither tried nor traced to their processes.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-------  app:app  denied
//!   info  not-probed  could not tell whether it is live: permission denied
//! ```
//!
//! # How to mend it
//!
//! Run the audit as root, or as the user whose sockets they are.
//!
//! # References
//!
//! - unix(7), connect(2) (EACCES)
//! - proc(5), `hidepid=`; sock_diag(7)

use crate::judge::case::{Case, Check, Judge};
use crate::judge::listener::Listener;
use crate::model::{Code, Finding, Mode, State};

pub(super) const CHECK: Check = Check {
    code: Code::NotProbed,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let socket = case.socket;
    let nobody_is_meant_to = socket.mode.is_some_and(Mode::is_empty);
    if matches!(socket.state, State::Denied | State::Unknown) && !nobody_is_meant_to {
        let message = match &socket.why {
            Some(why) => format!("could not tell whether it is live: {why}"),
            None => "could not tell whether it is live".to_owned(),
        };
        findings.push(case.noticed(CHECK.code, message));
    }
    if let Listener::CannotTell(why) = case.listener() {
        let message = format!("could not tell who listens: {why}");
        findings.push(case.noticed(CHECK.code, message));
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, mode};
    use crate::model::State;

    #[test]
    fn the_reason_is_given() {
        let denied = Fixture::new().fact(|socket| {
            socket.state = State::Denied;
            socket.why = Some("permission denied (EACCES)".into());
        });
        assert_eq!(
            denied.only("not-probed").message,
            "could not tell whether it is live: permission denied (EACCES)"
        );
        Fixture::new()
            .fact(|socket| socket.state = State::Unknown)
            .only("not-probed");
        Fixture::new()
            .fact(|socket| socket.state = State::NotListening)
            .nothing();
    }

    #[test]
    fn mode_0000_is_left_out() {
        let placeholder = Fixture::new().fact(|socket| {
            (socket.state, socket.mode) = (State::Denied, Some(mode("0")));
        });
        placeholder.nothing();
    }
}
