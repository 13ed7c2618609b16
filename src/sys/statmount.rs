//! What is mounted, asked by number: listmount(2) and statmount(2), Linux 6.8.
//!
//! A line of mountinfo costs the kernel more than both calls, and has to be read again each time.
//! Older kernels do not know them, so everything here may fail with `ENOSYS`.

#![allow(unsafe_code)]

use std::ffi::CStr;
use std::io;
use std::os::fd::AsFd;

use libc::c_long;
use rustix::fs::{AtFlags, StatxFlags};

use super::filter;

/// The type of the file system that an open descriptor is on: `ext4`, `fuse` and so on, without what
/// stands behind the dot in `fuse.sshfs`. `None`: the kernel does not tell, or a filter keeps us from
/// asking.
pub fn fs_type_of(fd: impl AsFd) -> Option<String> {
    if filter::is_there() {
        return None;
    }
    MountNumber::of(fd).and_then(MountNumber::fs_type).ok()
}

/// A mount namespace.
#[derive(Debug, Clone, Copy)]
pub(super) enum Namespace {
    /// That of the calling thread.
    Ours,
    /// By its number, as `ioctl_nsfs(2)` gives it: for whoever has `CAP_SYS_ADMIN` there.
    Other(u64),
}

/// The number of a mount, which is never given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MountNumber(u64);

impl MountNumber {
    /// The mount that an open descriptor is on. The file system itself is not asked.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` where the kernel has no such numbers yet.
    fn of(fd: impl AsFd) -> io::Result<MountNumber> {
        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let found = rustix::fs::statx(fd, c"", flags, UNIQUE)?;
        if found.stx_mask & UNIQUE.bits() == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        Ok(MountNumber(found.stx_mnt_id))
    }

    /// Of a mount of our namespace.
    fn fs_type(self) -> io::Result<String> {
        let status = Status::of(self, Namespace::Ours, FS_TYPE)?;
        let text = status.texts.get(status.fs_type as usize..);
        let text = text.filter(|_| status.mask & FS_TYPE != 0);
        let text = text.and_then(|text| CStr::from_bytes_until_nul(text).ok());
        let text = text.ok_or(io::ErrorKind::Unsupported)?;
        Ok(text.to_string_lossy().into_owned())
    }

    fn is_overlay(self, namespace: Namespace) -> io::Result<bool> {
        match Status::of(self, namespace, SUPERBLOCK) {
            Ok(status) => Ok(status.mask & SUPERBLOCK == 0 || status.magic == OVERLAY),
            // It has been unmounted meanwhile.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether it is certain that no overlay is mounted in our namespace.
pub fn certainly_no_overlay() -> bool {
    !filter::is_there() && matches!(has_overlay(Namespace::Ours), Ok(false))
}

/// Whether an overlay is mounted in a namespace, as far as our root directory lets us see.
pub(super) fn has_overlay(namespace: Namespace) -> io::Result<bool> {
    let mut mounts = [0_u64; 256];
    let mut request = Request::new(ROOT, namespace);
    loop {
        // SAFETY: the kernel reads a request of the size that it names, and writes as many numbers
        // at most as there is room for.
        let count = checked(unsafe {
            libc::syscall(
                LISTMOUNT,
                &raw const request,
                mounts.as_mut_ptr(),
                mounts.len(),
                0,
            )
        })?;
        let mounts = &mounts[..count];
        for &mount in mounts {
            if MountNumber(mount).is_overlay(namespace)? {
                return Ok(true);
            }
        }
        match mounts.last() {
            Some(&last) => request.parameter = last,
            None => return Ok(false),
        }
    }
}

pub(super) fn checked(outcome: c_long) -> io::Result<usize> {
    usize::try_from(outcome).map_err(|_| io::Error::last_os_error())
}

/// include/uapi/asm-generic/unistd.h: the same for all architectures that Rust knows.
const STATMOUNT: c_long = 457;
const LISTMOUNT: c_long = 458;

/// `LSMT_ROOT`
const ROOT: u64 = u64::MAX;

/// `STATX_MNT_ID_UNIQUE`
const UNIQUE: StatxFlags = StatxFlags::from_bits_retain(0x4000);

/// `STATMOUNT_SB_BASIC` and `STATMOUNT_FS_TYPE`
const SUPERBLOCK: u64 = 1;
const FS_TYPE: u64 = 0x20;

/// `OVERLAYFS_SUPER_MAGIC`
const OVERLAY: u64 = 0x794c_7630;

/// `struct mnt_id_req`
#[repr(C)]
struct Request {
    size: u32,
    spare: u32,
    mount: u64,
    parameter: u64,
    namespace: u64,
}

impl Request {
    fn new(mount: u64, namespace: Namespace) -> Request {
        Request {
            size: 32,
            spare: 0,
            mount,
            parameter: 0,
            namespace: match namespace {
                Namespace::Ours => 0,
                Namespace::Other(number) => number,
            },
        }
    }
}

/// `struct statmount` as far as it is read, with room for a name at its end.
#[repr(C)]
struct Status {
    size: u32,
    options: u32,
    mask: u64,
    device: [u32; 2],
    magic: u64,
    flags: u32,
    fs_type: u32,
    others: [u64; 59],
    texts: [u8; 256],
}

impl Status {
    /// `what` is asked for; the `mask` says what was told.
    fn of(mount: MountNumber, namespace: Namespace, what: u64) -> io::Result<Status> {
        let mut request = Request::new(mount.0, namespace);
        request.parameter = what;
        let mut status = Status {
            size: 0,
            options: 0,
            mask: 0,
            device: [0; 2],
            magic: 0,
            flags: 0,
            fs_type: 0,
            others: [0; 59],
            texts: [0; 256],
        };
        // SAFETY: the kernel reads a request of the size that it names, and writes no more than
        // there is room for.
        checked(unsafe {
            libc::syscall(
                STATMOUNT,
                &raw const request,
                &raw mut status,
                size_of::<Status>(),
                0,
            )
        })?;
        Ok(status)
    }
}

#[cfg(test)]
mod tests {
    // Skipped tests say so by name.
    #![allow(clippy::print_stdout)]

    use super::*;
    use crate::sys::mounts::{MountId, Table};

    #[test]
    fn the_layout_is_that_of_the_kernel() {
        assert_eq!(size_of::<Request>(), 32);
        assert_eq!(std::mem::offset_of!(Status, magic), 24);
        assert_eq!(std::mem::offset_of!(Status, fs_type), 36);
        assert_eq!(std::mem::offset_of!(Status, texts), 512);
    }

    #[test]
    fn the_type_of_a_file_system_is_that_of_mountinfo() {
        for path in ["/", "/proc", "/dev", "/sys", "/run", "/tmp"] {
            let Ok(directory) = std::fs::File::open(path) else {
                continue;
            };
            let told = MountNumber::of(&directory).and_then(MountNumber::fs_type);
            let told = match told {
                Ok(told) => told,
                Err(error) => {
                    println!("skipped: the_type_of_a_file_system_is_that_of_mountinfo: {error}");
                    return;
                }
            };
            let table = Table::read().unwrap();
            let mount = table.by_id(MountId::of(&directory).unwrap()).unwrap();
            assert_eq!(told, mount.fs_type.split('.').next().unwrap(), "{path}");
        }
    }

    #[test]
    fn our_overlays_are_those_of_mountinfo() {
        match has_overlay(Namespace::Ours) {
            Ok(has) => {
                let table = Table::read().unwrap();
                assert_eq!(has, table.iter().any(|mount| mount.fs_type == "overlay"));
            }
            Err(error) => println!("skipped: our_overlays_are_those_of_mountinfo: {error}"),
        }
    }
}
