//! The steps of a way.

use std::collections::VecDeque;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode as OpenMode, OFlags, PROC_SUPER_MAGIC, Stat};
use rustix::io::Errno;

use super::{Broken, Link, PIN, Way, below, broken, components, is_trusted, is_up, keeps, stopped};
use crate::model::Uid;
use crate::sys::dir::Pinned;
use crate::sys::mounts::MountId;

/// As many links as the kernel follows in one path (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Where a walk starts, and where absolute links lead.
pub(super) enum Start<'a> {
    /// Our working directory, which has no words.
    WorkingDirectory,
    /// Our root directory.
    OurRoot,
    /// The root directory of another process.
    Root(&'a OwnedFd),
}

/// Who wants to know of every step. What fails there ends the walk.
pub(super) trait Observer {
    /// Whether the way may end at what is no directory.
    const ENDS_AT_FILES: bool = false;

    /// At the start, and where a link leads there again.
    fn started(&mut self, _at: &Pinned, _path: &Path) -> rustix::io::Result<()> {
        Ok(())
    }

    fn entered(&mut self, _name: &CStr, _found: &Pinned, _path: &Path) -> rustix::io::Result<()> {
        Ok(())
    }

    /// `trailing`: nothing of the path came after that name.
    fn followed(
        &mut self,
        _name: &CStr,
        _link: &Pinned,
        _path: &Path,
        _target: &[u8],
        _trailing: bool,
    ) -> rustix::io::Result<()> {
        Ok(())
    }

    /// A link of /proc, which is not where it reads as.
    fn met_magic(&mut self, _link: &Pinned, _path: &Path) -> rustix::io::Result<()> {
        Ok(())
    }

    /// Where such a link led.
    fn jumped(&mut self, _to: &Pinned) {}

    /// The last one, which is no directory.
    fn ended(&mut self, _name: &CStr, _found: &Pinned, _path: &Path) -> rustix::io::Result<()> {
        Ok(())
    }
}

/// Hands over every directory and every link on the way.
struct Through<'a>(&'a mut dyn FnMut(&Pinned));

impl Observer for Through<'_> {
    fn started(&mut self, at: &Pinned, _: &Path) -> rustix::io::Result<()> {
        (self.0)(at);
        Ok(())
    }

    fn entered(&mut self, _: &CStr, found: &Pinned, _: &Path) -> rustix::io::Result<()> {
        (self.0)(found);
        Ok(())
    }

    fn followed(
        &mut self,
        _: &CStr,
        link: &Pinned,
        _: &Path,
        _: &[u8],
        _: bool,
    ) -> rustix::io::Result<()> {
        (self.0)(link);
        Ok(())
    }

    fn met_magic(&mut self, link: &Pinned, _: &Path) -> rustix::io::Result<()> {
        (self.0)(link);
        Ok(())
    }

    fn jumped(&mut self, to: &Pinned) {
        (self.0)(to);
    }
}

/// `through` is told of every directory and every link on the way.
pub(super) fn go(
    path: &Path,
    ahead: VecDeque<Vec<u8>>,
    through: &mut dyn FnMut(&Pinned),
) -> Result<Way, Broken> {
    let from_root = path.as_os_str().as_bytes().starts_with(b"/");
    let start = if from_root {
        Start::OurRoot
    } else {
        Start::WorkingDirectory
    };
    // The working directory has no words of its own.
    let told = |(at, errno): Stopped| {
        let is_nameless = at.as_os_str().is_empty();
        broken(if is_nameless { path } else { &at }, errno)
    };
    let mut through = Through(through);
    let mut walk = Walk::begin(start, ahead, &mut through).map_err(told)?;
    let missing = walk.run().map_err(told)?;
    Ok(Way {
        here: walk.here,
        path: walk.shown,
        missing,
        unsteady: walk.unsteady,
        foreign: walk.foreign,
    })
}

pub(super) struct Walk<'a, O> {
    start: Start<'a>,
    observer: &'a mut O,
    here: Pinned,
    /// Of `here`.
    around: Stat,
    shown: PathBuf,
    ahead: VecDeque<Vec<u8>>,
    unsteady: Option<PathBuf>,
    foreign: Vec<Link>,
    links: usize,
}

/// Where a walk stands, for others to go on from there.
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) here: Pinned,
    around: Stat,
    shown: PathBuf,
    links: usize,
}

/// Where a walk ended, and why.
type Stopped = (PathBuf, Errno);

impl<'a, O: Observer> Walk<'a, O> {
    pub(super) fn begin(
        start: Start<'a>,
        ahead: VecDeque<Vec<u8>>,
        observer: &'a mut O,
    ) -> Result<Self, Stopped> {
        let (here, shown) = start.open().map_err(|errno| (PathBuf::new(), errno))?;
        let around = rustix::fs::fstat(&here);
        let around = around.and_then(|around| {
            observer.started(&here, &shown)?;
            Ok(around)
        });
        let around = around.map_err(|errno| (shown.clone(), errno))?;
        Ok(Walk {
            start,
            observer,
            here,
            around,
            shown,
            ahead,
            unsteady: None,
            foreign: Vec::new(),
            links: 0,
        })
    }

    /// Goes on from where another walk stood, which began in our root directory.
    pub(super) fn from(
        stand: &Stand,
        ahead: VecDeque<Vec<u8>>,
        observer: &'a mut O,
    ) -> Result<Self, Stopped> {
        let here = rustix::io::fcntl_dupfd_cloexec(&stand.here, 0);
        Ok(Walk {
            start: Start::OurRoot,
            observer,
            here: here
                .map(Pinned::from_fd)
                .map_err(|errno| (stand.shown.clone(), errno))?,
            around: stand.around,
            shown: stand.shown.clone(),
            ahead,
            unsteady: None,
            foreign: Vec::new(),
            links: stand.links,
        })
    }

    /// Where it stands.
    pub(super) fn into_stand(self) -> Stand {
        Stand {
            here: self.here,
            around: self.around,
            shown: self.shown,
            links: self.links,
        }
    }

    /// Gives what is missing at the end.
    pub(super) fn run(&mut self) -> Result<Vec<CString>, Stopped> {
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
                        .map(|name| made_name(name).ok_or_else(|| (shown.clone(), Errno::NOENT)))
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
        let found = match self.below(&name, how) {
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
                self.observer.entered(&name, &found, shown)?;
                self.here = found;
                self.around = stat;
                shown.clone_into(&mut self.shown);
                Ok(())
            }
            FileType::Symlink => self.follow(&name, &found, &stat, shown),
            _ if O::ENDS_AT_FILES && self.ahead.is_empty() => {
                self.observer.ended(&name, &found, shown)
            }
            _ => Err(Errno::NOTDIR),
        }
    }

    /// Opens what is in the directory. The way up ends at the root of whoever the walk is for.
    fn below(&self, name: &CStr, how: OFlags) -> rustix::io::Result<OwnedFd> {
        match self.start {
            Start::Root(root) if is_up(name) && is_same(root, &self.here)? => {
                below(&self.here, c".", how)
            }
            _ => below(&self.here, name, how),
        }
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
        if rustix::fs::fstatfs(&self.here)?.f_type == PROC_SUPER_MAGIC {
            // What /proc/PID/root reads as is not where it leads: only the kernel can follow it,
            // and its process decides.
            self.observer.met_magic(link, shown)?;
            self.unsteady.get_or_insert_with(|| shown.to_owned());
            let directory = below(&self.here, name, PIN | OFlags::DIRECTORY)?;
            self.here = Pinned::from_fd(directory);
            self.observer.jumped(&self.here);
            shown.clone_into(&mut self.shown);
        } else {
            let to = rustix::fs::readlinkat(link.as_fd(), c"", Vec::new())?.into_bytes();
            if to.is_empty() {
                return Err(Errno::NOENT);
            }
            let trailing = self.ahead.is_empty();
            self.observer.followed(name, link, shown, &to, trailing)?;
            if to.starts_with(b"/") {
                (self.here, self.shown) = self.start.root().open()?;
                self.observer.started(&self.here, &self.shown)?;
            }
            if to.ends_with(b"/") {
                self.ahead.push_front(b".".to_vec());
            }
            for component in components(&to).rev() {
                self.ahead.push_front(component);
            }
        }
        self.around = rustix::fs::fstat(&self.here)?;
        Ok(())
    }
}

impl<'a> Start<'a> {
    fn open(&self) -> rustix::io::Result<(Pinned, PathBuf)> {
        let how = PIN | OFlags::DIRECTORY;
        let open = |at, name| {
            let opened = rustix::fs::openat(at, name, how, OpenMode::empty());
            opened.map(Pinned::from_fd)
        };
        Ok(match self {
            Start::WorkingDirectory => (open(CWD, c".")?, PathBuf::new()),
            Start::OurRoot => (open(CWD, c"/")?, PathBuf::from("/")),
            Start::Root(root) => (open(root.as_fd(), c".")?, PathBuf::from("/")),
        })
    }

    /// Where an absolute path starts.
    fn root(&self) -> Start<'a> {
        match self {
            Start::Root(root) => Start::Root(root),
            Start::WorkingDirectory | Start::OurRoot => Start::OurRoot,
        }
    }
}

/// Whether both are the same directory on the same mount.
fn is_same(one: &OwnedFd, other: &Pinned) -> rustix::io::Result<bool> {
    let (a, b) = (rustix::fs::fstat(one)?, rustix::fs::fstat(other)?);
    if (a.st_dev, a.st_ino) != (b.st_dev, b.st_ino) {
        return Ok(false);
    }
    let mount = |fd: BorrowedFd<'_>| MountId::of(fd).map_err(|_| Errno::IO);
    Ok(mount(one.as_fd())? == mount(other.as_fd())?)
}

/// There is no way up from what is not there.
fn made_name(name: Vec<u8>) -> Option<CString> {
    CString::new(name).ok().filter(|name| !is_up(name))
}
