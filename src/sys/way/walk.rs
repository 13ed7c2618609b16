//! The steps of a way.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode as OpenMode, OFlags, PROC_SUPER_MAGIC, Stat};
use rustix::io::Errno;

use super::{Broken, Link, PIN, Way, below, broken, components, is_trusted, keeps, stopped};
use crate::model::Uid;
use crate::sys::dir::Pinned;

/// As many links as the kernel follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// `through` is told of every directory and every link on the way.
pub(super) fn go(
    path: &Path,
    ahead: VecDeque<Vec<u8>>,
    through: &mut dyn FnMut(&Pinned),
) -> Result<Way, Broken> {
    let from_root = path.as_os_str().as_bytes().starts_with(b"/");
    let (here, shown) = begin(from_root).map_err(|errno| broken(path, errno))?;
    let around = rustix::fs::fstat(&here).map_err(|errno| broken(&shown, errno))?;
    through(&here);
    let mut walk = Walk {
        here,
        through,
        around,
        shown,
        ahead,
        unsteady: None,
        foreign: Vec::new(),
        links: 0,
    };
    let missing = walk.run()?;
    Ok(Way {
        here: walk.here,
        path: walk.shown,
        missing,
        unsteady: walk.unsteady,
        foreign: walk.foreign,
    })
}

struct Walk<'a> {
    here: Pinned,
    through: &'a mut dyn FnMut(&Pinned),
    /// Of `here`.
    around: Stat,
    shown: PathBuf,
    ahead: VecDeque<Vec<u8>>,
    unsteady: Option<PathBuf>,
    foreign: Vec<Link>,
    links: usize,
}

impl Walk<'_> {
    /// Gives what is missing at the end.
    fn run(&mut self) -> Result<Vec<CString>, Broken> {
        while let Some(name) = self.ahead.pop_front() {
            if name == b"." {
                continue;
            }
            let shown = self.shown(&name);
            match self.step(&name, &shown) {
                Ok(()) => {}
                Err(Errno::NOENT) => {
                    let names = std::iter::once(name).chain(self.ahead.drain(..));
                    return names
                        .filter(|name| name != b".")
                        .map(|name| made_name(name).ok_or_else(|| broken(&shown, Errno::NOENT)))
                        .collect();
                }
                Err(errno) => return Err(stopped(&self.shown, &shown, errno)),
            }
        }
        Ok(Vec::new())
    }

    fn shown(&self, name: &[u8]) -> PathBuf {
        match self.shown.parent() {
            Some(above) if name == b".." && self.shown.is_absolute() => above.to_owned(),
            None if name == b".." && self.shown.is_absolute() => self.shown.clone(),
            _ => self.shown.join(OsStr::from_bytes(name)),
        }
    }

    fn step(&mut self, name: &[u8], shown: &Path) -> rustix::io::Result<()> {
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        // With O_DIRECTORY what is to be mounted on demand is mounted.
        let how = PIN | OFlags::NOFOLLOW | OFlags::DIRECTORY;
        let found = match below(&self.here, &name, how) {
            Err(Errno::NOTDIR | Errno::LOOP) => below(&self.here, &name, PIN | OFlags::NOFOLLOW)?,
            opened => opened?,
        };
        let found = Pinned::from_fd(found);
        let stat = rustix::fs::fstat(&found)?;
        if self.unsteady.is_none() && !(is_up(&name) || keeps(&self.around, stat.st_uid)) {
            self.unsteady = Some(self.shown.clone());
        }
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                self.enter(found, shown.to_owned());
                self.around = stat;
                Ok(())
            }
            FileType::Symlink => self.follow(&name, &found, &stat, shown),
            _ => Err(Errno::NOTDIR),
        }
    }

    fn enter(&mut self, directory: Pinned, shown: PathBuf) {
        (self.through)(&directory);
        self.here = directory;
        self.shown = shown;
    }

    fn follow(
        &mut self,
        name: &CStr,
        link: &Pinned,
        stat: &Stat,
        shown: &Path,
    ) -> rustix::io::Result<()> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::LOOP);
        }
        if !is_trusted(stat.st_uid) {
            self.unsteady.get_or_insert_with(|| shown.to_owned());
            self.foreign.push(Link {
                path: shown.to_owned(),
                uid: Uid::new(stat.st_uid),
            });
        }
        (self.through)(link);
        if rustix::fs::fstatfs(&self.here)?.f_type == PROC_SUPER_MAGIC {
            // What /proc/PID/root reads as is not where it leads: only the kernel can follow it,
            // and its process decides.
            self.unsteady.get_or_insert_with(|| shown.to_owned());
            let directory = below(&self.here, name, PIN | OFlags::DIRECTORY)?;
            self.enter(Pinned::from_fd(directory), shown.to_owned());
        } else {
            let to = rustix::fs::readlinkat(link.as_fd(), c"", Vec::new())?.into_bytes();
            if to.is_empty() {
                return Err(Errno::NOENT);
            }
            if to.starts_with(b"/") {
                let (root, shown) = begin(true)?;
                self.enter(root, shown);
            }
            for component in components(&to).rev() {
                self.ahead.push_front(component);
            }
        }
        self.around = rustix::fs::fstat(&self.here)?;
        Ok(())
    }
}

/// The root directory, or the working directory, which has no words.
fn begin(from_root: bool) -> rustix::io::Result<(Pinned, PathBuf)> {
    let (begin, shown) = if from_root { (c"/", "/") } else { (c".", "") };
    let fd = rustix::fs::openat(CWD, begin, PIN | OFlags::DIRECTORY, OpenMode::empty())?;
    Ok((Pinned::from_fd(fd), PathBuf::from(shown)))
}

fn is_up(name: &CStr) -> bool {
    name.to_bytes() == b".."
}

/// There is no way up from what is not there.
fn made_name(name: Vec<u8>) -> Option<CString> {
    CString::new(name).ok().filter(|name| !is_up(name))
}
