//! Another process's descriptors: pidfd_open(2), pidfd_getfd(2), and from a socket to its file.

#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};

use super::lookup::Target;
use super::proc::Holding;

/// linux/un.h: gives an `O_PATH` descriptor of the inode that a socket is bound to.
const SIOCUNIXFILE: libc::Ioctl = 0x89e0;

/// The inode that the socket is bound to, whatever has become of its path.
///
/// # Errors
///
/// `EPERM` without `CAP_NET_ADMIN` over its network namespace or the right to trace the holder,
/// `ENOENT` where it is not bound to a path, `ESRCH` and `EBADF` where the holder has gone or has
/// closed it. Nothing of this is seen by the holder.
pub fn bound_file(holding: &Holding<'_>) -> io::Result<Target> {
    let socket = fetch(holding)?;
    // SAFETY: the descriptor is open, and this request takes no argument.
    let file = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCUNIXFILE) };
    if file < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made this descriptor for us.
    let file = unsafe { OwnedFd::from_raw_fd(file) };
    Target::of(&file)
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
