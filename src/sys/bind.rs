//! A socket of our own, bound to a file: unix(7).
//!
//! The mode that the descriptor has when it is bound becomes the mode of the file, less what the
//! umask takes away (`unix_bind_bsd()` in net/unix/af_unix.c), so it is never wider than asked.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::Mode as OpenMode;
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags};
use rustix::thread::UnshareFlags;

use super::diag;
use super::dir::{Dir, Facts, Failure};
use crate::model::{Backlog, Inode, Mode, SocketType};

/// What an address has room for, in bytes (`UNIX_PATH_MAX` in linux/un.h). All of them may be
/// used: the kernel needs no NUL at the end.
pub const LONGEST: usize = 108;

/// linux/un.h: gives an `O_PATH` descriptor of the inode that a socket is bound to.
const SIOCUNIXFILE: libc::Ioctl = 0x89e0;

/// A socket that never waits.
#[derive(Debug)]
pub struct OwnSocket {
    fd: OwnedFd,
    kind: SocketType,
}

/// Under which name the kernel keeps a bound socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under<'a> {
    /// This path. It is looked up again from the root or the working directory, so nobody but us
    /// may be able to change where it leads.
    Path(&'a Path),
    /// The name in its directory alone: nothing can be swapped, and the directory's path may be
    /// of any length.
    Name,
}

impl OwnSocket {
    /// A socket whose file will have the mode `birth`.
    pub fn new(kind: SocketType, birth: Mode) -> Result<OwnSocket, Failure> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let raw = match kind {
            SocketType::Stream => net::SocketType::STREAM,
            SocketType::Dgram => net::SocketType::DGRAM,
            SocketType::Seqpacket => net::SocketType::SEQPACKET,
        };
        let fd = net::socket_with(AddressFamily::UNIX, raw, flags, None)?;
        rustix::fs::fchmod(&fd, OpenMode::from_bits_retain(birth.bits().into()))?;
        Ok(OwnSocket { fd, kind })
    }

    /// Makes the file `name` in `dir`; fails with [`Failure::is_taken`] where something, be it a
    /// link that leads nowhere, has that name.
    pub fn bind(&self, dir: &Dir, name: &CStr, under: Under<'_>) -> Result<(), Failure> {
        match under {
            Under::Path(path) => Ok(net::bind(&self.fd, &SocketAddrUnix::new(path)?)?),
            Under::Name => self.bind_in(dir, name),
        }
    }

    /// A working directory belongs to the whole process, unless a thread asks for its own
    /// (`CLONE_FS`); filters of containers forbid that, and then there is only the way through
    /// /proc, which has less room and leaves a name that means nothing to others.
    fn bind_in(&self, dir: &Dir, name: &CStr) -> Result<(), Failure> {
        let address = SocketAddrUnix::new(name)?;
        let bound = std::thread::scope(|scope| {
            let in_directory = || {
                // SAFETY: only the working directory, root directory and umask become this
                // thread's own; descriptors stay shared.
                unsafe { rustix::thread::unshare_unsafe(UnshareFlags::FS) }.map_err(|_| None)?;
                rustix::process::fchdir(dir).map_err(Some)?;
                net::bind(&self.fd, &address).map_err(Some)
            };
            let thread = std::thread::Builder::new().spawn_scoped(scope, in_directory);
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(outcome)) => outcome,
                // No thread, no directory of its own.
                Ok(Err(_)) | Err(_) => Err(None),
            }
        });
        match bound {
            Ok(()) => Ok(()),
            Err(Some(errno)) => Err(errno.into()),
            Err(None) => {
                let mut path = format!("/proc/self/fd/{}/", dir.as_fd().as_raw_fd()).into_bytes();
                path.extend_from_slice(name.to_bytes());
                Ok(net::bind(&self.fd, &SocketAddrUnix::new(path)?)?)
            }
        }
    }

    /// Lets clients in; a datagram socket takes what is sent from the moment its mode lets
    /// anybody send.
    pub fn listen(&self, backlog: Backlog) -> Result<(), Failure> {
        match self.kind {
            SocketType::Dgram => Ok(()),
            _ => Ok(net::listen(&self.fd, backlog.as_raw())?),
        }
    }

    /// Whether the socket is bound to that inode; `None` where the kernel does not let us know:
    /// it takes `CAP_NET_ADMIN`, or `unix_diag` and a file system without devices of its own
    /// making (btrfs, overlayfs).
    pub fn is_bound_to(&self, file: Inode) -> Option<bool> {
        if let Ok(bound) = self.file() {
            return Some(bound.inode == file);
        }
        let own = rustix::fs::fstat(&self.fd).ok()?.st_ino;
        let row = diag::row(u32::try_from(own).ok()?).ok()??;
        let (dev, low) = row.vfs?;
        if u64::from(low) == file.ino & u64::from(u32::MAX) {
            (dev == file.dev).then_some(true)
        } else {
            Some(false)
        }
    }

    /// The inode that the socket is bound to, whatever has become of its path.
    fn file(&self) -> Result<Facts, Failure> {
        // SAFETY: the descriptor is open, and this request takes no argument.
        let file = unsafe { libc::ioctl(self.fd.as_raw_fd(), SIOCUNIXFILE) };
        if file < 0 {
            return Err(std::io::Error::last_os_error().into());
        }
        // SAFETY: the kernel has just made this descriptor for us.
        let file = unsafe { OwnedFd::from_raw_fd(file) };
        Ok(rustix::fs::fstat(file)?.into())
    }

    /// Takes one client or one datagram off the queue and drops it. Whether there was one.
    pub fn drop_one(&self) -> Result<bool, Failure> {
        let outcome = if self.kind == SocketType::Dgram {
            let mut byte = [0_u8; 1];
            net::recv(&self.fd, &mut byte[..], RecvFlags::TRUNC).map(drop)
        } else {
            net::accept_with(&self.fd, SocketFlags::CLOEXEC).map(drop)
        };
        match outcome {
            // A client that went away before it was its turn is one that is off the queue.
            Ok(()) | Err(Errno::CONNABORTED | Errno::INTR) => Ok(true),
            Err(Errno::AGAIN) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for OwnSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

#[cfg(test)]
mod tests;
