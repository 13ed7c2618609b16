use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use rustix::pipe::{PipeFlags, pipe_with};

use super::*;

struct Place {
    directory: tempfile::TempDir,
    receiver: Receiver,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().unwrap();
        let dir = Dir::open(directory.path()).unwrap();
        let mode = Mode::from_st_mode(0o600);
        let receiver = Receiver::in_directory(&dir, c"n", mode).unwrap();
        Place {
            directory,
            receiver,
        }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("n")
    }

    fn upstream(&self) -> Upstream {
        Upstream::connect(&SocketName::Path(self.path())).unwrap()
    }

    fn receive(&self) -> (Vec<u8>, Datagram) {
        let mut room = [0; 64];
        let datagram = self.receiver.receive(&mut room).unwrap().unwrap();
        (room[..datagram.length].to_vec(), datagram)
    }
}

#[test]
fn a_datagram_comes_with_its_sender_and_its_descriptors() {
    let place = Place::new();
    let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let fds = [theirs.as_fd(), ours.as_fd()];
    assert_eq!(place.upstream().send(b"READY=1", &fds), Ok(true));
    drop(theirs);
    let (text, datagram) = place.receive();
    assert_eq!(text, b"READY=1");
    assert!(!datagram.cut && !datagram.descriptors_lost);
    let sender = datagram.sender.unwrap();
    assert_eq!(sender.pid, Some(std::process::id()));
    let own = rustix::process::getuid().as_raw();
    assert_eq!(sender.uid.map(Uid::as_raw), Some(own));
    assert_ne!(sender.is_reaped(), Some(true));
    assert_eq!(datagram.descriptors.len(), 2);
    rustix::io::write(&datagram.descriptors[0], b"x").unwrap();
    drop(datagram.descriptors);
    let mut bytes = [0; 8];
    assert_eq!(rustix::io::read(&ours, &mut bytes[..]), Ok(1));
    assert_eq!(
        rustix::io::read(&ours, &mut bytes[..]),
        Ok(0),
        "all are closed"
    );
    assert!(place.receiver.receive(&mut [0; 64]).unwrap().is_none());
}

#[test]
fn a_sender_that_has_ended_is_still_known() {
    let place = Place::new();
    let script = "import os, socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); \
                  s.sendto(b'pid %d' % os.getpid(), sys.argv[1])";
    let status = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(place.path())
        .status()
        .unwrap();
    assert!(status.success());
    let (text, datagram) = place.receive();
    let sender = datagram.sender.unwrap();
    assert_eq!(text, format!("pid {}", sender.pid.unwrap()).into_bytes());
    assert_ne!(sender.is_reaped(), Some(false));
}

#[test]
fn the_kernel_lists_nothing_but_the_name() {
    let place = Place::new();
    let number = rustix::fs::fstat(&place.receiver).unwrap().st_ino;
    let row = crate::sys::diag::row(u32::try_from(number).unwrap()).unwrap();
    let name = crate::sys::diag::Name::Path(b"n".to_vec());
    assert_eq!(row.unwrap().name, Some(name));
}

#[test]
fn what_does_not_fit_is_told_and_not_leaked() {
    let place = Place::new();
    let upstream = place.upstream();
    assert_eq!(upstream.send(&[b'x'; 65], &[]), Ok(true));
    let (text, datagram) = place.receive();
    assert_eq!((text.len(), datagram.cut), (64, true));

    for along in [0, 20, 40, 100, 200] {
        let (ours, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let fds = [theirs.as_fd(); MOST_DESCRIPTORS];
        assert_eq!(upstream.send(b"FDSTORE=1", &fds), Ok(true));
        drop(theirs);
        let datagram = place.receiver.receive_with(&mut [0; 64], along);
        let datagram = datagram.unwrap().unwrap();
        assert!(datagram.descriptors_lost, "{along}");
        assert!(datagram.descriptors.len() < MOST_DESCRIPTORS, "{along}");
        drop(datagram);
        let mut byte = [0; 1];
        assert_eq!(
            rustix::io::read(&ours, &mut byte[..]),
            Ok(0),
            "all are closed"
        );
    }
}

#[test]
fn as_many_descriptors_as_there_can_be() {
    let place = Place::new();
    let (_, theirs) = pipe_with(PipeFlags::CLOEXEC).unwrap();
    let fds = [theirs.as_fd(); MOST_DESCRIPTORS];
    assert_eq!(place.upstream().send(b"x", &fds), Ok(true));
    let (_, datagram) = place.receive();
    assert!(!datagram.descriptors_lost);
    assert_eq!(datagram.descriptors.len(), MOST_DESCRIPTORS);
}

#[test]
fn a_full_queue_is_no_error_and_becomes_writable() {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let place = Place::new();
    let upstream = place.upstream();
    let mut sent = 0;
    while upstream.send(b"x", &[]).unwrap() {
        sent += 1;
        assert!(sent < 100_000);
    }
    let writable = || {
        let mut fds = [PollFd::new(&upstream, PollFlags::OUT)];
        poll(&mut fds, Some(&Timespec::default())).unwrap() == 1
    };
    assert!(!writable());
    for _ in 0..sent {
        place.receive();
    }
    assert!(writable());
    assert_eq!(upstream.send(b"x", &[]), Ok(true));
}

#[test]
fn the_other_side_may_be_started_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("n");
    let first = UnixDatagram::bind(&path).unwrap();
    let upstream = Upstream::connect(&SocketName::Path(path.clone())).unwrap();
    assert_eq!(upstream.send(b"a", &[]), Ok(true));
    drop(first);
    std::fs::rename(&path, directory.path().join("old")).unwrap();
    assert!(upstream.send(b"b", &[]).is_err());
    let second = UnixDatagram::bind(&path).unwrap();
    assert_eq!(upstream.send(b"c", &[]), Ok(true));
    let mut room = [0; 8];
    assert_eq!(second.recv(&mut room).unwrap(), 1);
    assert_eq!(room[0], b'c');
}

#[test]
fn abstract_names_too() {
    let name = format!("sockctl-test-{}", std::process::id()).into_bytes();
    let receiver = Receiver::in_abstract_space(&name).unwrap();
    let upstream = Upstream::connect(&SocketName::Abstract(name)).unwrap();
    assert_eq!(upstream.send(b"READY=1", &[]), Ok(true));
    let datagram = receiver.receive(&mut [0; 64]).unwrap().unwrap();
    assert_eq!(datagram.length, 7);
}
