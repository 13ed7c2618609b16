//! The directories that overlays are made of, in every mount namespace that we may look into.
//!
//! Who binds a socket in an overlay binds it to an inode of the overlay. The same file, seen in
//! the upper or a lower directory, has an inode to which nothing is bound: it looks dead, and is
//! not.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::ops::Range;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::dir::{Dir, Failure};
use super::mounts::Table;
use super::proc::{self, ProcessDir};
use crate::model::Inode;

/// The layers of all overlays that are mounted.
#[derive(Debug, Default)]
pub struct Layers {
    all: Vec<Layer>,
    by_inode: HashMap<Inode, usize>,
}

/// A directory that an overlay is made of.
#[derive(Debug)]
pub struct Layer {
    path: PathBuf,
    /// Where the overlay is mounted; `None` in another mount namespace.
    pub overlay: Option<PathBuf>,
    /// In another user namespace anybody can mount an overlay of anything. Nobody is bound there to
    /// what belongs to others than these.
    of: Option<Rc<Ids>>,
}

/// A mount namespace but ours, as one of its processes sees it.
struct Elsewhere {
    process: ProcessDir,
    /// Where it is of another user namespace, too.
    of: Option<Rc<Ids>>,
}

impl Layers {
    /// Reads the mounts of every mount namespace, each once. What may not be looked at is left
    /// out.
    pub fn read() -> Result<Layers, Failure> {
        let mut layers = Layers::default();
        layers.add(&Table::read()?, None);
        // Without /proc/PID there is nothing more to be known.
        for elsewhere in other_namespaces().unwrap_or_default() {
            if let Ok(mounts) = elsewhere.process.mountinfo() {
                layers.add(&Table::parse(&mounts), Some(&elsewhere));
            }
        }
        Ok(layers)
    }

    /// Those of our own namespace, or of another one.
    fn add(&mut self, mounts: &Table, elsewhere: Option<&Elsewhere>) {
        let of = elsewhere.and_then(|elsewhere| elsewhere.of.clone());
        let root = elsewhere.map_or_else(
            || PathBuf::from("/"),
            |elsewhere| PathBuf::from(format!("/proc/{}/root", elsewhere.process.pid())),
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
        let within = |layer: &&Layer| layer.of.is_none() && real.starts_with(&layer.path);
        if let Some(layer) = self.all.iter().find(within) {
            return Some(layer);
        }
        let mut paths = real.ancestors();
        way_up(dir).find_map(|(inode, uid)| {
            let path = paths.next();
            let is_theirs = |layer: &&Layer| {
                let of = layer.of.as_ref();
                path == Some(&layer.path) && of.is_some_and(|ids| ids.contain(uid))
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

/// One process of each mount namespace but ours.
fn other_namespaces() -> std::io::Result<Vec<Elsewhere>> {
    let proc = proc::open_proc()?;
    let own = |kind: &str| rustix::fs::stat(format!("/proc/thread-self/ns/{kind}"));
    let mut seen = HashSet::from([own("mnt")?.st_ino]);
    let user = own("user").ok().map(|stat| stat.st_ino);
    let mut all = Vec::new();
    for pid in proc::pids(proc.as_fd())? {
        let of = |kind: &str| {
            let name = format!("{pid}/ns/{kind}");
            rustix::fs::statat(&proc, name, AtFlags::empty()).map(|stat| stat.st_ino)
        };
        if !of("mnt").is_ok_and(|namespace| seen.insert(namespace)) {
            continue;
        }
        let is_ours = of("user").ok() == user;
        let Ok(process) = ProcessDir::open(proc.as_fd(), pid) else {
            continue;
        };
        // Where it has ended meanwhile it has no mounts any more either.
        let ids = || Ids::parse(&process.uid_map().unwrap_or_default());
        let of = (!is_ours).then(|| Rc::new(ids()));
        all.push(Elsewhere { process, of });
    }
    Ok(all)
}

/// The users of a namespace, by their numbers in ours.
#[derive(Debug, PartialEq, Eq)]
struct Ids(Vec<Range<u64>>);

impl Ids {
    /// `inside outside count` a line, user_namespaces(7).
    fn parse(map: &[u8]) -> Ids {
        let range = |line: &str| {
            let mut numbers = line.split_ascii_whitespace().map(str::parse::<u64>);
            let (outside, count) = (numbers.nth(1)?.ok()?, numbers.next()?.ok()?);
            Some(outside..outside.saturating_add(count))
        };
        Ids(String::from_utf8_lossy(map)
            .lines()
            .filter_map(range)
            .collect())
    }

    fn contain(&self, uid: u32) -> bool {
        self.0.iter().any(|range| range.contains(&u64::from(uid)))
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
    fn an_id_map_tells_whose_files_are_within_reach() {
        let ids =
            Ids::parse(b"         0       1000          1\n         1     100000      65536\n");
        assert!(ids.contain(1000) && ids.contain(100_000) && ids.contain(165_535));
        assert!(!ids.contain(0) && !ids.contain(999) && !ids.contain(165_536));
        assert!(!Ids::parse(b"").contain(0), "none is set yet");
        let everybody = Ids::parse(b"         0          0 4294967295\n");
        assert!(everybody.contain(0) && everybody.contain(65_534));
    }
}
