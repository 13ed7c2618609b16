//! From a path to the inode it leads to, in our own view of the file system or in another
//! process's, without waiting for a file system that may never answer.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;

use super::dir::{Dir, Failure, Pinned};
use super::mounts::Table;
use super::proc::ProcessDir;
use crate::model::Inode;

/// What one system call takes at once; `PATH_MAX` counts the NUL.
const LONGEST: usize = 4095;

/// Pins what the absolute `path` is now; a link at its end is not followed. Paths of any length.
///
/// # Errors
///
/// As openat(2) has them. Links are not followed beyond the first 4095 bytes.
pub fn pin(path: &Path) -> Result<Pinned, Failure> {
    let fits = |path: &&Path| path.as_os_str().len() <= LONGEST;
    let parent = path.parent().ok_or(Errno::INVAL)?;
    let start = parent.ancestors().find(fits).ok_or(Errno::NAMETOOLONG)?;
    pin_below(start, path)
}

/// As [`pin`], but nothing is asked of what is mounted from elsewhere, and where there is such a
/// mount no link is followed either.
///
/// # Errors
///
/// `EXDEV` for what lies there.
pub fn pin_at_once(path: &Path) -> Result<Pinned, Failure> {
    let mounts = std::fs::read("/proc/thread-self/mountinfo")?;
    // What our own system stands on is taken for granted.
    match Caution::with(&mounts, path, b"/") {
        Caution::None => pin(path),
        Caution::NoLinks => pin_below(Path::new("/"), path),
        Caution::HandsOff => Err(Errno::XDEV.into()),
    }
}

fn pin_below(start: &Path, path: &Path) -> Result<Pinned, Failure> {
    let c_string = |name: &[u8]| CString::new(name).map_err(|_| Errno::INVAL);
    let mut dir = Dir::open(start)?;
    let parent = path.parent().ok_or(Errno::INVAL)?;
    let between = parent.strip_prefix(start).map_err(|_| Errno::INVAL)?;
    for component in between.components() {
        dir = dir.enter_mounted(&c_string(component.as_os_str().as_bytes())?)?;
    }
    let name = path.file_name().ok_or(Errno::INVAL)?;
    dir.pin(&c_string(name.as_bytes())?)
}

/// An inode, and whether any name leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Which one.
    pub inode: Inode,
    /// It has no link left.
    pub removed: bool,
}

impl Target {
    /// Of an open descriptor, from what the kernel remembers: no server is asked, statx(2),
    /// `AT_STATX_DONT_SYNC`.
    pub(super) fn of(opened: &OwnedFd) -> io::Result<Target> {
        let how = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let mask = StatxFlags::INO | StatxFlags::NLINK;
        let found = rustix::fs::statx(opened, c"", how, mask)?;
        let inode = Inode {
            dev: rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor),
            ino: found.stx_ino,
        };
        let known = StatxFlags::from_bits_retain(found.stx_mask).contains(mask);
        let removed = found.stx_nlink == 0;
        known
            .then_some(Target { inode, removed })
            .ok_or_else(|| Errno::IO.into())
    }
}

/// What the absolute `path` leads to for that process: in its mount namespace, from its root
/// directory. A link at the end is not followed.
///
/// # Errors
///
/// As openat2(2) has them: `ENOENT` where it leads to nothing there, `EACCES` without the right
/// to look. `EXDEV` where its mounts might keep us waiting.
pub fn target_for(process: &ProcessDir, path: &Path) -> io::Result<Target> {
    let root = process.root()?;
    let mounts = process.mountinfo()?;
    let care = Caution::with(&mounts, path, b"").flags()?;
    let how = care | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = openat2(&root, path, flags, how)?;
    Target::of(&opened)
}

/// How much care a lookup needs lest it wait for a server, or a user's program, that is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caution {
    /// Everything is mounted from this machine.
    None,
    /// Not on the way, but a link could lead there.
    NoLinks,
    /// On the way.
    HandsOff,
}

impl Caution {
    /// `mountinfo` is the list of the namespace that the path is looked up in; the mount at
    /// `granted` is left out of account.
    fn with(mountinfo: &[u8], path: &Path, granted: &[u8]) -> Caution {
        let mut caution = Caution::None;
        for mount in Table::parse(mountinfo).iter() {
            if mount.point == granted || !may_hang(&mount.fs_type) {
                continue;
            }
            if path.starts_with(std::ffi::OsStr::from_bytes(&mount.point)) {
                return Caution::HandsOff;
            }
            caution = Caution::NoLinks;
        }
        caution
    }

    fn flags(self) -> io::Result<ResolveFlags> {
        match self {
            Caution::None => Ok(ResolveFlags::empty()),
            Caution::NoLinks => Ok(ResolveFlags::NO_SYMLINKS),
            Caution::HandsOff => Err(Errno::XDEV.into()),
        }
    }
}

fn may_hang(fs_type: &str) -> bool {
    const REMOTE: [&str; 13] = [
        "9p", "afs", "autofs", "ceph", "cifs", "coda", "gfs2", "lustre", "nfs", "nfs4", "ocfs2",
        "smb3", "virtiofs",
    ];
    fs_type.starts_with("fuse") || REMOTE.contains(&fs_type)
}

fn openat2(
    start: &OwnedFd,
    path: &Path,
    flags: OFlags,
    how: ResolveFlags,
) -> rustix::io::Result<OwnedFd> {
    /// EAGAIN is the kernel's word for a race that it lost with a rename or a mount.
    const TRIES: usize = 64;
    let mut outcome = Err(Errno::AGAIN);
    for _ in 0..TRIES {
        outcome = rustix::fs::openat2(start, path, flags, Mode::empty(), how);
        if !matches!(outcome, Err(Errno::AGAIN | Errno::INTR)) {
            break;
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_any_length_are_pinned() {
        let place = tempfile::tempdir().unwrap();
        let mut path = place.path().to_owned();
        let mut dir = Dir::open(&path).unwrap();
        let name = "d".repeat(250);
        let c_name = CString::new(name.as_str()).unwrap();
        for _ in 0..20 {
            rustix::fs::mkdirat(&dir, &*c_name, Mode::RWXU).unwrap();
            dir = dir.enter(&c_name).unwrap();
            path.push(&name);
        }
        let own = dir.facts().unwrap();
        assert!(path.as_os_str().len() > LONGEST);
        assert_eq!(pin(&path).unwrap().facts().unwrap(), own);
        assert!(pin(&path.join("x")).unwrap_err().is_missing());
    }

    #[test]
    fn a_link_at_the_end_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("link");
        std::os::unix::fs::symlink("/etc", &link).unwrap();
        let kind = pin(&link).unwrap().facts().unwrap().kind;
        assert_eq!(kind, super::super::dir::Kind::Other("symbolic link"));
        let kind = pin_at_once(&link).unwrap().facts().unwrap().kind;
        assert_eq!(kind, super::super::dir::Kind::Other("symbolic link"));
    }

    #[test]
    fn what_may_hang_is_not_asked() {
        let local = "21 1 8:1 / / rw - ext4 /dev/a rw\n22 21 0:5 / /run rw - tmpfs t rw\n";
        let with = |more: &str, path| {
            Caution::with(format!("{local}{more}").as_bytes(), Path::new(path), b"/")
        };
        assert_eq!(with("", "/run/a"), Caution::None);
        let sshfs = "30 21 0:9 / /mnt/x rw - fuse.sshfs s rw\n";
        assert_eq!(with(sshfs, "/run/a"), Caution::NoLinks);
        assert_eq!(with(sshfs, "/mnt/x/a"), Caution::HandsOff);
        assert_eq!(with(sshfs, "/mnt/xy"), Caution::NoLinks);
        let hidden = "30 21 0:9 / / rw - nfs4 s rw\n";
        assert_eq!(with(hidden, "/run/a"), Caution::None);
    }
}
