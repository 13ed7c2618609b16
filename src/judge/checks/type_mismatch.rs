//! # What it says
//!
//! The kernel's socket is of another type (stream, dgram, seqpacket) than `type` of the policy.
//! A file to which nothing is bound has no type, and is not judged.
//!
//! # Why it matters
//!
//! Clients of the right type are refused with EPROTOTYPE, so what should answer here does not: a
//! server that is configured for something else, or another program that took the path.
//!
//! # Example
//!
//! ```console
//! /run/app/log.sock  srw-rw----  app:app  stream, live
//!   medium  type-mismatch  a stream socket, not a dgram one
//! ```
//!
//! # How to mend it
//!
//! See who listens (`sockctl list`), and correct its configuration: `ListenStream=`,
//! `ListenDatagram=` or `ListenSequentialPacket=` of a unit. Or correct the policy.
//!
//! # References
//!
//! - unix(7), socket(2), connect(2) (EPROTOTYPE)
//! - systemd.socket(5)

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding};

pub(super) const CHECK: Check = Check {
    code: Code::TypeMismatch,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (Some(kind), Some(key)) = (case.socket.kind, &case.expected.kind) else {
        return;
    };
    if kind == key.value {
        return;
    }
    let message = format!("a {kind} socket, not a {} one", key.value);
    findings.push(Finding {
        actual: Some(kind.to_string()),
        expected: Some(key.value.to_string()),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::model::SocketType;

    fn of_kind(kind: Option<SocketType>) -> Fixture {
        Fixture::new()
            .fact(|socket| socket.kind = kind)
            .key(|keys| keys.kind = at(SocketType::Dgram))
    }

    #[test]
    fn another_type() {
        let found = of_kind(Some(SocketType::Stream)).only("type-mismatch");
        assert_eq!(found.message, "a stream socket, not a dgram one");
        of_kind(Some(SocketType::Dgram)).nothing();
        of_kind(None).nothing();
    }
}
