//! Requests and facts for tests: of what they do not speak, nothing is asked and nothing there.

use std::time::Duration;

use super::bound::{Expected, OnViolation};
use super::host::{Facts, Person};
use super::request::{Groups, Listen, Request, Stay};
use crate::change::name::Named;
use crate::model::{
    Backlog, Bounds, CapSet, Caps, Credentials, FdName, Gid, Ids, Ownership, Securebits, Signal,
    SocketType, Uid,
};
use crate::sys::program::Program;
use crate::sys::unit::Passed;
use crate::sys::users::UserEntry;

pub(crate) const ALL_CAPS: CapSet = CapSet::from_bits(0x1ff_ffff_ffff);

pub(crate) fn uid(raw: u32) -> Uid {
    Uid::new(raw).unwrap()
}

pub(crate) fn gid(raw: u32) -> Gid {
    Gid::new(raw).unwrap()
}

pub(crate) fn request() -> Request {
    Request {
        command: vec!["app".into()],
        user: None,
        groups: Groups::Usual,
        keep_caps: CapSet::EMPTY,
        keep_bounding: false,
        allow_new_privs: false,
        listen: Vec::new(),
        expect: Vec::new(),
        umask: None,
        directory: None,
        variables: Vec::new(),
        clear_variables: false,
        limits: Vec::new(),
        pass: Vec::new(),
        stay: None,
    }
}

/// The same, where we stay as the parent.
pub(crate) fn stays() -> Request {
    Request {
        stay: Some(stay()),
        ..request()
    }
}

pub(crate) fn stay() -> Stay {
    Stay {
        stop_signal: Signal::TERM,
        stop_timeout: None,
        ready: None,
        ready_timeout: Duration::from_secs(30),
        on_violation: OnViolation::Refuse,
        keep: false,
    }
}

pub(crate) fn expected(path: &str) -> Expected {
    Expected {
        named: Named::new(path.as_ref()).unwrap(),
        absolute: path.into(),
        shared: false,
    }
}

pub(crate) fn listen(path: &str) -> Listen {
    Listen {
        named: Named::new(path.as_ref()).unwrap(),
        absolute: path.into(),
        name: FdName::new(b"s").unwrap(),
        kind: SocketType::Stream,
        mode: "0600".parse().unwrap(),
        owner: Ownership::default(),
        backlog: Backlog::default(),
        limit: None,
        keep_acl: false,
    }
}

/// Of root, with everything, who has named nobody.
pub(crate) fn facts() -> Facts {
    Facts {
        pid: 4711,
        own: who(0, ALL_CAPS, ALL_CAPS),
        ignored_signals: 0,
        person: None,
        groups: None,
        program: Program {
            path: "/usr/bin/app".into(),
            caps: None,
        },
        variables: Vec::new(),
        passed: Passed::default(),
        passed_sockets: Vec::new(),
        limits: Vec::new(),
        most_descriptors: Bounds {
            soft: Some(1024),
            hard: Some(4096),
        },
        closed: Vec::new(),
        places: Vec::new(),
    }
}

pub(crate) fn who(raw: u32, permitted: CapSet, bounding: CapSet) -> Credentials {
    Credentials {
        uids: Ids::all(uid(raw)),
        gids: Ids::all(gid(raw)),
        groups: vec![gid(raw)],
        caps: Caps {
            permitted,
            effective: permitted,
            bounding,
            ..Caps::default()
        },
        securebits: Securebits::default(),
        no_new_privs: false,
    }
}

pub(crate) fn person() -> Person {
    Person {
        uid: uid(1000),
        gid: gid(1000),
        entry: Some(UserEntry {
            name: "app".into(),
            uid: uid(1000),
            gid: gid(1000),
            home: "/home/app".into(),
            shell: "".into(),
        }),
    }
}
