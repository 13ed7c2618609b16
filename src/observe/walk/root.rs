//! Where the walk begins: what was named, resolved, each real place once.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Inode, Parent, Root, SkipReason};
use crate::sys::dir::{Dir, Facts, Failure, Kind, Pinned};

use super::Request;
use super::crossing::Mounts;
use super::exclude::Exclude;
use super::haul::Haul;
use super::node::{Node, Start};
use super::stores::Class;

/// A root that can be begun.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) root: Root,
    inode: Inode,
    is_socket: bool,
    dir: Mutex<Option<Dir>>,
}

/// What beginning a root gives.
pub(super) enum Begun {
    Directory(Arc<Node>, Arc<Dir>),
    Socket(Pinned),
}

/// Not more of them are kept open until their turn comes.
const KEPT_OPEN: usize = 32;

/// Resolves what was named. What cannot be begun is written to `haul`.
pub(super) fn prepare(
    request: &Request<'_>,
    exclude: &Exclude<'_>,
    mounts: &Mounts,
    haul: &mut Haul,
) -> Vec<Begin> {
    let mut roots: Vec<Begin> = Vec::with_capacity(request.roots.len());
    let mut seen: HashSet<PathBuf> = HashSet::new();
    for given in request.roots {
        let bytes = given.as_os_str().as_bytes();
        // Before anything is asked of it.
        if let Some(pattern) = exclude.covers_path(given) {
            haul.excluded(bytes.to_vec(), pattern);
            continue;
        }
        let remote = |path: &Path| request.defaults.then(|| remote_at(mounts, path)).flatten();
        if let Some(fs_type) = remote(given) {
            haul.skipped(bytes.to_vec(), SkipReason::Mount(fs_type));
            continue;
        }
        match open(given) {
            Ok(mut begin) => {
                if let Some(fs_type) = remote(&begin.root.real) {
                    haul.skipped(bytes.to_vec(), SkipReason::Mount(fs_type));
                } else if let Some(pattern) = exclude.covers_path(&begin.root.real) {
                    haul.excluded(bytes.to_vec(), pattern);
                } else if seen.insert(begin.root.real.clone()) {
                    if roots.len() >= KEPT_OPEN {
                        begin.dir = Mutex::default();
                    }
                    roots.push(begin);
                }
            }
            Err(None) if request.defaults => {}
            Err(why) => {
                let missing = || "No such file or directory (ENOENT)".to_owned();
                haul.unreadable(bytes.to_vec(), why.unwrap_or_else(missing));
            }
        }
    }
    roots
}

/// The type of a remote mount at `path` itself. Nothing is asked of what is mounted.
fn remote_at(mounts: &Mounts, path: &Path) -> Option<String> {
    let table = mounts.get().ok()?;
    let mut here = table.at(path.as_os_str().as_bytes()).iter();
    let remote = here.find(|mount| Class::of(&mount.fs_type) == Class::Remote)?;
    Some(remote.fs_type.clone())
}

/// `Err(None)` where nothing is there.
fn open(given: &Path) -> Result<Begin, Option<String>> {
    let why = |failure: Failure| {
        (!failure.is_missing()).then(|| format!("cannot read the directory: {failure}"))
    };
    match Dir::open(given) {
        Ok(dir) => {
            let facts = dir.facts().map_err(why)?;
            let real = dir.real_path().ok();
            let begin = begin(given, facts, real, Some(dir));
            if facts.removed { Err(None) } else { Ok(begin) }
        }
        Err(failure) if failure.is_not_a_directory() => open_other(given),
        Err(failure) => Err(why(failure)),
    }
}

fn open_other(given: &Path) -> Result<Begin, Option<String>> {
    let why =
        |failure: Failure| (!failure.is_missing()).then(|| format!("cannot look at it: {failure}"));
    let pinned = Pinned::open(given).map_err(why)?;
    let facts = pinned.facts().map_err(why)?;
    match facts.kind {
        Kind::Socket => Ok(begin(given, facts, pinned.real_path().ok(), None)),
        kind => Err(Some(format!(
            "is a {}, neither a directory nor a socket",
            kind.as_str()
        ))),
    }
}

fn begin(given: &Path, facts: Facts, real: Option<PathBuf>, dir: Option<Dir>) -> Begin {
    let root = Root {
        given: given.to_owned(),
        // Longer than the kernel can tell, or /proc is not there: then as it was given.
        real: real.unwrap_or_else(|| given.to_owned()),
    };
    Begin {
        root,
        inode: facts.inode,
        is_socket: facts.kind == Kind::Socket,
        dir: Mutex::new(dir),
    }
}

impl Begin {
    /// Opens it for the walk. The reason of a failure is for people.
    pub(super) fn begin(&self) -> Result<Begun, String> {
        let kept = self
            .dir
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if self.is_socket {
            let pinned = Pinned::open(&self.root.given);
            let pinned = pinned.map_err(|failure| format!("cannot look at it: {failure}"))?;
            self.is_same(pinned.facts())?;
            return Ok(Begun::Socket(pinned));
        }
        let dir = if let Some(dir) = kept {
            dir
        } else {
            let dir = Dir::open(&self.root.given);
            let dir = dir.map_err(|failure| format!("cannot read the directory: {failure}"))?;
            self.is_same(dir.facts())?;
            dir
        };
        let dir = Arc::new(dir);
        let node = Node::root(Start {
            given: self.root.given.as_os_str().as_bytes().into(),
            real: self.root.real.as_os_str().as_bytes().into(),
            dir: Arc::clone(&dir),
        });
        Ok(Begun::Directory(Arc::new(node), dir))
    }

    fn is_same(&self, facts: Result<Facts, Failure>) -> Result<(), String> {
        match facts {
            Ok(facts) if facts.inode == self.inode => Ok(()),
            Ok(_) => Err("it was replaced while it was being looked at".to_owned()),
            Err(failure) => Err(format!("cannot look at it: {failure}")),
        }
    }

    /// The directory that a root which is a socket lies in.
    pub(super) fn parent(&self) -> Option<Parent> {
        let directory = self.root.real.parent()?;
        parent_of(Pinned::open(directory).ok()?.facts().ok()?)
    }
}

/// What is said of the directory of a socket.
pub(super) fn parent_of(facts: Facts) -> Option<Parent> {
    Some(Parent {
        mode: facts.mode,
        uid: facts.uid?,
        gid: facts.gid?,
    })
}
