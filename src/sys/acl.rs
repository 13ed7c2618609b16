//! Access control lists of a pinned inode: `system.posix_acl_access`, acl(5), read by hand.
//!
//! The value is a version (little-endian `u32`, 2) and entries of eight bytes: tag and
//! permissions (`u16`) and id (`u32`), see include/uapi/linux/posix_acl_xattr.h.

use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Errno;

use super::dir::{Failure, Pinned};
use super::perm;
use crate::model::{Gid, Uid};

const NAME: &std::ffi::CStr = c"system.posix_acl_access";
const VERSION: u32 = 2;
/// What the kernel lets an attribute hold (XATTR_SIZE_MAX).
const LARGEST: usize = 64 * 1024;

/// An ACL that says more than the mode does: with one, the group bits of the mode are its mask.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acl {
    /// What the owning group has, before the mask; bits as in one digit of a mode.
    pub group: u16,
    /// The most that any of the named ones and the owning group get; absent: no such limit.
    pub mask: Option<u16>,
    /// Users by name (here: by number), before the mask.
    pub users: Vec<(Uid, u16)>,
    /// Groups, before the mask.
    pub groups: Vec<(Gid, u16)>,
}

impl Acl {
    /// What the owning group really has.
    pub fn effective_group(&self) -> u16 {
        self.group & self.mask.unwrap_or(7)
    }

    /// Whether it lets nobody in whom the mode does not show, and hides nobody: it is the mode
    /// written in another way.
    fn is_plain(&self) -> bool {
        self.mask.is_none() && self.users.is_empty() && self.groups.is_empty()
    }

    fn parse(value: &[u8]) -> Option<Acl> {
        let (version, entries) = value.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*version) != VERSION || entries.len() % 8 != 0 {
            return None;
        }
        let mut acl = Acl::default();
        for entry in entries.chunks_exact(8) {
            let tag = u16::from_le_bytes([entry[0], entry[1]]);
            let bits = u16::from_le_bytes([entry[2], entry[3]]) & 7;
            let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
            match tag {
                // The owner and the others are what the mode says they are.
                0x01 | 0x20 => {}
                0x02 => acl.users.push((Uid::new(id)?, bits)),
                0x04 => acl.group = bits,
                0x08 => acl.groups.push((Gid::new(id)?, bits)),
                0x10 => acl.mask = Some(bits),
                _ => return None,
            }
        }
        Some(acl)
    }
}

/// The ACL of an inode; `None` where it has none that says more than its mode, or where the file
/// system keeps none.
///
/// Read through `/proc/self/fd`, for a descriptor that only pins cannot be asked.
pub fn read(pinned: &Pinned) -> Result<Option<Acl>, Failure> {
    let path = path_of(pinned)?;
    let mut value = vec![0; 256];
    loop {
        match rustix::fs::getxattr(path.as_str(), NAME, value.as_mut_slice()) {
            Ok(length) => {
                let acl = Acl::parse(&value[..length]).ok_or(Errno::INVAL)?;
                return Ok((!acl.is_plain()).then_some(acl));
            }
            Err(Errno::NODATA | Errno::OPNOTSUPP) => return Ok(None),
            Err(Errno::RANGE) if value.len() < LARGEST => value.resize(LARGEST, 0),
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Removes all entries that the mode does not show. The group bits of the mode, which were the
/// mask until now, are then what the owning group has.
pub fn remove(pinned: &Pinned) -> Result<(), Failure> {
    match rustix::fs::removexattr(path_of(pinned)?.as_str(), NAME) {
        Ok(()) | Err(Errno::NODATA) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

fn path_of(pinned: &Pinned) -> Result<String, Failure> {
    // Only made sure of: the attribute calls take no directory.
    perm::own_descriptors()?;
    Ok(format!("/proc/self/fd/{}", pinned.as_fd().as_raw_fd()))
}

#[cfg(test)]
mod tests;
