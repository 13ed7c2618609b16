use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;

use super::*;
use crate::sys::beside::beside;

/// In a table of descriptors that nobody else has.
fn alone(mut test: impl FnMut()) {
    beside(&mut test).unwrap();
}

fn socket() -> OwnedFd {
    let place = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(place.path().join("s")).unwrap();
    listener.set_nonblocking(true).unwrap();
    OwnedFd::from(listener)
}

fn number_of(fd: RawFd) -> u64 {
    // SAFETY: only asked what it is.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    rustix::fs::fstat(fd).unwrap().st_ino
}

/// What a program would get, by number.
fn kept() -> BTreeMap<RawFd, u64> {
    let kept = |fd: &RawFd| {
        // SAFETY: only asked for its flags.
        let flags = unsafe { libc::fcntl(*fd, libc::F_GETFD) };
        flags >= 0 && flags & libc::FD_CLOEXEC == 0
    };
    let open = (3..2000).filter(kept);
    open.map(|fd| (fd, number_of(fd))).collect()
}

fn fd(number: RawFd) -> FdNumber {
    number.to_string().parse().unwrap()
}

#[test]
fn sockets_go_to_their_places_whatever_is_there() {
    alone(|| {
        let sockets = [socket(), socket(), socket()];
        // Each in the place of another, with a fourth thing among them.
        let raw = |at: usize| sockets[at].as_raw_fd();
        let numbers = sockets
            .each_ref()
            .map(|socket| number_of(socket.as_raw_fd()));
        for (from, to) in [(0, 900), (1, 901), (2, 902)] {
            duplicate_to(raw(from), to).unwrap();
        }
        for (from, to) in [(900, 5), (901, 3), (902, 4)] {
            duplicate_to(from, to).unwrap();
        }
        duplicate_to(0, 50).unwrap();
        let mut handover = Handover::new(0, &[fd(50), fd(1), fd(50)]);
        for place in [5, 3, 4] {
            // SAFETY: it is open.
            handover.add(unsafe { BorrowedFd::borrow_raw(place) }, None);
        }
        handover.arrange().unwrap();
        let [a, b, c] = numbers;
        assert_eq!(kept(), [(3, a), (4, b), (5, c), (50, number_of(0))].into());
        // SAFETY: it is open.
        let flags = rustix::fs::fcntl_getfl(unsafe { BorrowedFd::borrow_raw(3) }).unwrap();
        assert!(!flags.contains(OFlags::NONBLOCK));
        // They are open in no other table, and so nobody may close them there.
        std::mem::forget(sockets);
    });
}

#[test]
fn what_was_inherited_stays_and_ours_come_after() {
    alone(|| {
        let (inherited, own) = (socket(), socket());
        let (first, second) = (number_of(inherited.as_raw_fd()), number_of(own.as_raw_fd()));
        duplicate_to(own.as_raw_fd(), 700).unwrap();
        duplicate_to(inherited.as_raw_fd(), 3).unwrap();
        let mut handover = Handover::new(1, &[]);
        // SAFETY: it is open.
        handover.add(
            unsafe { BorrowedFd::borrow_raw(700) },
            Some(Backlog::default()),
        );
        handover.listen_again().unwrap();
        handover.arrange().unwrap();
        assert_eq!(kept(), [(3, first), (4, second)].into());
        std::mem::forget((inherited, own));
    });
}

#[test]
fn without_the_call_they_are_closed_one_by_one() {
    alone(|| {
        for place in [600, 601, 602] {
            duplicate_to(0, place).unwrap();
        }
        one_by_one(601, 601).unwrap();
        let kept = kept();
        assert!(
            kept.contains_key(&600) && kept.contains_key(&602),
            "{kept:?}"
        );
        assert!(!kept.contains_key(&601), "{kept:?}");
    });
}
