//! Processes as /proc shows them, proc(5). Everything about one process is read through one
//! descriptor of its directory, so that a pid given out again cannot mix two of them up.

mod descent;
mod details;
mod queue;
mod scan;
mod subject;
mod tree;

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustix::fs::{AtFlags, Mode, OFlags, RawDir};
use rustix::io::Errno;

use crate::model::Process;

pub use descent::{Descent, descent};
pub use scan::{Holding, Scan, Wanted, holdings, scan};
pub use tree::{Born, below, below_but, is_at_rest};

/// Room for the directory entries of one getdents64(2).
const ENTRIES: usize = 32 * 1024;

/// A process, pinned: what is read through it is of this process or fails with `ESRCH`.
#[derive(Debug)]
pub struct ProcessDir {
    pid: u32,
    dir: OwnedFd,
    details: OnceLock<io::Result<Arc<Process>>>,
}

impl ProcessDir {
    /// The process that has `pid` now. `proc` is a descriptor of /proc.
    ///
    /// # Errors
    ///
    /// `ENOENT` where there is none.
    pub fn open(proc: BorrowedFd<'_>, pid: u32) -> io::Result<ProcessDir> {
        let name = pid.to_string();
        Ok(ProcessDir::new(pid, open_dir(proc, &name, OFlags::PATH)?))
    }

    fn new(pid: u32, dir: OwnedFd) -> ProcessDir {
        ProcessDir {
            pid,
            dir,
            details: OnceLock::new(),
        }
    }

    /// In our pid namespace.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// User, program and unit, looked up once. `None`: it is gone, or cannot be read.
    pub fn details(&self) -> Option<Arc<Process>> {
        let details = self
            .details
            .get_or_init(|| details::read(self).map(Arc::new));
        details.as_ref().ok().cloned()
    }

    /// It was asked for its details and could not tell them, though it is not gone.
    fn is_unread(&self) -> bool {
        match self.details.get() {
            Some(Err(error)) => !Errno::from_io_error(error).is_some_and(is_gone),
            _ => false,
        }
    }

    /// Its root directory, in its own mount namespace.
    ///
    /// # Errors
    ///
    /// `EACCES` without the right to look, `ESRCH` once it is gone.
    pub fn root(&self) -> io::Result<OwnedFd> {
        Ok(open_dir(self.dir.as_fd(), "root", OFlags::PATH)?)
    }

    /// The inode number of the network namespace that it is in.
    ///
    /// # Errors
    ///
    /// As [`ProcessDir::root`].
    pub fn netns(&self) -> io::Result<u64> {
        let link = rustix::fs::statat(&self.dir, "ns/net", AtFlags::empty())?;
        Ok(link.st_ino)
    }

    /// Its working directory.
    ///
    /// # Errors
    ///
    /// As [`ProcessDir::root`].
    pub fn working_directory(&self) -> io::Result<PathBuf> {
        details::link(self, c"cwd")
    }

    /// The mounts of its namespace, proc_pid_mountinfo(5), as it sees them from its root.
    ///
    /// # Errors
    ///
    /// As [`ProcessDir::root`].
    pub fn mountinfo(&self) -> io::Result<Vec<u8>> {
        details::contents(self, c"mountinfo")
    }

    /// The users of its namespace, user_namespaces(7), in numbers of ours.
    ///
    /// # Errors
    ///
    /// As [`ProcessDir::root`].
    pub fn uid_map(&self) -> io::Result<Vec<u8>> {
        details::contents(self, c"uid_map")
    }

    /// The number of the user namespace that its mount namespace belongs to, ioctl_ns(2), which
    /// need not be its own. `None`: it is not below ours, or the kernel does not tell.
    ///
    /// # Errors
    ///
    /// As [`ProcessDir::root`], and where no descriptor is left.
    #[allow(unsafe_code)]
    pub(in crate::sys) fn owner_of_mounts(&self) -> io::Result<Option<u64>> {
        /// linux/nsfs.h
        const NS_GET_USERNS: libc::Ioctl = 0xb701;
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let namespace = rustix::fs::openat(&self.dir, c"ns/mnt", flags, Mode::empty())?;
        // SAFETY: the descriptor is open, and this request takes no argument.
        let owner = unsafe { libc::ioctl(namespace.as_raw_fd(), NS_GET_USERNS) };
        if owner < 0 {
            return match Errno::from_io_error(&io::Error::last_os_error()) {
                Some(Errno::PERM | Errno::NOTTY) => Ok(None),
                errno => Err(errno.unwrap_or(Errno::IO).into()),
            };
        }
        // SAFETY: the kernel has just made this descriptor for us.
        let owner = unsafe { OwnedFd::from_raw_fd(owner) };
        Ok(Some(rustix::fs::fstat(&owner)?.st_ino))
    }
}

/// What the entries of a process fail with that ends meanwhile.
pub(in crate::sys) fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::SRCH)
}

/// Whether reading about a process failed because it has ended meanwhile.
pub fn has_ended(error: &io::Error) -> bool {
    Errno::from_io_error(error).is_some_and(is_gone)
}

/// A descriptor of /proc.
///
/// # Errors
///
/// Where it is not mounted.
pub fn open_proc() -> io::Result<OwnedFd> {
    Ok(open_dir(rustix::fs::CWD, "/proc", OFlags::RDONLY)?)
}

/// The pids that /proc shows, in no order. `proc` is a descriptor of /proc.
///
/// # Errors
///
/// Where the directory cannot be read.
pub fn pids(proc: BorrowedFd<'_>) -> io::Result<Vec<u32>> {
    let mut pids = Vec::new();
    numbers_in(proc, &mut vec![MaybeUninit::uninit(); ENTRIES], &mut pids)?;
    Ok(pids)
}

fn open_dir(at: BorrowedFd<'_>, name: &str, how: OFlags) -> rustix::io::Result<OwnedFd> {
    let flags = how | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty())
}

/// Appends the entries of a directory that are numbers.
fn numbers_in(
    dir: BorrowedFd<'_>,
    buffer: &mut [MaybeUninit<u8>],
    numbers: &mut Vec<u32>,
) -> rustix::io::Result<()> {
    let mut entries = RawDir::new(dir, buffer);
    while let Some(entry) = entries.next() {
        numbers.extend(number(entry?.file_name()));
    }
    Ok(())
}

fn number(name: &CStr) -> Option<u32> {
    let digits = name.to_bytes();
    if !digits.first()?.is_ascii_digit() {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
