//! # What it says
//!
//! The backlog of the listener is full: as many clients wait to be accepted as listen() allowed,
//! and one more.
//!
//! # Why it matters
//!
//! The next client has to wait, or is refused with EAGAIN if it does not want to. Either the server
//! hangs, or it is overloaded, or somebody who may connect does so without end to keep others out.
//!
//! # Example
//!
//! ```console
//! /run/app/a.sock  srw-rw----  app:app  stream, saturated
//!   medium  saturated  129 clients wait, and the backlog is 128
//! ```
//!
//! # How to mend it
//!
//! See what the server does (`systemctl status`, its log, `cat /proc/PID/stack`). A larger backlog
//! (`Backlog=` of a .socket unit, the server's own setting, /proc/sys/net/core/somaxconn) helps
//! against bursts, never against a server that is too slow.
//!
//! # References
//!
//! - listen(2), unix(7), connect(2) (EAGAIN)
//! - systemd.socket(5), `Backlog=`
//! - CWE-400: Uncontrolled Resource Consumption

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding, State};

pub(super) const CHECK: Check = Check {
    code: Code::Saturated,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    if case.socket.state != State::Saturated {
        return;
    }
    let message = match (case.socket.queue, case.socket.backlog) {
        (Some(queue), Some(backlog)) => {
            format!("{queue} clients wait, and the backlog is {backlog}")
        }
        _ => "the backlog is full".to_owned(),
    };
    findings.push(Finding {
        actual: Some("saturated".to_owned()),
        expected: Some("live".to_owned()),
        ..case.noticed(CHECK.code, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::Fixture;
    use crate::model::State;

    #[test]
    fn the_backlog_is_full() {
        let full = Fixture::new().fact(|socket| {
            socket.state = State::Saturated;
            (socket.queue, socket.backlog) = (Some(129), Some(128));
        });
        assert_eq!(
            full.only("saturated").message,
            "129 clients wait, and the backlog is 128"
        );
        let busy =
            Fixture::new().fact(|socket| (socket.queue, socket.backlog) = (Some(128), Some(128)));
        busy.nothing();
    }
}
