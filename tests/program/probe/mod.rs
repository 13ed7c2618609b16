//! `probe`, beyond the states of sockets.

mod addresses;
mod bad_input;
mod exchanges;
mod figures;
mod listeners;
mod namespaces;
mod servant;
mod silence;
mod waiting;

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};
use serde_json::Value;

use crate::support::{Done, Sockctl};

/// The connect test, and the silent one.
pub(super) const IN_BOTH_WAYS: [Option<&str>; 2] = [None, Some("--silent")];

/// Bound, and not listening.
pub(super) fn bound(path: &Path, kind: SocketType) -> OwnedFd {
    bound_to(&SocketAddrUnix::new(path).expect("a short path"), kind)
}

pub(super) fn bound_to(address: &SocketAddrUnix, kind: SocketType) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    bind(&fd, address).expect("bind");
    fd
}

pub(super) fn listening(path: &Path, kind: SocketType, backlog: i32) -> OwnedFd {
    let fd = bound(path, kind);
    listen(&fd, backlog).expect("listen");
    fd
}

pub(super) fn probe() -> Sockctl {
    Sockctl::new().args(["probe", "-f", "jsonl"])
}

/// What was said of each address, in order.
pub(super) fn sockets(done: &Done) -> Vec<Value> {
    done.out()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .filter(|line| line["kind"] == "socket")
        .collect()
}

/// What was said of the only address.
#[track_caller]
pub(super) fn only(done: &Done) -> Value {
    let mut sockets = sockets(done);
    assert_eq!(sockets.len(), 1, "{}", done.shown());
    sockets.remove(0)
}
