//! From a path to a pinned inode, one directory at a time.
//!
//! Links among the directories are followed, as everybody expects of `/var/run`; the last
//! component never is. Whose links they were is remembered: who may write to a directory on the
//! way can lead us elsewhere with one, and the caller has to know that.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode as OpenMode, OFlags, PROC_SUPER_MAGIC};
use rustix::io::Errno;

use super::{Failure, Pinned};
use crate::model::Uid;

/// What a path leads to, and how we came there.
#[derive(Debug)]
pub struct Reached {
    /// The last component, a link included.
    pub pinned: Pinned,
    /// The links on the way that belong neither to root nor to us, in the order followed.
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

/// Where the way ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure}")]
pub struct Broken {
    /// The path itself, or a directory on the way to it.
    pub at: PathBuf,
    /// What the kernel said.
    pub failure: Failure,
}

/// As many links as the kernel follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

const PIN: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

impl Pinned {
    /// Pins what `path` leads to, links among its directories followed, the last component never.
    ///
    /// Only search permission is needed on the directories. A path may be of any length.
    pub fn reach(path: &Path) -> Result<Reached, Broken> {
        Way::begin(path, &mut |_| {})?.walk()
    }

    /// The same, and hands over every directory and every link that the way leads through.
    pub fn reach_through(path: &Path, through: &mut dyn FnMut(&Pinned)) -> Result<Reached, Broken> {
        Way::begin(path, through)?.walk()
    }

    fn below(&self, name: &CStr, how: OFlags) -> rustix::io::Result<Pinned> {
        rustix::io::retry_on_intr(|| rustix::fs::openat(&self.0, name, how, OpenMode::empty()))
            .map(Pinned)
    }

    fn is_in_proc(&self) -> rustix::io::Result<bool> {
        Ok(rustix::fs::fstatfs(&self.0)?.f_type == PROC_SUPER_MAGIC)
    }
}

/// A walk that has come as far as `here`.
struct Way<'a> {
    here: Pinned,
    /// Is told of every directory and link.
    through: &'a mut dyn FnMut(&Pinned),
    /// Where `here` is, in words.
    shown: PathBuf,
    /// Directories to go through, the next one last.
    ahead: Vec<OsString>,
    last: OsString,
    /// A slash stands behind the last component.
    wants_directory: bool,
    foreign: Vec<Link>,
    followed: usize,
}

impl<'a> Way<'a> {
    fn begin(path: &Path, through: &'a mut dyn FnMut(&Pinned)) -> Result<Way<'a>, Broken> {
        let bytes = path.as_os_str().as_bytes();
        let broken = |errno: Errno| Broken {
            at: path.to_owned(),
            failure: errno.into(),
        };
        if bytes.is_empty() {
            return Err(broken(Errno::NOENT));
        }
        let mut ahead = components(bytes);
        let last = if ahead.is_empty() {
            OsString::from(".")
        } else {
            ahead.remove(0)
        };
        let (here, shown) = begin_at(bytes).map_err(broken)?;
        through(&here);
        Ok(Way {
            here,
            through,
            shown,
            ahead,
            last,
            wants_directory: bytes.ends_with(b"/"),
            foreign: Vec::new(),
            followed: 0,
        })
    }

    fn walk(mut self) -> Result<Reached, Broken> {
        while let Some(name) = self.ahead.pop() {
            let shown = self.shown.join(&name);
            if let Err(errno) = self.step(&name, &shown) {
                return Err(Broken {
                    at: shown,
                    failure: errno.into(),
                });
            }
        }
        let shown = self.shown.join(&self.last);
        let pinned = c_string(&self.last)
            .and_then(|name| self.here.below(&name, PIN))
            .and_then(|pinned| {
                let (kind, _) = kind_and_user(&pinned)?;
                if self.wants_directory && kind != FileType::Directory {
                    return Err(Errno::NOTDIR);
                }
                Ok(pinned)
            });
        match pinned {
            Ok(pinned) => Ok(Reached {
                pinned,
                foreign: self.foreign,
            }),
            Err(errno) => Err(Broken {
                at: shown,
                failure: errno.into(),
            }),
        }
    }

    fn step(&mut self, name: &OsStr, shown: &Path) -> rustix::io::Result<()> {
        let c_name = c_string(name)?;
        // With O_DIRECTORY what is to be mounted on demand is mounted.
        match self.here.below(&c_name, PIN | OFlags::DIRECTORY) {
            Ok(directory) => {
                self.enter(directory, shown);
                return Ok(());
            }
            Err(Errno::NOTDIR | Errno::LOOP) => {}
            Err(errno) => return Err(errno),
        }
        let link = self.here.below(&c_name, PIN)?;
        match kind_and_user(&link)? {
            // Swapped for a directory meanwhile.
            (FileType::Directory, _) => {
                self.enter(link, shown);
                Ok(())
            }
            (FileType::Symlink, uid) => self.follow(&c_name, &link, uid, shown),
            _ => Err(Errno::NOTDIR),
        }
    }

    fn enter(&mut self, directory: Pinned, shown: &Path) {
        (self.through)(&directory);
        self.here = directory;
        shown.clone_into(&mut self.shown);
    }

    fn follow(
        &mut self,
        name: &CStr,
        link: &Pinned,
        uid: Option<Uid>,
        shown: &Path,
    ) -> rustix::io::Result<()> {
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return Err(Errno::LOOP);
        }
        let us = rustix::process::geteuid().as_raw();
        if uid.is_none_or(|uid| !uid.is_root() && uid.as_raw() != us) {
            self.foreign.push(Link {
                path: shown.to_owned(),
                uid,
            });
        }
        (self.through)(link);
        if link.is_in_proc()? {
            // What /proc/PID/root reads as is not where it leads: only the kernel can follow it.
            let how = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let directory = self.here.below(name, how)?;
            self.enter(directory, shown);
            return Ok(());
        }
        let to = rustix::fs::readlinkat(link.as_fd(), c"", Vec::new())?.into_bytes();
        if to.is_empty() {
            return Err(Errno::NOENT);
        }
        if to.starts_with(b"/") {
            (self.here, self.shown) = begin_at(&to)?;
            (self.through)(&self.here);
        }
        self.ahead.extend(components(&to));
        Ok(())
    }
}

fn kind_and_user(pinned: &Pinned) -> rustix::io::Result<(FileType, Option<Uid>)> {
    let stat = rustix::fs::fstat(&pinned.0)?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    Ok((kind, Uid::new(stat.st_uid)))
}

/// The root directory for an absolute path, else the working directory.
fn begin_at(path: &[u8]) -> rustix::io::Result<(Pinned, PathBuf)> {
    let (begin, shown) = if path.starts_with(b"/") {
        (c"/", "/")
    } else {
        (c".", "")
    };
    let how = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(CWD, begin, how, OpenMode::empty())?;
    Ok((Pinned(fd), PathBuf::from(shown)))
}

/// What stands between the slashes, the last one first.
fn components(path: &[u8]) -> Vec<OsString> {
    path.rsplit(|&byte| byte == b'/')
        .filter(|component| !component.is_empty())
        .map(|component| OsString::from_vec(component.to_vec()))
        .collect()
}

fn c_string(name: &OsStr) -> rustix::io::Result<CString> {
    CString::new(name.as_bytes()).map_err(|_| Errno::INVAL)
}

#[cfg(test)]
mod tests;
