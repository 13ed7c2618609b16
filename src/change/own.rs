//! A socket file that is ours until the end: then it is removed, and no other, whatever has
//! become of its path.
//!
//! The inode is pinned all the time, so its number is not given out again. It is looked for where
//! it was, in the directory that it was in wherever that is by now, and then where the kernel says
//! that it has been moved to. Other names that somebody has given to it are theirs.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::changes::Changes;
use super::name::Named;
use super::take_away::{Taken, kept_as, take_away};
use super::way::Unfit;
use super::{How, Plan, Target, Wish, execute};
use crate::model::{Action, ActionKind, Inode, Mode, Names, Outcome, Ownership};
use crate::sys::dir::{Dir, Facts, Failure, Kind, Pinned};
use crate::sys::lock::Locks;

/// A socket file of ours.
#[derive(Debug)]
pub struct Own {
    named: Named,
    dir: Dir,
    pinned: Pinned,
    inode: Inode,
}

/// Why a path is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotOwn {
    /// It leads to another inode by now.
    #[error("it has been replaced meanwhile")]
    Replaced,
    /// It cannot be looked at.
    #[error("cannot look at it: {0}")]
    Failed(#[from] Failure),
    /// There is no way to its directory.
    #[error(transparent)]
    Way(#[from] Unfit),
    /// It cannot be the path of a file.
    #[error(transparent)]
    Path(#[from] super::name::BadPath),
}

/// What became of the file at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// It is removed.
    Removed,
    /// Its last name was gone.
    Gone,
    /// Somebody is bound to it, so it stays: who, in words.
    InUse(String),
    /// It, or what was put in its place meanwhile, stays for that reason.
    Failed(String),
}

impl Own {
    /// What was pinned, if it is a socket and `path`, which is absolute, leads to it still.
    pub fn new(path: &Path, pinned: Pinned) -> Result<Own, NotOwn> {
        let named = Named::new(path)?;
        let dir = named.open_parent()?;
        let facts = pinned.facts()?;
        let own = Own {
            named,
            dir,
            pinned,
            inode: facts.inode,
        };
        let is_it = facts.kind == Kind::Socket && own.is_at(&own.dir, &own.named)?;
        is_it.then_some(own).ok_or(NotOwn::Replaced)
    }

    /// Its path, as it was.
    pub fn path(&self) -> &Path {
        &self.named.path
    }

    /// The directory that it was in.
    pub fn dir(&self) -> &Dir {
        &self.dir
    }

    /// The name that it has there.
    pub fn named(&self) -> &Named {
        &self.named
    }

    /// The inode itself.
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// Which one it is.
    pub fn inode(&self) -> Inode {
        self.inode
    }

    /// What it is like now.
    pub fn facts(&self) -> Result<Facts, Failure> {
        self.pinned.facts()
    }

    /// Where it is now, as the kernel knows it; `None`: no name leads to it any more.
    pub fn real_path(&self) -> Option<PathBuf> {
        let removed = self.facts().is_ok_and(|facts| facts.removed);
        (!removed).then(|| self.pinned.real_path().ok()).flatten()
    }

    /// Removes it, unless `used` says who is still bound to it.
    pub fn remove(&self, locks: &Locks, used: impl FnOnce() -> Option<String>) -> Removal {
        match self.is_at(&self.dir, &self.named) {
            Ok(true) => return self.remove_at(locks, &self.dir, &self.named, used),
            Ok(false) => {}
            Err(failure) => return Removal::Failed(format!("cannot look at it: {failure}")),
        }
        let Some(named) = self.real_path().and_then(|path| Named::new(&path).ok()) else {
            return Removal::Gone;
        };
        // The kernel's word is that of a moment.
        match named.open_parent() {
            Ok(dir) if self.is_at(&dir, &named) == Ok(true) => {
                self.remove_at(locks, &dir, &named, used)
            }
            _ => Removal::Gone,
        }
    }

    fn is_at(&self, dir: &Dir, named: &Named) -> Result<bool, Failure> {
        match dir.facts_of(&named.name) {
            Ok(facts) => Ok(facts.inode == self.inode),
            Err(failure) if failure.is_missing() => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    fn remove_at(
        &self,
        locks: &Locks,
        dir: &Dir,
        named: &Named,
        used: impl FnOnce() -> Option<String>,
    ) -> Removal {
        // Without the lock it is done all the same: whoever can open the directory can hold it.
        let lock = locks.lock(dir);
        if let Some(who) = used() {
            return Removal::InUse(who);
        }
        let is_it = |moved: &Pinned| moved.facts().is_ok_and(|facts| facts.inode == self.inode);
        let taken = take_away(dir, &named.name, &named.name, is_it);
        drop(lock);
        match taken {
            Taken::Removed => Removal::Removed,
            Taken::Gone | Taken::Other => Removal::Gone,
            Taken::KeptAside(aside) => Removal::Failed(kept_as(&named.beside(&aside))),
            Taken::Failed(failure) => Removal::Failed(format!("cannot remove it: {failure}")),
        }
    }

    /// Gives it the name back that it had, where it has only been renamed in its directory and
    /// nobody has that name by now.
    pub fn put_back(&self) -> Result<(), String> {
        let now = self.real_path().ok_or("no name leads to it any more")?;
        let name = now.file_name().unwrap_or_default();
        let name = std::ffi::CString::new(name.as_bytes()).map_err(|error| error.to_string())?;
        let is_it = |facts: Facts| facts.inode == self.inode;
        if !self.dir.facts_of(&name).is_ok_and(is_it) {
            return Err(format!("it is {} by now", now.display()));
        }
        crate::sys::aside::rename(&self.dir, &name, &self.named.name)
            .map_err(|failure| format!("cannot rename it: {failure}"))
    }
}

/// Gives it mode and owner, by the executor of all changes; nothing is done where it has them, or
/// where its path leads elsewhere.
pub fn restore(own: &Own, mode: Mode, owner: Ownership, names: &dyn Names) -> Vec<Action> {
    let target = match Target::look(own.path()) {
        Ok(target) if target.facts().inode == own.inode => Rc::new(target),
        _ => return Vec::new(),
    };
    let wish = Wish {
        mode: Some(mode),
        owner,
        ..Wish::default()
    };
    let mut plan = Plan::default();
    plan.add(&target, None, &wish, names);
    let how = How {
        dry_run: false,
        names,
        remove: &|_| Outcome::Refused("nothing is removed here".to_owned()),
    };
    execute(&plan, how)
}

/// Adds what could not be removed to what is told.
pub fn tell(removal: Removal, path: &Path, changes: &mut Changes) {
    let outcome = match removal {
        Removal::Removed | Removal::Gone => return,
        Removal::InUse(who) => Outcome::LeftOut(who),
        Removal::Failed(why) => Outcome::Failed(why),
    };
    changes.add(ActionKind::Remove, path, None, outcome);
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    struct Scene {
        place: tempfile::TempDir,
        own: Own,
    }

    impl Scene {
        /// A stale socket of ours in a directory.
        fn new() -> Scene {
            let place = tempfile::tempdir().unwrap();
            let dir = place.path().join("d");
            std::fs::create_dir(&dir).unwrap();
            let path = dir.join("s");
            drop(UnixListener::bind(&path).unwrap());
            let own = Own::new(&path, Pinned::open(&path).unwrap()).unwrap();
            Scene { place, own }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.place.path().join(name)
        }

        fn has(&self, name: &str) -> bool {
            rustix::fs::lstat(self.path(name)).is_ok()
        }
    }

    #[test]
    fn the_file_goes_and_its_replacement_stays() {
        let scene = Scene::new();
        assert_eq!(
            scene.own.remove(&Locks::default(), || None),
            Removal::Removed
        );
        assert!(!scene.has("d/s"));
        assert_eq!(scene.own.remove(&Locks::default(), || None), Removal::Gone);
        let _other = UnixListener::bind(scene.path("d/s")).unwrap();
        assert_eq!(scene.own.remove(&Locks::default(), || None), Removal::Gone);
        assert!(scene.has("d/s"));
    }

    #[test]
    fn it_is_followed_where_it_was_moved_to() {
        let scene = Scene::new();
        std::fs::rename(scene.path("d/s"), scene.path("t")).unwrap();
        let _other = UnixListener::bind(scene.path("d/s")).unwrap();
        assert_eq!(
            scene.own.remove(&Locks::default(), || None),
            Removal::Removed
        );
        assert!(scene.has("d/s") && !scene.has("t"));
    }

    #[test]
    fn other_names_of_it_are_not_ours() {
        let scene = Scene::new();
        std::fs::hard_link(scene.path("d/s"), scene.path("t")).unwrap();
        assert_eq!(
            scene.own.remove(&Locks::default(), || None),
            Removal::Removed
        );
        assert!(!scene.has("d/s") && scene.has("t"));
    }

    #[test]
    fn a_directory_that_was_swapped_is_left_alone() {
        let scene = Scene::new();
        std::fs::rename(scene.path("d"), scene.path("e")).unwrap();
        std::fs::create_dir(scene.path("d")).unwrap();
        let _other = UnixListener::bind(scene.path("d/s")).unwrap();
        assert_eq!(
            scene.own.remove(&Locks::default(), || None),
            Removal::Removed
        );
        assert!(scene.has("d/s") && !scene.has("e/s"));
    }

    #[test]
    fn what_is_in_use_stays() {
        let scene = Scene::new();
        let who = || "a server listens on it".to_owned();
        assert_eq!(
            scene.own.remove(&Locks::default(), || Some(who())),
            Removal::InUse(who())
        );
        assert!(scene.has("d/s"));
        rustix::fs::unlink(scene.path("d/s")).unwrap();
        let asked = scene.own.remove(&Locks::default(), || {
            unreachable!("what is gone is used by nobody")
        });
        assert_eq!(asked, Removal::Gone);
    }

    #[test]
    fn a_renamed_one_gets_its_name_back_where_nobody_has_it() {
        let scene = Scene::new();
        let (here, there) = (scene.path("d/s"), scene.path("d/t"));
        std::fs::rename(&here, &there).unwrap();
        scene.own.put_back().unwrap();
        assert!(scene.has("d/s") && !scene.has("d/t"));
        std::fs::rename(&here, &there).unwrap();
        let _other = UnixListener::bind(&here).unwrap();
        assert!(scene.own.put_back().is_err());
        rustix::fs::unlink(&there).unwrap();
        assert!(scene.own.put_back().is_err());
    }

    #[test]
    fn what_is_another_inode_by_now_is_not_ours() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let first = UnixListener::bind(&path).unwrap();
        let pinned = Pinned::open(&path).unwrap();
        rustix::fs::unlink(&path).unwrap();
        let _second = UnixListener::bind(&path).unwrap();
        assert_eq!(Own::new(&path, pinned).unwrap_err(), NotOwn::Replaced);
        drop(first);
    }
}
