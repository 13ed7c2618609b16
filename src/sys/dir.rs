//! Directories by descriptor: opened below an open one, read, and what lies in them pinned.
//!
//! Nothing here follows a link below a directory that was opened, and no path name longer than
//! one component is used there, so nobody can swap what is being looked at, and no path is too
//! long.

pub mod chain;

use std::ffi::{CStr, OsString};
use std::fmt;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode as OpenMode, OFlags, RawDir, ResolveFlags, Stat};
use rustix::io::Errno;

use crate::model::{Gid, Inode, Mode, Uid};

/// The kernel's refusal. Displayed as words and symbol: `Permission denied (EACCES)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure(Errno);

impl Failure {
    /// The name leads to nothing any more, or to something that is no directory (a link, say).
    pub fn is_gone(self) -> bool {
        matches!(self.0, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
    }

    /// The path leads to nothing.
    pub fn is_missing(self) -> bool {
        self.0 == Errno::NOENT
    }

    /// What the path leads to is no directory.
    pub fn is_not_a_directory(self) -> bool {
        self.0 == Errno::NOTDIR
    }

    /// Something has that name already.
    pub fn is_taken(self) -> bool {
        matches!(self.0, Errno::EXIST | Errno::ADDRINUSE)
    }

    /// Something is mounted there.
    pub fn is_crossing(self) -> bool {
        self.0 == Errno::XDEV
    }

    /// This process, or the whole system, has no descriptor left.
    pub fn is_out_of_descriptors(self) -> bool {
        matches!(self.0, Errno::MFILE | Errno::NFILE)
    }

    /// The kernel (before 5.6) or a filter in front of it does not know the call.
    pub fn is_unsupported(self) -> bool {
        matches!(self.0, Errno::NOSYS | Errno::PERM)
    }
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Failure {
        Failure(errno)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = nix::errno::Errno::from_raw(self.0.raw_os_error());
        write!(f, "{} ({errno:?})", errno.desc())
    }
}

impl std::error::Error for Failure {}

/// The type of a directory entry or of an inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `S_IFDIR`
    Directory,
    /// `S_IFSOCK`
    Socket,
    /// `S_IFREG`
    Regular,
    /// A FIFO, a device or a link; the word for people.
    Other(&'static str),
    /// The file system keeps no types in its directories (`DT_UNKNOWN`).
    Unknown,
}

impl Kind {
    fn from_file_type(file_type: FileType) -> Kind {
        match file_type {
            FileType::Directory => Kind::Directory,
            FileType::Socket => Kind::Socket,
            FileType::RegularFile => Kind::Regular,
            FileType::Symlink => Kind::Other("symbolic link"),
            FileType::Fifo => Kind::Other("FIFO"),
            FileType::CharacterDevice => Kind::Other("character device"),
            FileType::BlockDevice => Kind::Other("block device"),
            FileType::Unknown => Kind::Unknown,
        }
    }

    /// The word for people, without an article.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Directory => "directory",
            Kind::Socket => "socket",
            Kind::Regular => "regular file",
            Kind::Other(word) => word,
            Kind::Unknown => "file of an unknown type",
        }
    }
}

/// What fstat(2) says of an open descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Which inode.
    pub inode: Inode,
    /// Its type.
    pub kind: Kind,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner; `None` for 4294967295, which is no user.
    pub uid: Option<Uid>,
    /// Its group; `None` for 4294967295, which is no group.
    pub gid: Option<Gid>,
    /// No name leads to it any more.
    pub removed: bool,
}

impl From<Stat> for Facts {
    fn from(stat: Stat) -> Facts {
        Facts {
            inode: Inode {
                dev: stat.st_dev,
                ino: stat.st_ino,
            },
            kind: Kind::from_file_type(FileType::from_raw_mode(stat.st_mode)),
            mode: Mode::from_st_mode(stat.st_mode),
            uid: Uid::new(stat.st_uid),
            gid: Gid::new(stat.st_gid),
            removed: stat.st_nlink == 0,
        }
    }
}

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
        let how = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
        Ok(Facts::from(rustix::fs::statat(&self.0, name, how)?).kind)
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
        let mut entries = RawDir::new(&self.0, buffer.room());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(Errno::INTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                each(name, Kind::from_file_type(entry.file_type()));
            }
        }
        Ok(())
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

fn real_path(fd: BorrowedFd<'_>) -> Result<PathBuf, Failure> {
    let link = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let target = rustix::fs::readlink(link, Vec::new())?.into_bytes();
    // Outside of our root directory the kernel writes "(unreachable)" in front.
    if target.first() == Some(&b'/') {
        Ok(PathBuf::from(OsString::from_vec(target)))
    } else {
        Err(Failure(Errno::NOENT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_words_and_by_its_symbol() {
        let failure = Dir::open(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(failure.to_string(), "No such file or directory (ENOENT)");
        assert!(failure.is_missing() && failure.is_gone());
    }

    #[test]
    fn a_link_is_not_entered_and_its_target_is_not_pinned() {
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", place.path().join("link")).unwrap();
        let dir = Dir::open(place.path()).unwrap();
        assert!(dir.enter(c"link").unwrap_err().is_gone());
        assert!(dir.enter_mounted(c"link").unwrap_err().is_gone());
        let pinned = dir.pin(c"link").unwrap().facts().unwrap();
        assert_eq!(pinned.kind, Kind::Other("symbolic link"));
    }

    #[test]
    fn the_dots_are_left_out() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("..."), "").unwrap();
        let mut seen = Vec::new();
        let dir = Dir::open(place.path()).unwrap();
        dir.read(&mut Buffer::default(), |name, kind| {
            seen.push((name.to_owned(), kind));
        })
        .unwrap();
        assert_eq!(seen, [(c"...".to_owned(), Kind::Regular)]);
    }
}
