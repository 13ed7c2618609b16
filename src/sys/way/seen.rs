//! All that one call says of an inode that is gone through.

use std::ffi::CStr;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, FileType, Statx, StatxAttributes, StatxFlags};

use crate::model::{Gid, Inode, Mode, Uid};
use crate::sys::dir::{Facts, Failure, Kind, Pinned};
use crate::sys::mounts::MountId;
use crate::sys::perm::Frozen;

/// What statx(2) says of an inode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) facts: Facts,
    /// How many names it has.
    pub(super) links: u64,
    pub(super) frozen: Frozen,
    /// The mount that it is on, where the kernel says so (Linux 5.8).
    mount: Option<MountId>,
    /// It is the top of a mount.
    pub(super) is_mounted: bool,
}

impl Seen {
    /// Of a pinned inode.
    pub(super) fn of(pinned: &Pinned) -> rustix::io::Result<Seen> {
        Seen::at(pinned, c"", AtFlags::EMPTY_PATH)
    }

    /// Of what `name` is in a directory, a link included; nothing is pinned.
    pub(super) fn below(directory: &Pinned, name: &CStr) -> rustix::io::Result<Seen> {
        let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        Seen::at(directory, name, how)
    }

    fn at(at: &Pinned, name: &CStr, how: AtFlags) -> rustix::io::Result<Seen> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::MNT_ID;
        let found = rustix::io::retry_on_intr(|| rustix::fs::statx(at, name, how, mask))?;
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
            frozen: attributes.into(),
            mount: has_mount
                .then(|| MountId::of_statx(found.stx_mnt_id))
                .flatten(),
            is_mounted: attributes.contains(StatxAttributes::MOUNT_ROOT),
        }
    }
}
