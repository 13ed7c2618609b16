//! Directories by descriptor: opened below an open one, read, and what lies in them pinned.
//!
//! Nothing here follows a link below a directory that was opened, and no path name longer than
//! one component is used there, so nobody can swap what is being looked at, and no path is too
//! long.

mod facts;
mod failure;

use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FsWord, Mode as OpenMode, OFlags, RawDir, ResolveFlags};
use rustix::io::Errno;

pub use facts::{Facts, Kind};
pub use failure::Failure;

/// Room for the entries that one getdents64(2) returns. No page of it is touched before the
/// kernel fills it.
#[derive(Debug)]
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// In bytes: some thousand entries, and no more than a worker's share of a small cache.
    const SIZE: usize = 32 * 1024;

    fn room(&mut self) -> &mut [MaybeUninit<u8>] {
        self.0.spare_capacity_mut()
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer(Vec::with_capacity(Buffer::SIZE))
    }
}

/// An open directory.
#[derive(Debug)]
pub struct Dir(OwnedFd);

const READ: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
const PIN: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

impl Dir {
    /// Opens the directory that `path` leads to, through links and mounts.
    pub fn open(path: &Path) -> Result<Dir, Failure> {
        Ok(Dir(rustix::fs::open(path, READ, OpenMode::empty())?))
    }

    /// Opens the directory `name` of this one, never through a link, never across a mount.
    ///
    /// A mount is refused ([`Failure::is_crossing`]) before its file system is asked anything, so
    /// that a dead server cannot hold us (openat2(2), `RESOLVE_NO_XDEV`).
    pub fn enter(&self, name: &CStr) -> Result<Dir, Failure> {
        /// EAGAIN is the kernel's word for a race that it lost with a rename or a mount.
        const TRIES: usize = 64;
        let mut outcome = Err(Errno::AGAIN);
        for _ in 0..TRIES {
            outcome = rustix::fs::openat2(
                &self.0,
                name,
                READ | OFlags::NOFOLLOW,
                OpenMode::empty(),
                ResolveFlags::NO_XDEV,
            );
            if !matches!(outcome, Err(Errno::AGAIN | Errno::INTR)) {
                break;
            }
        }
        Ok(Dir(outcome?))
    }

    /// Opens the directory `name` of this one, never through a link, but into what is mounted
    /// there. The file system is asked, so make sure first that it answers.
    pub fn enter_mounted(&self, name: &CStr) -> Result<Dir, Failure> {
        Ok(Dir(rustix::io::retry_on_intr(|| {
            rustix::fs::openat(&self.0, name, READ | OFlags::NOFOLLOW, OpenMode::empty())
        })?))
    }

    /// Pins whatever `name` is in this directory now, a link included.
    pub fn pin(&self, name: &CStr) -> Result<Pinned, Failure> {
        Ok(Pinned(rustix::fs::openat(
            &self.0,
            name,
            PIN | OFlags::NOFOLLOW,
            OpenMode::empty(),
        )?))
    }

    /// The type of `name` in this directory, of the link itself where it is one.
    pub fn kind_of(&self, name: &CStr) -> Result<Kind, Failure> {
        Ok(self.facts_of(name)?.kind)
    }

    /// What is known of an entry, at a single system call; nothing is pinned.
    ///
    /// # Errors
    ///
    /// As fstatat(2) has them.
    pub fn facts_of(&self, name: &CStr) -> Result<Facts, Failure> {
        let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        Ok(rustix::fs::statat(&self.0, name, how)?.into())
    }

    /// What the link `name` in this directory says.
    pub fn read_link(&self, name: &CStr) -> Result<PathBuf, Failure> {
        let target = rustix::fs::readlinkat(&self.0, name, Vec::new())?.into_bytes();
        Ok(PathBuf::from(OsString::from_vec(target)))
    }

    /// Whether it is one of /proc: what stands in a link there is not where it leads.
    pub fn is_of_proc(&self) -> Result<bool, Failure> {
        Ok(rustix::fs::fstatfs(&self.0)?.f_type == rustix::fs::PROC_SUPER_MAGIC)
    }

    pub(super) fn from_fd(fd: OwnedFd) -> Dir {
        Dir(fd)
    }

    /// What is known of the directory itself.
    pub fn facts(&self) -> Result<Facts, Failure> {
        Ok(rustix::fs::fstat(&self.0)?.into())
    }

    /// Hands every entry but `.` and `..` to `each`, in the order of the file system, from where
    /// the last reading of this descriptor ended.
    pub fn read(
        &self,
        buffer: &mut Buffer,
        mut each: impl FnMut(&CStr, Kind),
    ) -> Result<(), Failure> {
        self.read_numbered(buffer, |name, kind, _| each(name, kind))
    }

    /// The same with the number that the directory has for each entry (`d_ino`): that of its inode,
    /// or of the one that something is mounted on.
    pub fn read_numbered(
        &self,
        buffer: &mut Buffer,
        mut each: impl FnMut(&CStr, Kind, u64),
    ) -> Result<(), Failure> {
        let mut entries = RawDir::new(&self.0, buffer.room());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                each(name, Kind::from_file_type(entry.file_type()), entry.ino());
            }
        }
        Ok(())
    }

    /// Whether the numbers that its directories have for entries are those of stat(2), always. An
    /// overlay has others, and a subvolume of btrfs too.
    pub fn numbers_are_inodes(&self) -> bool {
        /// ext2 to ext4, XFS, tmpfs, F2FS: include/uapi/linux/magic.h.
        const SURE: [FsWord; 4] = [0xef53, 0x5846_5342, 0x0102_1994, 0xf2f5_2010];
        rustix::fs::fstatfs(&self.0).is_ok_and(|found| SURE.contains(&found.f_type))
    }

    /// The name that the directory of that number has by now; `None` where it is not here any more,
    /// or cannot be told from other entries for want of types.
    pub fn directory_of(&self, number: u64) -> Result<Option<CString>, Failure> {
        let again = rustix::fs::openat(&self.0, c".", READ, OpenMode::empty())?;
        let mut found = None;
        Dir(again).read_numbered(&mut Buffer::default(), |name, kind, its_own| {
            if its_own == number && kind == Kind::Directory {
                found.get_or_insert_with(|| name.to_owned());
            }
        })?;
        Ok(found)
    }

    /// Its path with every link resolved, as the kernel knows it now.
    pub fn real_path(&self) -> Result<PathBuf, Failure> {
        real_path(self.0.as_fd())
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// An inode that cannot be swapped for another one: an `O_PATH` descriptor of it.
#[derive(Debug)]
pub struct Pinned(OwnedFd);

impl Pinned {
    /// Pins what `path` leads to, through links.
    pub fn open(path: &Path) -> Result<Pinned, Failure> {
        Ok(Pinned(rustix::fs::openat(
            CWD,
            path,
            PIN,
            OpenMode::empty(),
        )?))
    }

    /// Opens it to write at its end. At a FIFO this waits for a reader (fifo(7)).
    pub fn open_to_write(&self) -> Result<File, Failure> {
        let how = OFlags::WRONLY | OFlags::APPEND | OFlags::NOCTTY | OFlags::CLOEXEC;
        let itself = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        let opened =
            rustix::io::retry_on_intr(|| rustix::fs::open(&itself, how, OpenMode::empty()));
        Ok(File::from(opened?))
    }

    pub(super) fn from_fd(fd: OwnedFd) -> Pinned {
        Pinned(fd)
    }

    /// One more descriptor of the same inode.
    pub fn try_clone(&self) -> Result<Pinned, Failure> {
        Ok(Pinned(self.0.try_clone()?))
    }

    /// What is known of the inode.
    pub fn facts(&self) -> Result<Facts, Failure> {
        Ok(rustix::fs::fstat(&self.0)?.into())
    }

    /// Its path with every link resolved, as the kernel knows it now.
    pub fn real_path(&self) -> Result<PathBuf, Failure> {
        real_path(self.0.as_fd())
    }
}

impl AsFd for Pinned {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

pub(super) fn real_path(fd: BorrowedFd<'_>) -> Result<PathBuf, Failure> {
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let target = rustix::fs::readlink(link, Vec::new())?.into_bytes();
    // Outside of our root directory the kernel writes "(unreachable)" in front.
    if target.first() == Some(&b'/') {
        Ok(PathBuf::from(OsString::from_vec(target)))
    } else {
        Err(Errno::NOENT.into())
    }
}

#[cfg(test)]
mod tests;
