//! Removes socket files that are proven dead.
//!
//! ```text
//! decide     may it go? pure
//! ground     where the silent test proves nothing
//! spot       one name in one directory: look, decide, take away, look again
//! leftovers  what a run that was killed has left aside
//! walk       all below a directory
//! ```

mod decide;
mod ground;
mod leftovers;
mod spot;
mod walk;

use std::path::Path;
use std::time::Duration;

pub use decide::{Asked, Decision, Seen, decide};
pub use ground::{Ground, Grounds};

use super::changes::Changes;
use super::name::Named;
use super::way::{self, Unfit};
use crate::model::{ActionKind, Inode, Names, Outcome};
use crate::sys::dir::{Dir, Failure};
use crate::sys::lock::{self, Lock, NotLocked, PATIENCE};
use crate::sys::silent::SilentProbe;
pub(super) use spot::Spot;

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
}

impl<'a> Cleaner<'a> {
    /// Fails where there is no descriptor left for the test.
    pub fn new(request: Request, names: &'a dyn Names) -> Result<Cleaner<'a>, Failure> {
        Ok(Cleaner {
            request,
            names,
            probe: SilentProbe::new()?,
            grounds: Grounds::default(),
        })
    }

    /// Removes what a path leads to, if it is dead; with `recursive` all that is dead in the
    /// directory that it leads to, and below that.
    pub fn clean(&self, path: &Path, recursive: bool) -> Changes {
        let named = Named::new(path);
        if let (Ok(named), false) = (&named, recursive) {
            return self.named(named);
        }
        let mut changes = Changes::default();
        let unfit = match way::directory(path) {
            Ok(dir) if recursive => {
                walk::walk(self, dir, path, &mut changes);
                return changes;
            }
            Ok(_) => Unfit::Directory,
            Err(unfit) => unfit,
        };
        match named {
            Ok(named) if unfit.is_not_a_directory() || unfit == Unfit::Missing => {
                return self.named(&named);
            }
            _ => not_reached(path, unfit, &mut changes),
        }
        changes
    }

    /// Removes one file that was named.
    pub fn named(&self, named: &Named) -> Changes {
        let mut changes = Changes::default();
        let dir = match named.open_parent() {
            Ok(dir) => dir,
            Err(unfit) => {
                not_reached(&named.path, unfit, &mut changes);
                return changes;
            }
        };
        let mut lock = self.lock(&dir, &named.parent, &mut changes);
        let spot = Spot::new(self, &dir, named);
        spot.sweep(&mut changes);
        spot.clean(self.asked(false), None, &mut lock, &mut changes);
        changes
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
        match lock::lock(dir, PATIENCE) {
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
        Unfit::Missing => (Some("missing"), Outcome::AlreadySo),
        unfit => (None, unfit.into()),
    };
    changes.add(ActionKind::Remove, path, from, outcome);
}

const LOCKED: &str = "somebody has locked the directory, which asks cleaners to leave it";

/// Said of a directory.
fn without_lock(why: NotLocked) -> String {
    format!("went on without the lock of the directory: {why}")
}
