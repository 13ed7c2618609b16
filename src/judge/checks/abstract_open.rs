//! # What it says
//!
//! An abstract socket listens or receives, and the policy says `world: forbid` of its name.
//!
//! # Why it matters
//!
//! An abstract name is no file: it has no owner, no mode and no directory. Everybody in the same
//! network namespace can connect, containers that share the host's network included, and
//! whoever binds the name first has it. All that is left to the server is to ask who its peer is.
//!
//! # Example
//!
//! ```console
//! @app-control  stream, live, 4121/root/app
//!   medium  abstract-open  an abstract socket has no permissions: everyone
//!                          here can connect
//! ```
//!
//! # How to mend it
//!
//! Let the server listen on a path in a directory of its own, or give it a network namespace of
//! its own (`PrivateNetwork=`). If it must be abstract, and checks `SO_PEERCRED` of every client,
//! say `world: allow` in a rule for that name.
//!
//! # References
//!
//! - unix(7), "Abstract sockets"; network_namespaces(7)
//! - CVE-2020-15257: containerd-shim, open to containers in the host's network namespace
//! - CWE-732: Incorrect Permission Assignment for Critical Resource

use crate::judge::case::{Case, Check, Judge};
use crate::model::{Code, Finding, SocketName, State};
use crate::policy::rule::Permit;

pub(super) const CHECK: Check = Check {
    code: Code::AbstractOpen,
    judge: Judge::Socket(judge),
};

fn judge(case: &Case<'_>, findings: &mut Vec<Finding>) {
    let (SocketName::Abstract(_), Some(key)) = (&case.socket.name, &case.expected.world) else {
        return;
    };
    let takes_clients = matches!(
        case.socket.state,
        State::Live | State::Saturated | State::Foreign
    );
    if key.value != Permit::Forbid || !takes_clients {
        return;
    }
    let message = "an abstract socket has no permissions: everyone here can connect".to_owned();
    findings.push(Finding {
        actual: Some("allow".to_owned()),
        expected: Some("forbid".to_owned()),
        ..case.broken(CHECK.code, key, message)
    });
}

#[cfg(test)]
mod tests {
    use crate::judge::fixture::{Fixture, at};
    use crate::model::{SocketName, State};
    use crate::policy::rule::Permit;

    fn world(permit: Permit) -> Fixture {
        Fixture::new().key(|keys| keys.world = at(permit))
    }

    fn abstract_name(fixture: Fixture) -> Fixture {
        fixture.fact(|socket| socket.name = SocketName::Abstract(b"app".to_vec()))
    }

    #[test]
    fn it_has_no_permissions() {
        let found = abstract_name(world(Permit::Forbid)).only("abstract-open");
        assert_eq!(found.fix, None);
        abstract_name(world(Permit::Allow)).nothing();
        world(Permit::Forbid).nothing();
        abstract_name(Fixture::new()).nothing();
    }

    #[test]
    fn a_client_that_only_has_a_name_takes_nobody_in() {
        let bound = abstract_name(world(Permit::Forbid));
        bound
            .fact(|socket| socket.state = State::NotListening)
            .nothing();
    }
}
