//! The directories that overlays are made of, in every mount namespace that we may look into.
//!
//! Who binds a socket in an overlay binds it to an inode of the overlay. The same file, seen in
//! the upper or a lower directory, has an inode to which nothing is bound: it looks dead, and is
//! not.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use super::dir::{Dir, Failure};
use super::mounts::Table;
use super::other_mounts;
use super::proc::{self, ProcessDir};
use super::statmount;
use crate::model::{IdRanges, Inode};

/// The layers of all overlays that are mounted.
#[derive(Debug, Default)]
pub struct Layers {
    all: Vec<Layer>,
    by_inode: HashMap<Inode, usize>,
}

/// A directory that an overlay is made of.
#[derive(Debug)]
pub struct Layer {
    /// Relative where nobody knows from where it is meant: then every directory whose path ends
    /// like that may be the layer. Links in such a path are not seen through.
    path: PathBuf,
    /// Where the overlay is mounted; `None` in another mount namespace.
    pub overlay: Option<PathBuf>,
    /// In another user namespace anybody can mount an overlay of anything. Nobody is bound there to
    /// what belongs to others than these.
    of: Option<Rc<IdRanges>>,
}

/// A mount namespace but ours, as one of its processes sees it.
struct Elsewhere {
    pid: u32,
    mounts: Vec<u8>,
    /// Where it is of another user namespace, too.
    of: Option<Rc<IdRanges>>,
}

impl Layer {
    fn may_be(&self, directory: &Path) -> bool {
        if self.path.is_absolute() {
            directory == self.path
        } else {
            directory.ends_with(&self.path)
        }
    }
}

impl Layers {
    /// Reads the mounts of every mount namespace, each once. What may not be looked at is left
    /// out, and so is what is gone by then.
    ///
    /// # Errors
    ///
    /// Where anything else keeps us from a complete list, as having no descriptor left does:
    /// then nothing is known of any directory.
    pub fn read() -> Result<Layers, Failure> {
        let mut layers = Layers::default();
        if !statmount::certainly_no_overlay() {
            layers.add(&Table::read()?, None);
        }
        if other_mounts::certainly_no_overlay() {
            return Ok(layers);
        }
        each_other_namespace(|elsewhere| {
            layers.add(&Table::parse(&elsewhere.mounts), Some(elsewhere));
        })?;
        Ok(layers)
    }

    /// Those of our own namespace, or of another one.
    fn add(&mut self, mounts: &Table, elsewhere: Option<&Elsewhere>) {
        let of = elsewhere.and_then(|elsewhere| elsewhere.of.clone());
        let root = elsewhere.map_or_else(
            || PathBuf::from("/"),
            |elsewhere| PathBuf::from(format!("/proc/{}/root", elsewhere.pid)),
        );
        for mount in mounts.iter() {
            for layer in mount.layers.iter().map(|layer| path(layer)) {
                // An overlay of the whole system says nothing about any one place in it.
                if layer == Path::new("/") {
                    continue;
                }
                // Where somebody else says what is mounted nothing is looked at.
                if of.is_none() {
                    let seen = root.join(layer.strip_prefix("/").unwrap_or(layer));
                    let number = self.all.len();
                    let inode = inode(&seen).map(|inode| (inode, number));
                    self.by_inode.extend(inode);
                }
                self.all.push(Layer {
                    path: layer.to_owned(),
                    overlay: elsewhere.is_none().then(|| path(&mount.point).to_owned()),
                    of: of.clone(),
                });
            }
            for layer in &mount.relative_layers {
                self.all.push(Layer {
                    path: end_of(path(layer)),
                    overlay: elsewhere.is_none().then(|| path(&mount.point).to_owned()),
                    of: of.clone(),
                });
            }
        }
    }

    /// Whether there is no overlay.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The layer that the directory is, or lies in.
    pub fn holding(&self, dir: &Dir) -> Option<&Layer> {
        if self.is_empty() {
            return None;
        }
        let real = dir.real_path().unwrap_or_default();
        let within = |layer: &&Layer| {
            layer.of.is_none() && real.ancestors().any(|above| layer.may_be(above))
        };
        if let Some(layer) = self.all.iter().find(within) {
            return Some(layer);
        }
        let mut paths = real.ancestors();
        way_up(dir).find_map(|(inode, uid)| {
            let path = paths.next();
            let is_theirs = |layer: &&Layer| {
                let of = layer.of.as_ref();
                path.is_some_and(|path| layer.may_be(path))
                    && of.is_some_and(|ids| ids.contain(uid))
            };
            let known = self
                .by_inode
                .get(&inode)
                .and_then(|&number| self.all.get(number));
            known.or_else(|| self.all.iter().find(is_theirs))
        })
    }
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

/// What the real path of a relative one ends with, wherever it begins: nothing for `..`.
fn end_of(relative: &Path) -> PathBuf {
    let mut end = PathBuf::new();
    for component in relative.components() {
        match component {
            Component::Normal(name) => end.push(name),
            Component::ParentDir => end.clear(),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    end
}

/// A process, and the number of its mount namespace.
struct Member {
    pid: u32,
    mount: u64,
}

/// Hands over each mount namespace but ours. One after the other: how many there are is for
/// anybody to say, and how many descriptors we may have is not.
fn each_other_namespace(mut each: impl FnMut(&Elsewhere)) -> std::io::Result<()> {
    let proc = proc::open_proc()?;
    let own = |kind: &str| rustix::fs::stat(format!("/proc/thread-self/ns/{kind}"));
    let (own_mount, own_user) = (own("mnt")?.st_ino, own("user")?.st_ino);
    let mut members = Vec::new();
    for pid in proc::pids(proc.as_fd())? {
        if let Some(mount) = looked_at(number_of(proc.as_fd(), pid, "mnt"))? {
            members.push(Member { pid, mount });
        }
    }
    let mut seen = HashSet::from([own_mount]);
    for member in &members {
        if seen.contains(&member.mount) {
            continue;
        }
        // Where it has ended meanwhile another one may still be there.
        if let Some(elsewhere) = looked_at(look_at(proc.as_fd(), member, own_user, &members))? {
            seen.insert(member.mount);
            each(&elsewhere);
        }
    }
    Ok(())
}

/// Of the namespace of that kind that a process is in.
fn number_of(proc: BorrowedFd<'_>, pid: u32, kind: &str) -> std::io::Result<u64> {
    let name = format!("{pid}/ns/{kind}");
    Ok(rustix::fs::statat(proc, name, AtFlags::empty())?.st_ino)
}

fn look_at(
    proc: BorrowedFd<'_>,
    member: &Member,
    own_user: u64,
    members: &[Member],
) -> std::io::Result<Elsewhere> {
    let process = ProcessDir::open(proc, member.pid)?;
    let mounts = process.mountinfo()?;
    // A process may have a user namespace of its own and be in a mount namespace of another.
    let owner = process
        .owner_of_mounts()?
        .filter(|owner| *owner != own_user);
    let of = match owner {
        Some(owner) => Some(Rc::new(ids_of(proc, owner, members)?)),
        None => None,
    };
    Ok(Elsewhere {
        pid: member.pid,
        mounts,
        of,
    })
}

/// Everybody where no process tells.
fn ids_of(proc: BorrowedFd<'_>, user: u64, members: &[Member]) -> std::io::Result<IdRanges> {
    for member in members {
        if looked_at(number_of(proc, member.pid, "user"))? != Some(user) {
            continue;
        }
        let map = ProcessDir::open(proc, member.pid).and_then(|process| process.uid_map());
        if let Some(map) = looked_at(map)? {
            return Ok(IdRanges::of_map(&map));
        }
    }
    Ok(IdRanges::all())
}

/// `None`: it is gone, or not ours to look at.
fn looked_at<T>(outcome: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) => match Errno::from_io_error(&error) {
            Some(errno) if proc::is_gone(errno) => Ok(None),
            // The last is what mountinfo of a process says that ends meanwhile.
            Some(Errno::ACCESS | Errno::PERM | Errno::INVAL) => Ok(None),
            _ => Err(error),
        },
    }
}

fn inode(path: &Path) -> Option<Inode> {
    let stat = rustix::fs::statat(CWD, path, AtFlags::NO_AUTOMOUNT).ok()?;
    Some(Inode {
        dev: stat.st_dev,
        ino: stat.st_ino,
    })
}

/// The directory and those above it with their owners, up to our root directory or to one that is
/// closed to us.
fn way_up(dir: &Dir) -> impl Iterator<Item = (Inode, u32)> {
    let up = |from: &dyn AsFd, name: &CStr| {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(from.as_fd(), name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&fd).ok()?;
        let inode = Inode {
            dev: stat.st_dev,
            ino: stat.st_ino,
        };
        Some((fd, inode, stat.st_uid))
    };
    std::iter::successors(up(dir, c"."), move |(fd, inode, _)| {
        // Above the root directory there is the root directory.
        up(fd, c"..").filter(|(_, above, _)| above != inode)
    })
    .map(|(_, inode, uid)| (inode, uid))
}

#[cfg(test)]
mod tests {
    // Skipped tests say so by name.
    #![allow(clippy::print_stdout)]

    use super::*;

    #[test]
    fn the_way_up_ends_at_the_root_directory() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let way: Vec<Inode> = way_up(&dir).map(|(inode, _)| inode).collect();
        assert_eq!(way.first().copied(), inode(place.path()));
        assert_eq!(way.last().copied(), inode(Path::new("/")));
    }

    #[test]
    fn what_lies_in_a_layer_is_known_by_any_path() {
        let place = tempfile::tempdir().unwrap();
        let (layer, inside) = (place.path().join("upper"), place.path().join("upper/a/b"));
        std::fs::create_dir_all(&inside).unwrap();
        let line = format!(
            "36 35 0:50 / /merged rw - overlay overlay rw,lowerdir=/,upperdir={},workdir=/w\n",
            layer.display()
        );
        let mut layers = Layers::default();
        layers.add(&Table::parse(line.as_bytes()), None);
        let overlay = |dir: &Path| {
            let dir = Dir::open(dir).unwrap();
            layers.holding(&dir).map(|layer| layer.overlay.clone())
        };
        let merged = Some(Some(PathBuf::from("/merged")));
        assert_eq!(overlay(&inside), merged);
        assert_eq!(overlay(&layer), merged);
        assert_eq!(overlay(place.path()), None, "the root directory is none");
        std::fs::rename(&layer, place.path().join("moved")).unwrap();
        assert_eq!(
            overlay(&place.path().join("moved/a/b")),
            merged,
            "by its inode"
        );
    }

    #[test]
    fn a_relative_layer_is_known_by_the_end_of_its_path() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("c/upper/a");
        std::fs::create_dir_all(&inside).unwrap();
        let line = "36 35 0:50 / /merged rw - overlay overlay \
                    rw,lowerdir=l,upperdir=../x/../c/./upper,workdir=w\n";
        let mut layers = Layers::default();
        layers.add(&Table::parse(line.as_bytes()), None);
        let holds = |dir: &Path| layers.holding(&Dir::open(dir).unwrap()).is_some();
        assert!(holds(&inside) && holds(&place.path().join("c/upper")));
        assert!(!holds(&place.path().join("c")));
        assert_eq!(end_of(Path::new("..")), Path::new(""));
    }

    #[test]
    fn only_what_is_gone_or_closed_is_left_out() {
        let failed = |errno: Errno| looked_at::<()>(Err(errno.into()));
        for errno in [Errno::NOENT, Errno::SRCH, Errno::ACCESS, Errno::PERM] {
            assert!(failed(errno).unwrap().is_none());
        }
        assert!(failed(Errno::MFILE).is_err() && failed(Errno::NFILE).is_err());
    }
}
