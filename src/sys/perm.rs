//! Mode and owner of an inode that is pinned, whatever its path leads to by now.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::OnceLock;

use rustix::fs::{AtFlags, CWD, Gid as FsGid, Mode as FsMode, OFlags, Uid as FsUid};
use rustix::io::Errno;

use super::dir::{Failure, Pinned};
use super::filter;
use super::seen::Seen;
use crate::model::{Gid, Mode, Uid};

/// Sets all twelve permission bits: fchmodat2(2) on the descriptor itself; where that call is not
/// there (Linux before 6.6), or a filter may be in front of it, chmod(2) through `/proc/self/fd`.
///
/// The inode must not be a link: the second way would follow it.
pub fn chmod(pinned: &Pinned, mode: Mode) -> Result<(), Failure> {
    if filter::is_there() {
        return chmod_through_proc(pinned, mode);
    }
    match fchmodat2(pinned, mode) {
        // A filter may say EPERM of a call that it does not know; asked in the other way, the
        // kernel says it again if it means it.
        Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => chmod_through_proc(pinned, mode),
        outcome => Ok(outcome?),
    }
}

fn fchmodat2(pinned: &Pinned, mode: Mode) -> rustix::io::Result<()> {
    let fd = pinned.as_fd().as_raw_fd();
    // SAFETY: the descriptor is open, the path is a string that ends in NUL, and the kernel
    // only reads it.
    let returned = unsafe {
        libc::syscall(
            libc::SYS_fchmodat2,
            fd,
            c"".as_ptr(),
            libc::c_uint::from(mode.bits()),
            libc::AT_EMPTY_PATH,
        )
    };
    if returned == 0 {
        Ok(())
    } else {
        let error = std::io::Error::last_os_error();
        Err(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

fn chmod_through_proc(pinned: &Pinned, mode: Mode) -> Result<(), Failure> {
    let descriptors = own_descriptors()?;
    let name = pinned.as_fd().as_raw_fd().to_string();
    let mode = FsMode::from_raw_mode(u32::from(mode.bits()));
    Ok(rustix::fs::chmodat(
        &descriptors,
        name,
        mode,
        AtFlags::empty(),
    )?)
}

/// `/proc/self/fd`, made sure that it is the kernel's own.
pub(super) fn own_descriptors() -> rustix::io::Result<OwnedFd> {
    let how = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(CWD, c"/proc/self/fd", how, FsMode::empty())?;
    if rustix::fs::fstatfs(&directory)?.f_type != rustix::fs::PROC_SUPER_MAGIC {
        return Err(Errno::NOSYS);
    }
    Ok(directory)
}

/// Makes sure that `/proc/self/fd` is the kernel's own, for calls that take a path and no
/// directory. Once is enough: nobody mounts there who could not do anything else.
pub(super) fn check_own_descriptors() -> rustix::io::Result<()> {
    static CHECKED: OnceLock<()> = OnceLock::new();
    if CHECKED.get().is_none() {
        own_descriptors()?;
        CHECKED.get_or_init(|| ());
    }
    Ok(())
}

/// Gives it to a user, a group, or both; `None` keeps what is there (fchownat(2)).
///
/// The kernel takes the set-id bits away with it, whoever asks.
pub fn chown(pinned: &Pinned, uid: Option<Uid>, gid: Option<Gid>) -> Result<(), Failure> {
    let uid = uid.map(|uid| FsUid::from_raw(uid.as_raw()));
    let gid = gid.map(|gid| FsGid::from_raw(gid.as_raw()));
    let how = AtFlags::EMPTY_PATH;
    Ok(rustix::fs::chownat(pinned, c"", uid, gid, how)?)
}

/// How many names the inode has.
pub fn links(inode: impl AsFd) -> Result<u64, Failure> {
    #[allow(clippy::useless_conversion)] // narrower on other architectures
    Ok(u64::from(rustix::fs::fstat(inode)?.st_nlink))
}

/// Whether the inode carries the flag "immutable" or "append only" (chattr(1)), which stop root
/// too; not where the file system does not say.
pub fn is_frozen(pinned: &Pinned) -> bool {
    Seen::of(pinned).is_ok_and(|seen| seen.attributes.immutable || seen.attributes.append_only)
}

/// The bits that this process takes away from what it makes.
pub fn umask() -> Mode {
    // It can only be read by setting it; until it is back, nothing wider can come into being.
    let mask = rustix::process::umask(FsMode::from_raw_mode(0o777));
    rustix::process::umask(mask);
    Mode::from_st_mode(mask.as_raw_mode())
}

/// Sets them. Nothing is allocated.
pub fn set_umask(mask: Mode) {
    rustix::process::umask(FsMode::from_raw_mode(mask.bits().into()));
}

#[cfg(test)]
mod tests;
