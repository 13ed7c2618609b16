//! A socket file that was looked at. Whatever happens to its path, it stays this inode.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use super::way::{self, Unfit};
use crate::model::{Acl, Inode, Mode, Names, Ownership};
use crate::sys::acl::{self, Unread};
use crate::sys::dir::{Facts, Failure, Kind, Pinned};
use crate::sys::perm;

/// A pinned socket file, and what was last seen of it.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    pinned: Pinned,
    seen: Cell<Facts>,
    links: u64,
}

/// What somebody else has seen of a socket file before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Which inode.
    pub inode: Inode,
    /// Its permission bits.
    pub mode: Mode,
    /// Whose it was.
    pub owner: Ownership,
}

impl Target {
    /// Looks at what `path` leads to, and pins it.
    pub fn look(path: &Path) -> Result<Target, Unfit> {
        let reached = way::reach(path)?;
        let failed = |failure| Unfit::Failed {
            at: path.to_owned(),
            failure,
        };
        let facts = reached.pinned.facts().map_err(failed)?;
        if facts.kind != Kind::Socket {
            return Err(Unfit::of_kind(facts.kind));
        }
        let links = perm::links(&reached.pinned).map_err(failed)?;
        way::refuse_links(&reached.foreign, facts.uid)?;
        Ok(Target {
            path: path.to_owned(),
            pinned: reached.pinned,
            seen: Cell::new(facts),
            links,
        })
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path with every link resolved, as the kernel knows it now.
    pub fn real_path(&self) -> Result<PathBuf, Failure> {
        self.pinned.real_path()
    }

    /// The inode itself.
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// What was last seen of it.
    pub fn facts(&self) -> Facts {
        self.seen.get()
    }

    /// How many names it had when it was looked at.
    pub fn links(&self) -> u64 {
        self.links
    }

    /// Its owner, as last seen.
    pub fn owner(&self) -> Ownership {
        let facts = self.facts();
        Ownership {
            uid: facts.uid,
            gid: facts.gid,
        }
    }

    /// Its ACL; `None` where the mode says it all.
    pub fn acl(&self) -> Result<Option<Acl>, Unread> {
        acl::read(&self.pinned)
    }

    /// Makes sure that this is what somebody else has seen; the error says what is not.
    pub fn is_still(&self, before: &Seen, names: &dyn Names) -> Result<(), String> {
        let facts = self.facts();
        if facts.inode != before.inode {
            return Err("another socket is there by now".to_owned());
        }
        differs(before.mode, before.owner, &facts, names)
    }

    /// Looks again, at the pinned inode; the error says what has changed since we last did.
    pub(super) fn look_again(&self, names: &dyn Names) -> Result<(), String> {
        let cannot = |failure: Failure| format!("cannot look at it again: {failure}");
        let now = self.pinned.facts().map_err(cannot)?;
        if now.removed {
            return Err("it is gone by now".to_owned());
        }
        if perm::links(&self.pinned).map_err(cannot)? > self.links {
            return Err("it has been given another name by now".to_owned());
        }
        differs(self.facts().mode, self.owner(), &now, names)
    }

    /// Asks the kernel after a change of ours.
    pub(super) fn see(&self) -> Result<Facts, Failure> {
        let facts = self.pinned.facts()?;
        self.seen.set(facts);
        Ok(facts)
    }
}

fn differs(mode: Mode, owner: Ownership, now: &Facts, names: &dyn Names) -> Result<(), String> {
    let current = Ownership {
        uid: now.uid,
        gid: now.gid,
    };
    if now.mode != mode {
        Err(format!("its mode is {} by now, and was {mode}", now.mode))
    } else if current != owner {
        let (now, before) = (
            super::owner::words(current, names),
            super::owner::words(owner, names),
        );
        Err(format!(
            "it belongs to {now} by now, and to {before} before"
        ))
    } else {
        Ok(())
    }
}
