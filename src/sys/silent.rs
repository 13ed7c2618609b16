//! Whether anything is bound to a socket file, without being noticed.
//!
//! connect(2) from a datagram socket finds the kernel socket that is bound to the inode and then
//! compares the types (`unix_find_bsd()` in net/unix/af_unix.c). Bound to a stream or seqpacket
//! socket it ends there, with EPROTOTYPE: no queue entry, no wake-up, nothing to accept. Bound to
//! a datagram socket it remembers that socket as our peer, on our side alone; nothing is sent,
//! and the association is dissolved at once. So the server has no trace of it; at most the file's
//! time of last access moves, where a datagram socket is bound. It works for a listener whose
//! backlog is full, one that has not called listen(2) yet, and one in another network namespace.

use std::fmt::Write;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

use super::dir::{Failure, Pinned};

/// What the kernel answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// EPROTOTYPE: a stream or seqpacket socket is bound. It may listen, or not yet.
    Connectionful,
    /// Success, or EPERM from one that talks to its own peer only: a datagram socket is bound.
    Datagram,
    /// ECONNREFUSED: nothing is bound. Only true of an inode that is a socket.
    Refused,
    /// EACCES: no `w` on the socket for us; nothing is known.
    Denied,
    /// It could not be told; the text says why.
    Failed(String),
}

/// The socket that asks. One is enough for any number of questions, one after the other.
#[derive(Debug)]
pub struct SilentProbe {
    socket: OwnedFd,
}

impl SilentProbe {
    /// Fails where there is no descriptor or memory left.
    pub fn new() -> Result<SilentProbe, Failure> {
        let socket = rustix::net::socket_with(
            AddressFamily::UNIX,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )?;
        Ok(SilentProbe { socket })
    }

    /// Asks about the very inode that is pinned, whatever its path leads to by now.
    ///
    /// The caller has made sure that it is a socket: every other kind of file answers
    /// [`Answer::Refused`] too. The permission asked for is `w` on the inode; the directories
    /// above it are not asked again.
    pub fn test(&self, pinned: &Pinned) -> Answer {
        match self.connect(pinned) {
            Ok(()) => self.dissolve(),
            Err(Errno::PROTOTYPE) => Answer::Connectionful,
            Err(Errno::PERM) => Answer::Datagram,
            Err(Errno::CONNREFUSED) => Answer::Refused,
            Err(Errno::ACCESS) => Answer::Denied,
            // The descriptor is open, so it is /proc that is not there.
            Err(Errno::NOENT) => Answer::Failed("/proc is not mounted".to_owned()),
            Err(errno) => Answer::Failed(format!("connect(): {}", Failure::from(errno))),
        }
    }

    fn connect(&self, pinned: &Pinned) -> rustix::io::Result<()> {
        let mut path = String::with_capacity(32);
        // Writing to a string does not fail.
        if write!(path, "/proc/self/fd/{}", pinned.as_fd().as_raw_fd()).is_err() {
            return Err(Errno::NOMEM);
        }
        let address = SocketAddrUnix::new(path.as_bytes())?;
        rustix::io::retry_on_intr(|| rustix::net::connect(&self.socket, &address))
    }

    fn dissolve(&self) -> Answer {
        match rustix::net::connect_unspec(&self.socket) {
            Ok(()) => Answer::Datagram,
            Err(errno) => Answer::Failed(format!(
                "connect() to nobody afterwards: {}",
                Failure::from(errno)
            )),
        }
    }
}

#[cfg(test)]
mod tests;
