//! Connecting to a socket as a client does, and never waiting: connect(2), unix(7).
//!
//! A file is connected to through `/proc/self/fd/N` of a descriptor that pins it: the inode tested
//! is the inode looked at, and no path is too long.

use std::fmt::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketAddrUnix, SocketFlags};

use super::dir::{Failure, Pinned};
use crate::model::SocketType;

/// What is connected to.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// A file. That it is a socket was made sure of: all others answer [`Reply::Refused`].
    Inode(&'a Pinned),
    /// A name of this network namespace's abstract space, without the NUL in front.
    Abstract(&'a [u8]),
}

/// What the kernel answers.
#[derive(Debug)]
pub enum Reply {
    /// The connection is there. A stream or seqpacket server has it in its queue; a datagram
    /// server has no trace of it.
    Connected(Connection),
    /// EAGAIN: the backlog is full.
    Full,
    /// ECONNREFUSED: nothing is bound, or what is bound does not listen.
    Refused,
    /// EPROTOTYPE: a socket of another type is bound. It has no trace of us.
    OtherType,
    /// EPERM of a datagram socket: it talks to its own peer only.
    Choosy,
    /// EACCES, or EPERM from a security module.
    Denied(Failure),
    /// It could not be told; the text says why.
    Failed(String),
}

/// A connection. It is closed when it goes out of scope.
#[derive(Debug)]
pub struct Connection(OwnedFd);

/// Connects as a client of that type, and says how long the connect alone took.
///
/// A datagram client is silent: the server notices nothing, of whatever type it is.
pub fn connect(target: Target<'_>, kind: SocketType) -> (Reply, Duration) {
    match socket(kind) {
        Ok(socket) => connect_with(socket, target, kind),
        Err(errno) => (failed("socket()", errno), Duration::ZERO),
    }
}

/// As [`connect`] for a datagram client, which gets an address of its own first (the kernel
/// chooses an abstract name), so that the server can answer it.
pub fn connect_answerable(target: Target<'_>) -> (Reply, Duration) {
    let bound = socket(SocketType::Dgram)
        .and_then(|socket| net::bind(&socket, &SocketAddrUnix::new_unnamed()).map(|()| socket));
    match bound {
        Ok(socket) => connect_with(socket, target, SocketType::Dgram),
        Err(errno) => (failed("bind()", errno), Duration::ZERO),
    }
}

fn socket(kind: SocketType) -> rustix::io::Result<OwnedFd> {
    let kind = match kind {
        SocketType::Stream => net::SocketType::STREAM,
        SocketType::Dgram => net::SocketType::DGRAM,
        SocketType::Seqpacket => net::SocketType::SEQPACKET,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    net::socket_with(AddressFamily::UNIX, kind, flags, None)
}

fn connect_with(socket: OwnedFd, target: Target<'_>, kind: SocketType) -> (Reply, Duration) {
    let address = match address(target) {
        Ok(address) => address,
        Err(errno) => return (failed("connect()", errno), Duration::ZERO),
    };
    let started = Instant::now();
    let outcome = rustix::io::retry_on_intr(|| net::connect(&socket, &address));
    let took = started.elapsed();
    let reply = match outcome {
        Ok(()) => Reply::Connected(Connection(socket)),
        Err(Errno::AGAIN) => Reply::Full,
        Err(Errno::CONNREFUSED) => Reply::Refused,
        Err(Errno::PROTOTYPE) => Reply::OtherType,
        Err(Errno::PERM) if kind == SocketType::Dgram => Reply::Choosy,
        Err(errno @ (Errno::ACCESS | Errno::PERM)) => Reply::Denied(errno.into()),
        // The descriptor is open, so it is /proc that is not there.
        Err(Errno::NOENT) => Reply::Failed("/proc is not mounted".to_owned()),
        Err(errno) => failed("connect()", errno),
    };
    (reply, took)
}

fn address(target: Target<'_>) -> rustix::io::Result<SocketAddrUnix> {
    match target {
        Target::Abstract(name) => SocketAddrUnix::new_abstract_name(name),
        Target::Inode(pinned) => {
            let mut path = String::with_capacity(32);
            // Writing to a string does not fail.
            write!(path, "/proc/self/fd/{}", pinned.as_fd().as_raw_fd())
                .map_err(|_| Errno::NOMEM)?;
            SocketAddrUnix::new(path.as_bytes())
        }
    }
}

fn failed(call: &str, errno: Errno) -> Reply {
    Reply::Failed(format!("{call}: {}", Failure::from(errno)))
}

impl Connection {
    /// Sends what can be sent at once. `None`: nothing at the moment.
    pub fn send(&self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        unless_later(rustix::io::retry_on_intr(|| {
            net::send(&self.0, bytes, flags)
        }))
    }

    /// Receives what is there. `None`: nothing at the moment; 0: the other side has ended.
    pub fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        let received =
            rustix::io::retry_on_intr(|| net::recv(&self.0, &mut *buffer, RecvFlags::DONTWAIT));
        unless_later(received.map(|(length, _)| length))
    }
}

fn unless_later(outcome: rustix::io::Result<usize>) -> Result<Option<usize>, Failure> {
    match outcome {
        Ok(length) => Ok(Some(length)),
        Err(Errno::AGAIN) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::{UnixDatagram, UnixListener};

    use super::*;

    #[test]
    fn a_datagram_client_with_an_address_is_answered() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("d");
        let server = UnixDatagram::bind(&path).unwrap();
        let pinned = Pinned::open(&path).unwrap();
        let (reply, _) = connect_answerable(Target::Inode(&pinned));
        let Reply::Connected(client) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(client.send(b"ping"), Ok(Some(4)));
        let mut buffer = [0; 16];
        assert_eq!(client.receive(&mut buffer), Ok(None));
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"ping");
        server.send_to_addr(b"pong", &from).unwrap();
        assert_eq!(client.receive(&mut buffer), Ok(Some(4)));
    }

    #[test]
    fn the_end_of_the_other_side_is_an_answer_and_no_signal() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let server = UnixListener::bind(&path).unwrap();
        let pinned = Pinned::open(&path).unwrap();
        let (reply, _) = connect(Target::Inode(&pinned), SocketType::Stream);
        let Reply::Connected(client) = reply else {
            panic!("{reply:?}");
        };
        drop(server.accept().unwrap());
        let mut buffer = [0; 16];
        assert_eq!(client.receive(&mut buffer), Ok(Some(0)));
        let refused = client.send(b"x").unwrap_err();
        assert_eq!(refused.to_string(), "Broken pipe (EPIPE)");
    }
}
