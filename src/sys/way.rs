//! The way to a directory in which something is to be made, step by step under descriptors.
//!
//! Whoever may write to a directory on the way can swap what lies in it. So the way says whether
//! anybody but root and us can, and follows no link of anybody else: it would lead us where they
//! like, with our rights.

use std::collections::VecDeque;
use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode as OpenMode, OFlags, PROC_SUPER_MAGIC, Stat};
use rustix::io::Errno;

use super::dir::{Dir, Failure};

/// As many links as the kernel follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

const PIN: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// The end of a way.
#[derive(Debug)]
pub struct Way {
    /// The last directory that is there.
    pub dir: Dir,
    /// How it was reached, links resolved.
    pub path: PathBuf,
    /// What is not there, in order; empty where the whole way is.
    pub missing: Vec<CString>,
    /// The first directory in which somebody else than root and us can swap the next step.
    pub unsteady: Option<PathBuf>,
}

/// Why a way could not be gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoWay {
    /// A step failed.
    #[error("{}: {failure}", at.display())]
    Failed {
        /// Where.
        at: PathBuf,
        /// What the kernel said.
        failure: Failure,
    },
    /// A link of somebody who is neither root nor us.
    #[error(
        "the link {} on the way belongs to user {uid}, who can point it anywhere; \
         name the path without links",
        at.display()
    )]
    ForeignLink {
        /// The link.
        at: PathBuf,
        /// Its owner.
        uid: u32,
    },
}

/// Goes the way to the directory `path`, which is absolute and of any length.
pub fn to(path: &Path) -> Result<Way, NoWay> {
    let mut walk = Walk {
        here: root().map_err(|errno| failed(Path::new("/"), errno))?,
        shown: PathBuf::from("/"),
        ahead: components(path.as_os_str().as_bytes()).collect(),
        unsteady: None,
        links: 0,
    };
    let missing = walk.run()?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = rustix::fs::openat(&walk.here, c".", flags, OpenMode::empty())
        .map_err(|errno| failed(&walk.shown, errno))?;
    Ok(Way {
        dir: Dir::from_fd(dir),
        path: walk.shown,
        missing,
        unsteady: walk.unsteady,
    })
}

/// Whether nobody but root and us can put something else in the place of what we make there.
pub fn is_steady(dir: &Dir) -> Result<bool, Failure> {
    Ok(keeps(&rustix::fs::fstat(dir)?, our_uid()))
}

struct Walk {
    here: OwnedFd,
    shown: PathBuf,
    ahead: VecDeque<Vec<u8>>,
    unsteady: Option<PathBuf>,
    links: usize,
}

impl Walk {
    /// Gives what is missing at the end.
    fn run(&mut self) -> Result<Vec<CString>, NoWay> {
        while let Some(name) = self.ahead.pop_front() {
            let shown = match name.as_slice() {
                b"." => continue,
                b".." => self.shown.parent().unwrap_or(&self.shown).to_owned(),
                _ => self.shown.join(std::ffi::OsStr::from_bytes(&name)),
            };
            match self.step(&name, shown.clone()) {
                Ok(()) => {}
                Err(Step::Missing) => {
                    let names = std::iter::once(name).chain(self.ahead.drain(..));
                    return names
                        .filter(|name| name != b".")
                        .map(|name| made_name(name).ok_or_else(|| failed(&shown, Errno::NOENT)))
                        .collect();
                }
                Err(Step::Failed(errno)) => return Err(failed(&shown, errno)),
                Err(Step::Foreign(uid)) => {
                    return Err(NoWay::ForeignLink { at: shown, uid });
                }
            }
        }
        Ok(Vec::new())
    }

    fn step(&mut self, name: &[u8], shown: PathBuf) -> Result<(), Step> {
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        let around = rustix::fs::fstat(&self.here)?;
        // With O_DIRECTORY what is to be mounted on demand is mounted.
        let how = PIN | OFlags::NOFOLLOW | OFlags::DIRECTORY;
        let found = match rustix::fs::openat(&self.here, &name, how, OpenMode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => {
                let how = PIN | OFlags::NOFOLLOW;
                rustix::fs::openat(&self.here, &name, how, OpenMode::empty())?
            }
            opened => opened?,
        };
        let stat = rustix::fs::fstat(&found)?;
        if self.unsteady.is_none() && !(is_up(&name) || keeps(&around, stat.st_uid)) {
            self.unsteady = Some(self.shown.clone());
        }
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.here = found;
                self.shown = shown;
                Ok(())
            }
            FileType::Symlink => self.follow(&name, &found, &stat, shown),
            _ => Err(Errno::NOTDIR.into()),
        }
    }

    fn follow(
        &mut self,
        name: &CString,
        link: &OwnedFd,
        stat: &Stat,
        shown: PathBuf,
    ) -> Result<(), Step> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::LOOP.into());
        }
        if rustix::fs::fstatfs(&self.here)?.f_type == PROC_SUPER_MAGIC {
            // What /proc/PID/root reads as is not where it leads: only the kernel can follow it,
            // and its process decides.
            self.unsteady.get_or_insert_with(|| shown.clone());
            let how = PIN | OFlags::DIRECTORY;
            self.here = rustix::fs::openat(&self.here, name, how, OpenMode::empty())?;
            self.shown = shown;
            return Ok(());
        }
        if stat.st_uid != 0 && stat.st_uid != our_uid() {
            return Err(Step::Foreign(stat.st_uid));
        }
        let target = rustix::fs::readlinkat(link, c"", Vec::new())?.into_bytes();
        if target.first() == Some(&b'/') {
            self.here = root()?;
            self.shown = PathBuf::from("/");
        }
        for component in components(&target).rev() {
            self.ahead.push_front(component);
        }
        Ok(())
    }
}

enum Step {
    Missing,
    Failed(Errno),
    Foreign(u32),
}

impl From<Errno> for Step {
    fn from(errno: Errno) -> Step {
        if errno == Errno::NOENT {
            Step::Missing
        } else {
            Step::Failed(errno)
        }
    }
}

/// Whether what `uid` owns in that directory stays where it is, root and us aside. An ACL that
/// lets somebody write shows in the group's bits, which are its mask.
fn keeps(around: &Stat, uid: u32) -> bool {
    let trusted = |uid| uid == 0 || uid == our_uid();
    let (writable, sticky) = (around.st_mode & 0o022 != 0, around.st_mode & 0o1000 != 0);
    trusted(around.st_uid) && (!writable || (sticky && trusted(uid)))
}

fn our_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn root() -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(CWD, c"/", PIN | OFlags::DIRECTORY, OpenMode::empty())
}

fn components(path: &[u8]) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    path.split(|&byte| byte == b'/')
        .filter(|component| !component.is_empty())
        .map(<[u8]>::to_vec)
}

fn is_up(name: &CString) -> bool {
    name.to_bytes() == b".."
}

/// There is no way up from what is not there.
fn made_name(name: Vec<u8>) -> Option<CString> {
    CString::new(name).ok().filter(|name| !is_up(name))
}

fn failed(at: &Path, errno: Errno) -> NoWay {
    NoWay::Failed {
        at: at.to_owned(),
        failure: errno.into(),
    }
}

#[cfg(test)]
mod tests;
