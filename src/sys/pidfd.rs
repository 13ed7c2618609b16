//! Another process's descriptors: pidfd_open(2), pidfd_getfd(2), and from a socket to its file.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::dir::real_path;
use super::lookup::Target;
use super::proc::Holding;

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

/// What the socket is bound to, whatever has become of the name.
///
/// # Errors
///
/// `EPERM` without `CAP_NET_ADMIN` over its network namespace or the right to trace the holder,
/// `ENOENT` where it is not bound to a path, `ESRCH` and `EBADF` where the holder has gone or has
/// closed it. Nothing of this is seen by the holder.
pub fn bound_file(holding: &Holding<'_>) -> io::Result<Bound> {
    let socket = fetch(holding)?;
    // SAFETY: the descriptor is open, and this request takes no argument.
    let file = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCUNIXFILE) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    let file = unsafe { OwnedFd::from_raw_fd(file) };
    let target = Target::of(&file)?;
    let path = real_path(file.as_fd()).map_err(|_| Errno::NOENT)?;
    let path = if target.removed {
        without_mark(path)
    } else {
        path
    };
    Ok(Bound { target, path })
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
