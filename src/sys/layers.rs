//! The directories that overlays are made of, in every mount namespace that we may look into.
//!
//! Who binds a socket in an overlay binds it to an inode of the overlay. The same file, seen in
//! the upper or a lower directory, has an inode to which nothing is bound: it looks dead, and is
//! not.

use std::collections::{HashMap, HashSet};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

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
}

impl Layers {
    /// Reads the mounts of every mount namespace, each once. What may not be looked at is left
    /// out.
    pub fn read() -> Result<Layers, Failure> {
        let mut layers = Layers::default();
        layers.add(&Table::read()?, None);
        // Without /proc/PID there is nothing more to be known.
        for process in other_namespaces().unwrap_or_default() {
            if let Ok(mounts) = process.mountinfo() {
                let root = PathBuf::from(format!("/proc/{}/root", process.pid()));
                layers.add(&Table::parse(&mounts), Some(&root));
            }
        }
        Ok(layers)
    }

    /// Those of our own namespace, or of the one with that root directory.
    fn add(&mut self, mounts: &Table, root: Option<&Path>) {
        for mount in mounts.iter() {
            for layer in mount.layers.iter().map(|layer| path(layer)) {
                // An overlay of the whole system says nothing about any one place in it.
                if layer == Path::new("/") {
                    continue;
                }
                let below = layer.strip_prefix("/").unwrap_or(layer);
                let seen = root.unwrap_or(Path::new("/")).join(below);
                let number = self.all.len();
                self.by_inode
                    .extend(inode(&seen).map(|inode| (inode, number)));
                self.all.push(Layer {
                    path: layer.to_owned(),
                    overlay: root.is_none().then(|| path(&mount.point).to_owned()),
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
        let by_path = dir.real_path().ok().and_then(|real| {
            let mut layers = self.all.iter();
            layers.find(|layer| real.starts_with(&layer.path))
        });
        by_path.or_else(|| {
            let number = way_up(dir).find_map(|inode| self.by_inode.get(&inode))?;
            self.all.get(*number)
        })
    }
}

fn path(bytes: &[u8]) -> &Path {
    Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
}

/// One process of each mount namespace but ours.
fn other_namespaces() -> std::io::Result<Vec<ProcessDir>> {
    let proc = proc::open_proc()?;
    let mut seen = HashSet::from([rustix::fs::stat("/proc/thread-self/ns/mnt")?.st_ino]);
    let mut processes = Vec::new();
    for pid in proc::pids(proc.as_fd())? {
        let namespace = rustix::fs::statat(&proc, format!("{pid}/ns/mnt"), AtFlags::empty());
        if namespace.is_ok_and(|stat| seen.insert(stat.st_ino)) {
            processes.extend(ProcessDir::open(proc.as_fd(), pid));
        }
    }
    Ok(processes)
}

fn inode(path: &Path) -> Option<Inode> {
    let stat = rustix::fs::statat(CWD, path, AtFlags::NO_AUTOMOUNT).ok()?;
    Some(Inode {
        dev: stat.st_dev,
        ino: stat.st_ino,
    })
}

/// The directory and those above it, up to our root directory or to one that is closed to us.
fn way_up(dir: &Dir) -> impl Iterator<Item = Inode> {
    let up = |fd: &dyn Fn() -> rustix::io::Result<std::os::fd::OwnedFd>| {
        let fd = fd().ok()?;
        let stat = rustix::fs::fstat(&fd).ok()?;
        let inode = Inode {
            dev: stat.st_dev,
            ino: stat.st_ino,
        };
        Some((fd, inode))
    };
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let first = up(&|| rustix::fs::openat(dir, c".", flags, Mode::empty()));
    std::iter::successors(first, move |(fd, inode)| {
        let above = up(&|| rustix::fs::openat(fd, c"..", flags, Mode::empty()))?;
        // Above the root directory there is the root directory.
        (above.1 != *inode).then_some(above)
    })
    .map(|(_, inode)| inode)
}

#[cfg(test)]
mod tests {
    // Skipped tests say so by name.
    #![allow(clippy::print_stdout)]

    use super::*;

    #[test]
    fn the_way_up_ends_at_the_root_directory() {
        let place = tempfile::tempdir().unwrap();
        let way: Vec<Inode> = way_up(&Dir::open(place.path()).unwrap()).collect();
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
}
