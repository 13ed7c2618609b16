//! Access control lists of a pinned inode: `system.posix_acl_access`, acl(5), read by hand.
//!
//! The value is a version (little-endian `u32`, 2) and entries of eight bytes: tag and
//! permissions (`u16`) and id (`u32`), see include/uapi/linux/posix_acl_xattr.h.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::Arc;

use rustix::io::Errno;

use super::dir::{Failure, Pinned};
use super::{filter, perm};
use crate::model::{Acl, FileAcl, Gid, Uid};

const NAME: &CStr = c"system.posix_acl_access";
const VERSION: u32 = 2;
/// What the kernel lets an attribute hold (XATTR_SIZE_MAX).
const LARGEST: usize = 64 * 1024;

/// Why an ACL cannot be told. Nothing is guessed: what is not exactly an ACL is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unread {
    /// The kernel did not hand it out.
    #[error("{0}")]
    Failed(Failure),
    /// It did, and it is none.
    #[error("its ACL is none that can be read: {0}")]
    Bad(BadAcl),
}

/// What is wrong with the bytes of an ACL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAcl {
    /// Not a version and whole entries.
    #[error("{0} bytes are no version and whole entries")]
    Length(usize),
    /// A version that is not known.
    #[error("version {0} is not known")]
    Version(u32),
    /// A tag that is not known.
    #[error("an entry of the unknown kind {0:#x}")]
    Tag(u16),
    /// More than rwx.
    #[error("the permissions {0:#x} are more than rwx")]
    Bits(u16),
    /// 4294967295 as a user or group.
    #[error("an entry for 4294967295, which is nobody")]
    Nobody,
    /// Two entries of a kind of which there is one.
    #[error("two entries for the {0}")]
    Twice(&'static str),
    /// One of the three that every ACL has is missing.
    #[error("no entry for {0}")]
    Missing(&'static str),
}

impl From<Errno> for Unread {
    fn from(errno: Errno) -> Unread {
        Unread::Failed(errno.into())
    }
}

fn parse(value: &[u8]) -> Result<Acl, BadAcl> {
    let (version, entries) = value
        .split_first_chunk::<4>()
        .filter(|(_, entries)| entries.len() % 8 == 0)
        .ok_or(BadAcl::Length(value.len()))?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(BadAcl::Version(version));
    }
    let mut acl = Acl::default();
    let (mut owner, mut group, mut others) = (None, None, None);
    for entry in entries.chunks_exact(8) {
        let tag = u16::from_le_bytes([entry[0], entry[1]]);
        let bits = u16::from_le_bytes([entry[2], entry[3]]);
        let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
        if bits > 7 {
            return Err(BadAcl::Bits(bits));
        }
        match tag {
            // The owner and the others are what the mode says they are. Of a user or a group there
            // may be several entries, and the kernel takes them in their order.
            0x01 => once(&mut owner, bits, "owner")?,
            0x02 => acl.users.push((Uid::new(id).ok_or(BadAcl::Nobody)?, bits)),
            0x04 => once(&mut group, bits, "owning group")?,
            0x08 => acl.groups.push((Gid::new(id).ok_or(BadAcl::Nobody)?, bits)),
            0x10 => once(&mut acl.mask, bits, "mask")?,
            0x20 => once(&mut others, bits, "others")?,
            _ => return Err(BadAcl::Tag(tag)),
        }
    }
    owner.ok_or(BadAcl::Missing("the owner"))?;
    others.ok_or(BadAcl::Missing("others"))?;
    acl.group = group.ok_or(BadAcl::Missing("the owning group"))?;
    let is_bounded = acl.mask.is_some() || (acl.users.is_empty() && acl.groups.is_empty());
    is_bounded.then_some(acl).ok_or(BadAcl::Missing(
        "the mask, though users or groups are named",
    ))
}

fn once(entry: &mut Option<u16>, bits: u16, what: &'static str) -> Result<(), BadAcl> {
    match entry.replace(bits) {
        None => Ok(()),
        Some(_) => Err(BadAcl::Twice(what)),
    }
}

/// The ACL of an inode; `None` where it has none that says more than its mode, or where the file
/// system keeps none.
///
/// Read through `/proc/self/fd`, for a descriptor that only pins cannot be asked.
///
/// # Errors
///
/// Where it cannot be read, or is not exactly an ACL.
pub fn read(pinned: &Pinned) -> Result<Option<Acl>, Unread> {
    Ok(match Reader::default().look(pinned)? {
        Found::More(acl) => Some(acl),
        Found::Unkept | Found::Plain => None,
    })
}

/// What is known of the ACL of an inode.
#[derive(Debug)]
pub(super) enum Found {
    /// Its file system keeps none.
    Unkept,
    /// The mode says it all.
    Plain,
    /// It says more.
    More(Acl),
}

/// Reads the ACLs of many inodes: what every one of them would ask again is asked once.
#[derive(Debug, Default)]
pub struct Reader {
    /// File systems that keep no ACLs.
    unkept: Vec<u64>,
    /// Room for a value.
    value: Vec<u8>,
    /// The kernel cannot be asked by directory and name: Linux before 6.13, or a filter.
    has_no_names: bool,
}

/// getxattrat(2), of a link itself; without room for a value it tells its length.
fn getxattr_at(directory: BorrowedFd<'_>, name: &CStr, value: &mut [u8]) -> Result<usize, Errno> {
    /// include/uapi/asm-generic/unistd.h: the same for all architectures that Rust knows.
    const GETXATTRAT: libc::c_long = 464;
    /// `struct xattr_args`
    #[repr(C, align(8))]
    struct Arguments {
        value: u64,
        size: u32,
        flags: u32,
    }
    let arguments = Arguments {
        value: value.as_mut_ptr() as u64,
        size: u32::try_from(value.len()).unwrap_or(u32::MAX),
        flags: 0,
    };
    // SAFETY: both names end with a NUL, and the kernel reads as many arguments as it is told and
    // writes no more than there is room for.
    let outcome = unsafe {
        libc::syscall(
            GETXATTRAT,
            directory.as_raw_fd(),
            name.as_ptr(),
            libc::AT_SYMLINK_NOFOLLOW,
            NAME.as_ptr(),
            &raw const arguments,
            size_of::<Arguments>(),
        )
    };
    usize::try_from(outcome).map_err(|_| {
        let error = std::io::Error::last_os_error();
        Errno::from_io_error(&error).unwrap_or(Errno::IO)
    })
}

impl Reader {
    fn look(&mut self, pinned: impl AsFd) -> Result<Found, Unread> {
        perm::check_own_descriptors()?;
        let path = path_of(pinned);
        self.read_with(|value| rustix::fs::getxattr(path.as_str(), NAME, value))
    }

    /// Reads the value into the room that `get` is given.
    fn read_with(
        &mut self,
        mut get: impl FnMut(&mut [u8]) -> Result<usize, Errno>,
    ) -> Result<Found, Unread> {
        let value = &mut self.value;
        value.resize(value.len().max(256), 0);
        loop {
            match get(value) {
                Ok(length) => {
                    let acl = parse(&value[..length]).map_err(Unread::Bad)?;
                    let is_plain = acl.is_plain();
                    return Ok(if is_plain {
                        Found::Plain
                    } else {
                        Found::More(acl)
                    });
                }
                Err(Errno::NODATA) => return Ok(Found::Plain),
                Err(Errno::OPNOTSUPP) => return Ok(Found::Unkept),
                Err(Errno::RANGE) if value.len() < LARGEST => value.resize(LARGEST, 0),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    /// Of a file of the file system `dev`, which is pinned.
    pub fn of(&mut self, dev: u64, pinned: &Pinned) -> FileAcl {
        match self.look_on(dev, pinned) {
            Ok(Found::Unkept) => FileAcl::Unkept,
            Ok(Found::Plain) => FileAcl::Plain,
            Ok(Found::More(acl)) => FileAcl::More(Arc::new(acl)),
            Err(why) => FileAcl::Unread(why.to_string().into()),
        }
    }

    /// The same of one that is not: by its name in a directory, at a single system call; `None`
    /// where it has to be pinned for that.
    pub fn below(&mut self, dev: u64, directory: impl AsFd, name: &CStr) -> Option<FileAcl> {
        if !self.may_keep(dev) {
            return Some(FileAcl::Unkept);
        }
        if !self.takes_names() {
            return None;
        }
        match getxattr_at(directory.as_fd(), name, &mut []) {
            Err(Errno::NODATA) => Some(FileAcl::Plain),
            Err(Errno::NOSYS | Errno::PERM) => {
                self.has_no_names = true;
                None
            }
            Ok(_) | Err(_) => None,
        }
    }

    fn takes_names(&self) -> bool {
        !self.has_no_names && !filter::is_there()
    }

    /// Of a directory by its own entry, which spares the way through /proc.
    fn look_at_dot(&mut self, directory: BorrowedFd<'_>) -> Result<Found, Unread> {
        if self.takes_names() {
            let found = self.read_with(|value| getxattr_at(directory, c".", value));
            // A kernel without the call, or somebody who may not search it.
            if !matches!(found, Err(Unread::Failed(_))) {
                return found;
            }
        }
        self.look(directory)
    }

    /// Whether the file system `dev` keeps ACLs, as far as it was asked.
    pub(super) fn may_keep(&self, dev: u64) -> bool {
        !self.unkept.contains(&dev)
    }

    /// As [`read`], of an inode of the file system `dev`, which is not asked again once it has said
    /// that it keeps none.
    pub(super) fn look_on(&mut self, dev: u64, pinned: impl AsFd) -> Result<Found, Unread> {
        self.unless_unkept(dev, |reader| reader.look(pinned))
    }

    /// As [`Reader::look_on`], of a directory.
    pub(super) fn look_in(&mut self, dev: u64, directory: impl AsFd) -> Result<Found, Unread> {
        self.unless_unkept(dev, |reader| reader.look_at_dot(directory.as_fd()))
    }

    fn unless_unkept(
        &mut self,
        dev: u64,
        look: impl FnOnce(&mut Reader) -> Result<Found, Unread>,
    ) -> Result<Found, Unread> {
        if !self.may_keep(dev) {
            return Ok(Found::Unkept);
        }
        let found = look(self)?;
        if matches!(found, Found::Unkept) {
            self.unkept.push(dev);
        }
        Ok(found)
    }
}

/// Removes all entries that the mode does not show. The group bits of the mode, which were the
/// mask until now, are then what the owning group has.
pub fn remove(pinned: &Pinned) -> Result<(), Failure> {
    perm::check_own_descriptors()?;
    match rustix::fs::removexattr(path_of(pinned).as_str(), NAME) {
        Ok(()) | Err(Errno::NODATA) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

fn path_of(pinned: impl AsFd) -> String {
    format!("/proc/self/fd/{}", pinned.as_fd().as_raw_fd())
}

#[cfg(test)]
mod tests;
