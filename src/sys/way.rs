//! From a path to a directory or a pinned inode, one step at a time under descriptors: the one
//! way that every path goes which somebody wants to have changed.
//!
//! Links among the directories are followed, as everybody expects of `/var/run`; the last
//! component never is. Whoever may write to a directory on the way can swap what lies in it, and
//! whoever owns a link can point it anywhere. So a way remembers both, and its caller decides.

mod recorder;
mod trace;
mod untold;
mod walk;
mod ways;

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode as OpenMode, OFlags, Stat};
use rustix::io::Errno;

use super::dir::{Dir, Failure, Pinned};
use crate::model::Uid;

pub use trace::trace;
pub use untold::Untold;
pub use ways::{Gaze, Ways};

const PIN: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// The end of a way. Only search permission was needed to come there.
#[derive(Debug)]
pub struct Way {
    here: Pinned,
    /// How the last directory that is there was reached, links resolved.
    pub path: PathBuf,
    /// What is not there, in order; empty where the whole way is.
    pub missing: Vec<CString>,
    /// The first place in which somebody else than root and us can swap the next step.
    pub unsteady: Option<PathBuf>,
    /// The links that belong neither to root nor to us, in the order followed.
    pub foreign: Vec<Link>,
}

/// A link that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it stands.
    pub path: PathBuf,
    /// Whose it is; `None` for 4294967295, which is no user.
    pub uid: Option<Uid>,
}

/// Where a way ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Broken {
    /// The path itself, or a directory on the way to it. Where the right to go further is
    /// missing (EACCES), the directory that does not let us.
    pub at: PathBuf,
    /// What the kernel said.
    pub failure: Failure,
}

impl Broken {
    pub(super) fn new(at: &Path, failure: Failure) -> Broken {
        let at = at.to_owned();
        Broken { at, failure }
    }
}

/// What a path leads to, and how we came there.
#[derive(Debug)]
pub struct Reached {
    /// The last component, a link included.
    pub pinned: Pinned,
    /// The links on the way that belong neither to root nor to us, in the order followed.
    pub foreign: Vec<Link>,
}

/// Goes the way to the directory `path`, which may be of any length.
///
/// # Errors
///
/// Where a step failed otherwise than by there being nothing of that name.
pub fn to(path: &Path) -> Result<Way, Broken> {
    let steps = components(path.as_os_str().as_bytes()).collect();
    walk::go(path, steps, &mut |_| {})
}

/// Pins what `path` leads to, links among its directories followed, the last component never. As
/// for the kernel, a slash at the end makes the last component one of those directories.
///
/// # Errors
///
/// Where a step failed.
pub fn reach(path: &Path) -> Result<Reached, Broken> {
    reach_through(path, &mut |_| {})
}

/// The same, and hands over every directory and every link that the way leads through.
///
/// # Errors
///
/// Where a step failed; what was gone through before it has been handed over.
pub fn reach_through(path: &Path, through: &mut dyn FnMut(&Pinned)) -> Result<Reached, Broken> {
    let bytes = path.as_os_str().as_bytes();
    if bytes.is_empty() {
        return Err(broken(path, Errno::NOENT));
    }
    let mut steps: VecDeque<Vec<u8>> = components(bytes).collect();
    let last = match steps.pop_back() {
        Some(last) if !bytes.ends_with(b"/") => last,
        last => {
            steps.extend(last);
            b".".to_vec()
        }
    };
    let way = walk::go(path, steps, through)?;
    if let Some(first) = way.missing.first() {
        let at = way.path.join(OsStr::from_bytes(first.to_bytes()));
        return Err(broken(&at, Errno::NOENT));
    }
    let at = if last == b"." {
        way.path.clone()
    } else {
        way.path.join(OsStr::from_bytes(&last))
    };
    let pinned = CString::new(last)
        .map_err(|_| Errno::INVAL)
        .and_then(|name| below(&way.here, &name, PIN | OFlags::NOFOLLOW))
        .map_err(|errno| {
            let (at, errno) = stopped(&way.path, &at, errno);
            broken(&at, errno)
        })?;
    Ok(Reached {
        pinned: Pinned::from_fd(pinned),
        foreign: way.foreign,
    })
}

/// The first of these links that belongs to somebody else than what they lead to: their owner can
/// point it at what they have no right to themselves, and have us do it with ours.
pub fn astray(links: &[Link], owner: Option<Uid>) -> Option<&Link> {
    links
        .iter()
        .find(|link| link.uid.is_none() || link.uid != owner)
}

/// Whether nobody but root and us can put something else in the place of what we make there.
pub fn is_steady(dir: &Dir) -> Result<bool, Failure> {
    Ok(keeps(&rustix::fs::fstat(dir)?, our_uid()))
}

/// Whether a name or link of that user cannot be somebody else's trick: root's or our own.
pub fn is_trustworthy(uid: Option<Uid>) -> bool {
    uid.is_some_and(|uid| is_trusted(uid.as_raw()))
}

impl Way {
    /// Opens the last directory that is there, to be read.
    ///
    /// # Errors
    ///
    /// As openat(2) has them.
    pub fn open(&self) -> Result<Dir, Failure> {
        let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Dir::from_fd(below(&self.here, c".", how)?))
    }

    /// Whose the last directory is that is there; `None` for 4294967295, which is no user.
    ///
    /// # Errors
    ///
    /// As fstat(2) has them.
    pub fn owner(&self) -> Result<Option<Uid>, Broken> {
        match rustix::fs::fstat(&self.here) {
            Ok(stat) => Ok(Uid::new(stat.st_uid)),
            Err(errno) => Err(broken(&self.path, errno)),
        }
    }
}

/// Whether what `uid` owns in that directory stays where it is, root and us aside. An ACL that
/// lets somebody write shows in the group's bits, which are its mask.
fn keeps(around: &Stat, uid: u32) -> bool {
    let (writable, sticky) = (around.st_mode & 0o022 != 0, around.st_mode & 0o1000 != 0);
    is_trusted(around.st_uid) && (!writable || (sticky && is_trusted(uid)))
}

fn is_trusted(uid: u32) -> bool {
    uid == 0 || uid == our_uid()
}

fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn below(dir: &Pinned, name: &CStr, how: OFlags) -> rustix::io::Result<OwnedFd> {
    rustix::io::retry_on_intr(|| rustix::fs::openat(dir, name, how, OpenMode::empty()))
}

/// What stands between the slashes.
fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    path.split(|&byte| byte == b'/')
        .filter(|component| !component.is_empty())
        .map(<[u8]>::to_vec)
}

/// To pin something takes no right to it, but the right to search the directory that it is in.
fn stopped(directory: &Path, at: &Path, errno: Errno) -> (PathBuf, Errno) {
    let at = if errno != Errno::ACCESS {
        at
    } else if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    (at.to_owned(), errno)
}

fn is_up(name: &CStr) -> bool {
    name.to_bytes() == b".."
}

fn broken(at: &Path, errno: Errno) -> Broken {
    Broken::new(at, errno.into())
}

#[cfg(test)]
mod tests;
