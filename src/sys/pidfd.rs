//! Another process's descriptors: pidfd_open(2), pidfd_getfd(2), and from a socket to its file.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::diag::Name;
use super::dir::real_path;
use super::lookup::Target;
use super::poll::{self, Awaited};
use super::proc::Holding;
use crate::model::SocketType;

/// linux/un.h: gives an `O_PATH` descriptor of the inode that a socket is bound to.
const SIOCUNIXFILE: libc::Ioctl = 0x89e0;

/// What a socket is bound to.
#[derive(Debug)]
pub struct Bound {
    /// The inode.
    pub target: Target,
    /// Where it is, or was when its last link went: the kernel's own word, whatever name was
    /// bound and from which directory. A rename moves it along.
    pub path: PathBuf,
}

/// Waits until the process has ended, or that long. Whether it has; one that cannot be waited for
/// has not.
pub fn ends_within(pid: u32, longest: Duration) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => poll::ready(&[Awaited::Read(process.as_fd())], Some(longest))
            .is_ok_and(|ended| ended == [true]),
        Err(errno) => errno == Errno::SRCH,
    }
}

/// What the socket is bound to, whatever has become of the name.
///
/// # Errors
///
/// `EPERM` without `CAP_NET_ADMIN` over its network namespace or the right to trace the holder,
/// `ENOENT` where it is not bound to a path, `ESRCH` and `EBADF` where the holder has gone or has
/// closed it. Nothing of this is seen by the holder.
pub fn bound_file(holding: &Holding<'_>) -> io::Result<Bound> {
    let file = file_of(&fetch(holding)?)?;
    let target = Target::of(&file)?;
    let path = real_path(file.as_fd()).map_err(|_| Errno::NOENT)?;
    let path = if target.removed {
        without_mark(path)
    } else {
        path
    };
    Ok(Bound { target, path })
}

fn file_of(socket: &OwnedFd) -> io::Result<OwnedFd> {
    // SAFETY: the descriptor is open, and this request takes no argument.
    let file = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCUNIXFILE) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(file) })
}

/// What somebody can reach through a socket, as the socket itself tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// A Unix socket with a name.
    Unix {
        /// What it is bound to.
        name: Name,
        /// Its type.
        kind: SocketType,
        /// The inode, where the kernel lets us know it.
        file: Option<Target>,
    },
    /// One of the internet families.
    Inet,
}

/// What can be reached through the socket; `None`: nothing, for it does not listen, is not bound,
/// or only talks to its own peer.
///
/// # Errors
///
/// As those of [`bound_file`]; what that one may not look at is left out here.
pub fn open_to_others(holding: &Holding<'_>) -> io::Result<Option<Open>> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketType as Raw, sockopt};
    let socket = fetch(holding)?;
    let family = sockopt::socket_domain(&socket)?;
    let listens = sockopt::socket_acceptconn(&socket)?;
    if matches!(family, AddressFamily::INET | AddressFamily::INET6) {
        return Ok(listens.then_some(Open::Inet));
    }
    if family != AddressFamily::UNIX {
        return Ok(None);
    }
    let kind = match sockopt::socket_type(&socket)? {
        Raw::STREAM => SocketType::Stream,
        Raw::DGRAM => SocketType::Dgram,
        Raw::SEQPACKET => SocketType::Seqpacket,
        _ => return Ok(None),
    };
    let alone = || {
        matches!(
            rustix::net::getpeername(&socket),
            Ok(None) | Err(Errno::NOTCONN)
        )
    };
    if !(listens || (kind == SocketType::Dgram && alone())) {
        return Ok(None);
    }
    let Ok(address) = SocketAddrUnix::try_from(rustix::net::getsockname(&socket)?) else {
        return Ok(None);
    };
    let name = match (address.path_bytes(), address.abstract_name()) {
        (Some(path), _) => Name::Path(path.to_vec()),
        (None, Some(name)) => Name::Abstract(name.to_vec()),
        (None, None) => return Ok(None),
    };
    let file = file_of(&socket).and_then(|file| Target::of(&file)).ok();
    Ok(Some(Open::Unix { name, kind, file }))
}

/// Without what the kernel appends to the path of an inode that has no link left.
fn without_mark(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(bare) => PathBuf::from(OsString::from_vec(bare.to_vec())),
        None => path,
    }
}

/// A duplicate of the holder's descriptor. That it is the socket meant, and not one that the
/// process or a later one with its pid has there now, is seen from the socket's own number.
fn fetch(holding: &Holding<'_>) -> io::Result<OwnedFd> {
    let number = |raw: u32| i32::try_from(raw).map_err(|_| Errno::INVAL);
    let pid = Pid::from_raw(number(holding.process.pid())?).ok_or(Errno::SRCH)?;
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    let descriptor = number(holding.descriptor)?;
    let socket = pidfd_getfd(process, descriptor, PidfdGetfdFlags::empty())?;
    if rustix::fs::fstat(&socket)?.st_ino == u64::from(holding.socket) {
        Ok(socket)
    } else {
        Err(Errno::BADF.into())
    }
}
