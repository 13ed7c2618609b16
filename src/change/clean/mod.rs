//! Removes socket files that are proven dead.
//!
//! ```text
//! decide     may it go? pure
//! spot       one name in one directory: look, decide, take away, look again
//! leftovers  what a run that was killed has left aside
//! walk       all below a directory
//! told       what has been told of before
//! ```

mod decide;
mod leftovers;
mod spot;
mod told;
mod walk;

use std::path::{Path, PathBuf};
use std::time::Duration;

pub use decide::{Asked, Decision, Seen, decide};

use super::changes::Changes;
use super::name::Named;
use super::way::{self, Unfit};
use crate::model::{Action, ActionKind, Inode, Names, Outcome};
use crate::observe::ground::Grounds;
use crate::sys::dir::{Dir, Failure};
use crate::sys::lock::{self, Lock, Locks, NotLocked};
use crate::sys::silent::SilentProbe;
pub(super) use spot::Spot;
use told::Told;

/// What is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Request {
    /// Only what nobody has touched for that long.
    pub older_than: Option<Duration>,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
}

/// Removes what is dead, and has what it needs to know that.
pub struct Cleaner<'a> {
    request: Request,
    names: &'a dyn Names,
    probe: SilentProbe,
    grounds: Grounds,
    locks: Locks,
}

impl<'a> Cleaner<'a> {
    /// Fails where there is no descriptor left for the test.
    pub fn new(request: Request, names: &'a dyn Names) -> Result<Cleaner<'a>, Failure> {
        Ok(Cleaner {
            request,
            names,
            probe: SilentProbe::new()?,
            grounds: Grounds::default(),
            locks: Locks::default(),
        })
    }

    /// Removes what these paths lead to, if it is dead; with `recursive` all that is dead in the
    /// directories that they lead to, and below them. What several of them lead to is told once.
    pub fn clean(&self, paths: &[PathBuf], recursive: bool) -> Changes {
        let (mut changes, mut told) = (Changes::default(), Told::default());
        for path in paths {
            let before = changes.actions.len();
            self.path(path, recursive, &mut told, &mut changes);
            let missing = |action: &Action| action.from.as_deref() == Some(MISSING);
            if changes.actions[before..].iter().any(missing) && looks_like_glob(path) {
                changes.note(path, NO_GLOBS);
            }
        }
        changes
    }

    fn path(&self, path: &Path, recursive: bool, told: &mut Told, changes: &mut Changes) {
        let named = Named::new(path);
        if let (Ok(named), false) = (&named, recursive) {
            return self.name(named, told, changes);
        }
        let unfit = match way::directory(path) {
            Ok(dir) if recursive => return walk::walk(self, dir, path, told, changes),
            Ok(_) => Unfit::Directory,
            Err(unfit) => unfit,
        };
        match named {
            Ok(named) if unfit.is_not_a_directory() || unfit == Unfit::Missing => {
                self.name(&named, told, changes);
            }
            _ => not_reached(path, unfit, changes),
        }
    }

    /// Removes one file that was named.
    pub fn named(&self, named: &Named) -> Changes {
        let mut changes = Changes::default();
        self.name(named, &mut Told::default(), &mut changes);
        changes
    }

    fn name(&self, named: &Named, told: &mut Told, changes: &mut Changes) {
        let dir = match named.open_parent() {
            Ok(dir) => dir,
            Err(unfit) => return not_reached(&named.path, unfit, changes),
        };
        let mut lock = self.lock(&dir, &named.parent, changes);
        let spot = Spot::new(self, &dir, named);
        spot.sweep(changes);
        told.once(&spot, changes, |changes| {
            spot.clean(self.asked(false), None, &mut lock, changes);
        });
    }

    /// Removes a stale file that an audit has met, if it is still that one. As on a walk, what is
    /// locked or carries the sticky bit is left alone.
    pub fn met(&self, named: &Named, inode: Inode) -> Outcome {
        let dir = match named.open_parent() {
            Ok(dir) => dir,
            Err(Unfit::Missing) => return Outcome::AlreadySo,
            Err(unfit) => return unfit.into(),
        };
        let mut lock = match lock::try_lock(&dir) {
            Ok(lock) => Some(lock),
            Err(NotLocked::Busy) => return Outcome::LeftOut(LOCKED.to_owned()),
            Err(NotLocked::Failed(_)) => None,
        };
        let mut changes = Changes::default();
        let spot = Spot::new(self, &dir, named);
        spot.clean(self.asked(true), Some(inode), &mut lock, &mut changes);
        let action = changes.actions.pop();
        action.map_or(Outcome::AlreadySo, |action| action.outcome)
    }

    fn asked(&self, on_walk: bool) -> Asked {
        Asked {
            on_walk,
            older_than: self.request.older_than,
        }
    }

    /// Without the lock the work is done all the same: whoever can open the directory can hold
    /// it for ever.
    pub(super) fn lock(&self, dir: &Dir, path: &Path, changes: &mut Changes) -> Option<Lock> {
        if self.request.dry_run {
            return None;
        }
        match self.locks.lock(dir) {
            Ok(lock) => Some(lock),
            Err(why) => {
                changes.note(path, without_lock(why));
                None
            }
        }
    }
}

/// What is missing is as it should be.
fn not_reached(path: &Path, unfit: Unfit, changes: &mut Changes) {
    let (from, outcome) = match unfit {
        Unfit::Missing => (Some(MISSING), Outcome::AlreadySo),
        unfit => (None, unfit.into()),
    };
    changes.add(ActionKind::Remove, path, from, outcome);
}

fn looks_like_glob(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().any(|byte| b"*?[".contains(byte))
}

/// What is there, where there is nothing.
const MISSING: &str = "missing";

const NO_GLOBS: &str = "there is nothing of that very name, and nobody has expanded it: a shell \
                        does, and a unit file does not; -R cleans a directory";

const LOCKED: &str = "somebody has locked the directory, which asks cleaners to leave it";

/// Said of a directory.
fn without_lock(why: NotLocked) -> String {
    format!("went on without the lock of the directory: {why}")
}
