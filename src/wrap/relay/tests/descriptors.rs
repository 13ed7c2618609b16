//! Barriers, and descriptors that come with what is said.

use rustix::pipe::{PipeFlags, pipe_with};
use tempfile::TempDir;

use super::*;
use crate::model::Mode;
use crate::sys::dir::Dir;

/// A manager that takes descriptors.
fn with_manager() -> (TempDir, Receiver, Scene) {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    let manager = Receiver::in_directory(&dir, c"manager", Mode::from_st_mode(0o600)).unwrap();
    let mut scene = Scene::new();
    let name = SocketName::Path(place.path().join("manager"));
    scene.relay.upstream = Some(Upstream::connect(&name).unwrap());
    (place, manager, scene)
}

/// What the command speaks by.
fn command(scene: &Scene) -> Upstream {
    Upstream::connect(&SocketName::Path(scene.address.clone())).unwrap()
}

/// Whether the other end of a pipe is closed, soon.
fn is_answered(barrier: impl AsFd) -> bool {
    let patience = Timespec::try_from(Duration::from_secs(30)).unwrap();
    let mut watched = [PollFd::new(&barrier, PollFlags::IN)];
    poll(&mut watched, Some(&patience)).unwrap() == 1
        && rustix::io::read(&barrier, &mut [0; 1][..]) == Ok(0)
}

#[test]
fn a_barrier_is_answered_when_the_manager_has_taken_it_and_not_before() {
    let (_place, manager, mut scene) = with_manager();
    scene.hear(News::Ready(FIRST));
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    let command = command(&scene);
    assert_eq!(command.send(b"STATUS=x", &[]), Ok(true));
    assert_eq!(command.send(b"BARRIER=1", &[theirs.as_fd()]), Ok(true));
    drop(theirs);
    scene.turn();
    let mut byte = [0; 1];
    let answered = |byte: &mut [u8; 1]| rustix::io::read(&ours, &mut byte[..]) == Ok(0);
    let mut room = [0; 64];
    for expected in [b"READY=1".as_slice(), b"STATUS=x"] {
        let datagram = manager.receive(&mut room).unwrap().unwrap();
        assert_eq!(&room[..datagram.length], expected);
        assert!(!answered(&mut byte));
    }
    let barrier = manager.receive(&mut room).unwrap().unwrap();
    assert_eq!(
        (&room[..barrier.length], barrier.descriptors.len()),
        (b"BARRIER=1".as_slice(), 1)
    );
    assert!(!answered(&mut byte));
    drop(barrier);
    assert!(is_answered(&ours));
}

#[test]
fn descriptors_are_passed_on_and_those_of_the_main_process_are_not() {
    let (_place, manager, mut scene) = with_manager();
    scene.relay.told = Told::Already;
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let command = command(&scene);
    let two = [ours.as_fd(), theirs.as_fd()];
    assert_eq!(command.send(b"MAINPIDFD=1\nSTATUS=x", &two[..1]), Ok(true));
    assert_eq!(command.send(b"FDSTORE=1\nFDNAME=n", &two), Ok(true));
    scene.turn();
    let mut room = [0; 64];
    let mut next = || {
        let datagram = manager.receive(&mut room).unwrap().unwrap();
        let text = String::from_utf8(room[..datagram.length].to_vec()).unwrap();
        (text, datagram.descriptors.len())
    };
    assert_eq!(next(), ("STATUS=x".to_owned(), 0));
    assert_eq!(next(), ("FDSTORE=1\nFDNAME=n".to_owned(), 2));
}

#[test]
fn with_nobody_to_tell_it_counts_all_the_same() {
    let mut scene = Scene::new();
    scene.relay.upstream = None;
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).unwrap();
    let command = command(&scene);
    assert_eq!(command.send(b"READY=1", &[]), Ok(true));
    assert_eq!(command.send(b"BARRIER=1", &[theirs.as_fd()]), Ok(true));
    drop(theirs);
    assert_eq!(scene.turn(), [Event::LooksReady(FIRST)]);
    scene.hear(News::Ready(FIRST));
    assert!(is_answered(&ours));
    assert!(!scene.wakes());
}
