//! All that one call says of an inode.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Statx, StatxAttributes, StatxFlags};

use super::dir::{Facts, Failure, Kind, Pinned};
use super::mounts::MountId;
use crate::model::{Attributes, Gid, Inode, Mode, Uid};

/// What statx(2) says of an inode.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// What it is and whose.
    pub facts: Facts,
    /// How many names it has.
    pub links: u64,
    /// What else keeps it where it is.
    pub attributes: Attributes,
    /// The mount that it is on, where the kernel says so (Linux 5.8).
    mount: Option<MountId>,
}

impl Seen {
    /// Of a pinned inode.
    ///
    /// # Errors
    ///
    /// As statx(2) has them.
    pub fn of(pinned: &Pinned) -> rustix::io::Result<Seen> {
        Seen::at(pinned, c"", AtFlags::EMPTY_PATH)
    }

    /// Of what `name` is in a directory, a link included; nothing is pinned.
    ///
    /// # Errors
    ///
    /// As statx(2) has them.
    pub fn below(directory: impl AsFd, name: &CStr) -> rustix::io::Result<Seen> {
        let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        Seen::at(directory, name, how)
    }

    fn at(at: impl AsFd, name: &CStr, how: AtFlags) -> rustix::io::Result<Seen> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        let found = rustix::io::retry_on_intr(|| rustix::fs::statx(&at, name, how, mask))?;
        Ok(Seen::from(found))
    }

    /// The mount that it is on.
    pub(super) fn mount(&self, pinned: impl AsFd) -> Result<MountId, Failure> {
        self.mount.map_or_else(|| MountId::of(pinned), Ok)
    }
}

impl From<Statx> for Seen {
    fn from(found: Statx) -> Seen {
        let mode = u32::from(found.stx_mode);
        let has_mount = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID);
        let attributes = found.stx_attributes;
        Seen {
            facts: Facts {
                inode: Inode {
                    dev: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
                    ino: found.stx_ino,
                },
                kind: Kind::from_file_type(FileType::from_raw_mode(mode)),
                mode: Mode::from_st_mode(mode),
                uid: Uid::new(found.stx_uid),
                gid: Gid::new(found.stx_gid),
                removed: found.stx_nlink == 0,
            },
            links: found.stx_nlink.into(),
            attributes: Attributes {
                immutable: attributes.contains(StatxAttributes::IMMUTABLE),
                append_only: attributes.contains(StatxAttributes::APPEND),
                mount_point: attributes.contains(StatxAttributes::MOUNT_ROOT),
            },
            mount: has_mount
                .then(|| MountId::of_statx(found.stx_mnt_id))
                .flatten(),
        }
    }
}
