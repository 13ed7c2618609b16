// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;

use rustix::net::{SocketAddrUnix, SocketType, bind, listen, socket};
use rustix::thread::set_thread_res_uid;

use super::*;

fn ask(path: &Path) -> Answer {
    SilentProbe::new()
        .unwrap()
        .test(&Pinned::open(path).unwrap())
}

fn bound(path: &Path, kind: SocketType) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, kind, None).unwrap();
    bind(&fd, &SocketAddrUnix::new(path).unwrap()).unwrap();
    fd
}

#[test]
fn listeners_of_both_kinds_answer_alike() {
    let place = tempfile::tempdir().unwrap();
    for (name, kind) in [("s", SocketType::STREAM), ("q", SocketType::SEQPACKET)] {
        let path = place.path().join(name);
        let server = bound(&path, kind);
        // Before listen() a client is refused, and still somebody is there.
        assert_eq!(ask(&path), Answer::Connectionful);
        listen(&server, 1).unwrap();
        assert_eq!(ask(&path), Answer::Connectionful);
        drop(server);
        assert_eq!(ask(&path), Answer::Refused);
    }
}

#[test]
fn a_listener_is_left_without_a_trace() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    assert_eq!(ask(&path), Answer::Connectionful);
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[test]
fn a_full_backlog_is_no_hindrance() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s");
    let server = bound(&path, SocketType::STREAM);
    listen(&server, 0).unwrap();
    let _waiting = UnixStream::connect(&path).unwrap();
    assert_eq!(ask(&path), Answer::Connectionful);
}

#[test]
fn datagram_sockets_answer_whether_they_take_from_us_or_not() {
    let place = tempfile::tempdir().unwrap();
    let (open, closed) = (place.path().join("open"), place.path().join("closed"));
    let _server = UnixDatagram::bind(&open).unwrap();
    let choosy = UnixDatagram::bind(&closed).unwrap();
    choosy.connect(&open).unwrap();
    assert_eq!(ask(&open), Answer::Datagram);
    assert_eq!(ask(&closed), Answer::Datagram);
}

#[test]
fn one_probe_serves_for_many_questions_and_keeps_no_peer() {
    let place = tempfile::tempdir().unwrap();
    let (first, second) = (place.path().join("1"), place.path().join("2"));
    let server = UnixDatagram::bind(&first).unwrap();
    let _listener = UnixListener::bind(&second).unwrap();
    let probe = SilentProbe::new().unwrap();
    for _ in 0..3 {
        let pinned = Pinned::open(&first).unwrap();
        assert_eq!(probe.test(&pinned), Answer::Datagram);
        assert!(rustix::net::getpeername(&probe.socket).is_err());
        let pinned = Pinned::open(&second).unwrap();
        assert_eq!(probe.test(&pinned), Answer::Connectionful);
    }
    drop(server);
    assert_eq!(probe.test(&Pinned::open(&first).unwrap()), Answer::Refused);
}

#[test]
fn the_inode_counts_and_not_its_name() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    let _listener = UnixListener::bind(at("a")).unwrap();
    std::fs::hard_link(at("a"), at("linked")).unwrap();
    std::fs::rename(at("a"), at("renamed")).unwrap();
    symlink("renamed", at("soft")).unwrap();
    for name in ["linked", "renamed", "soft"] {
        assert_eq!(ask(&at(name)), Answer::Connectionful, "{name}");
    }
    // Pinned before it is swapped for a stale one: the answer is about what was pinned.
    let pinned = Pinned::open(&at("renamed")).unwrap();
    std::fs::rename(at("renamed"), at("away")).unwrap();
    drop(UnixListener::bind(at("renamed")).unwrap());
    let probe = SilentProbe::new().unwrap();
    assert_eq!(probe.test(&pinned), Answer::Connectionful);
    assert_eq!(ask(&at("renamed")), Answer::Refused);
}

#[test]
fn a_socket_that_was_made_without_one_is_refused() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: a_socket_that_was_made_without_one_is_refused: needs root");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sock");
    let (kind, mode) = (rustix::fs::FileType::Socket, rustix::fs::Mode::empty());
    rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
    assert_eq!(ask(&path), Answer::Refused);
}

#[test]
fn without_write_permission_nothing_is_known() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: without_write_permission_nothing_is_known: needs root");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let probe = SilentProbe::new().unwrap();
    let pinned = Pinned::open(&path).unwrap();
    for (mode, expected) in [
        (0o755_u32, Answer::Denied),
        (0o222, Answer::Connectionful),
        (0o000, Answer::Denied),
    ] {
        rustix::fs::chmod(&path, rustix::fs::Mode::from_bits_truncate(mode)).unwrap();
        let answer = std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                let nobody = rustix::process::Uid::from_raw(65534);
                // Of this thread alone, as the system call does it.
                set_thread_res_uid(nobody, nobody, nobody).unwrap();
                probe.test(&pinned)
            });
            other.join().unwrap()
        });
        assert_eq!(answer, expected, "{mode:o}");
        assert_eq!(probe.test(&pinned), Answer::Connectionful, "root, {mode:o}");
    }
}
