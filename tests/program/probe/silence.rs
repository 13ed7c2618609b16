use std::os::unix::net::{UnixDatagram, UnixListener};

use sockctl::sys::diag;

use super::waiting::Waiting;
use super::{only, probe};
use crate::support::World;

/// Clients in the queue of the listener, as the kernel counts them.
fn queued(ino: u64) -> u32 {
    let rows = diag::dump().expect("the kernel's list").rows;
    let row = rows
        .iter()
        .find(|row| u64::from(row.ino) == ino)
        .expect("a row");
    row.rqueue.expect("a queue")
}

fn number(fd: impl std::os::fd::AsFd) -> u64 {
    rustix::fs::fstat(fd).expect("fstat").st_ino
}

#[test]
fn leaves_nothing_in_queues() {
    let world = World::new();
    let listener = UnixListener::bind(world.path("stream")).expect("bind");
    listener.set_nonblocking(true).expect("non-blocking");
    let datagrams = UnixDatagram::bind(world.path("dgram")).expect("bind");
    datagrams.set_nonblocking(true).expect("non-blocking");
    let counts = || {
        let accepted = std::iter::from_fn(|| listener.accept().ok()).count();
        let received = datagrams.recv(&mut [0; 16]).is_ok();
        (accepted, received)
    };
    let paths = [world.path("stream"), world.path("dgram")];
    for options in [&["--silent"][..], &["--silent", "--wait=5s"]] {
        for _ in 0..20 {
            probe().args(options).args(&paths).run().code(0);
            assert_eq!(queued(number(&listener)), 0, "{options:?}");
            assert_eq!(queued(number(&datagrams)), 0, "{options:?}");
        }
        assert_eq!(counts(), (0, false), "{options:?}");
    }
    // The same server would have noticed a client.
    for _ in 0..3 {
        probe().args(&paths).run().code(0);
    }
    assert_eq!(counts(), (3, false));
}

#[test]
fn a_full_backlog_stays_as_it_is() {
    let mut world = World::new();
    let path = world.listener("s", 0o600, rustix::net::SocketType::STREAM, 0);
    assert!(world.client(&path));
    let socket = only(&probe().arg("--silent").arg(&path).run().code(0));
    assert_eq!(socket["state"], "saturated");
    assert_eq!(
        (&socket["queue"], &socket["backlog"]),
        (&1.into(), &0.into())
    );
    assert!(socket["latency_us"].is_null() && socket["peer"].is_null());
}

/// Waiting for a server is one connection, however often it was not there yet.
#[test]
fn a_wait_connects_once() {
    let world = World::new();
    let path = world.path("s");
    let mut waiting = Waiting::start(probe(), None, &path);
    waiting.finds("missing");
    let bound = super::bound(&path, rustix::net::SocketType::STREAM);
    for _ in 0..5 {
        waiting.finds("not-listening");
    }
    rustix::net::listen(&bound, 8).expect("listen");
    waiting.ends_live();
    let listener = UnixListener::from(bound);
    listener.set_nonblocking(true).expect("non-blocking");
    let accepted = std::iter::from_fn(|| listener.accept().ok()).count();
    assert_eq!(accepted, 1);
}
