//! From one directory into the next, and whether a mount on the way may be entered.

use std::ffi::CStr;
use std::fmt::Display;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::SkipReason;
use crate::sys::dir::{Dir, Failure};
use crate::sys::mounts::{Mount, MountId, Table};

use super::node::{Node, child_path};
use super::stores::Class;

const LIST: &str = "/proc/thread-self/mountinfo";

/// Why a directory was not entered.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is not there any more.
    Gone,
    /// It is one of those that lead here.
    OnTheWay,
    Skipped(SkipReason),
    OutOfDescriptors(Failure),
    Failed(Failure),
    /// Something is mounted there, and it cannot be told what.
    Unknown(String),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        if failure.is_gone() {
            Refused::Gone
        } else if failure.is_out_of_descriptors() {
            Refused::OutOfDescriptors(failure)
        } else {
            Refused::Failed(failure)
        }
    }
}

impl Refused {
    /// What to say of it, where it is an error.
    pub(super) fn why(&self) -> Option<String> {
        match self {
            Refused::Gone | Refused::OnTheWay | Refused::Skipped(_) => None,
            Refused::OutOfDescriptors(failure) | Refused::Failed(failure) => {
                Some(format!("cannot read the directory: {failure}"))
            }
            Refused::Unknown(why) => Some(why.clone()),
        }
    }
}

/// The list of mounts, read when it is first needed, and again when it turns out to be old.
#[derive(Debug, Default)]
pub(super) struct Mounts(Mutex<Option<Arc<Table>>>);

impl Mounts {
    pub(super) fn get(&self) -> Result<Arc<Table>, Failure> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*table {
            Some(table) => Ok(Arc::clone(table)),
            None => Ok(Arc::clone(table.insert(Arc::new(Table::read()?)))),
        }
    }

    /// A list that is newer than `old`.
    fn newer(&self, old: &Arc<Table>) -> Result<Arc<Table>, Failure> {
        {
            let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if table.as_ref().is_some_and(|table| Arc::ptr_eq(table, old)) {
                *table = None;
            }
        }
        self.get()
    }

    /// What `find` finds in the list, or in a newer one.
    fn find<T>(&self, find: impl Fn(&Table) -> Option<T>) -> Result<Option<T>, Refused> {
        let unread = |failure: Failure| unknown(LIST, failure);
        let table = self.get().map_err(unread)?;
        match find(&table) {
            Some(found) => Ok(Some(found)),
            None => Ok(find(&*self.newer(&table).map_err(unread)?)),
        }
    }
}

/// How directories are entered.
#[derive(Debug)]
pub(super) struct Gate<'m> {
    pub(super) mounts: &'m Mounts,
    pub(super) one_file_system: bool,
    /// Set where the kernel, or a filter in front of it, has no openat2(2).
    pub(super) without_openat2: AtomicBool,
}

impl Gate<'_> {
    /// Opens the directory `name` of `dir`, which is the one of `parent`. Where a mount begins
    /// there, its number is told.
    ///
    /// `marked` says that the list of mounts has one there.
    pub(super) fn enter(
        &self,
        parent: &Node,
        dir: &Dir,
        name: &CStr,
        marked: bool,
    ) -> Result<(Dir, Option<MountId>), Refused> {
        if !marked && let Some(child) = self.enter_same_mount(dir, name)? {
            return Ok((child, None));
        }
        self.cross(parent, dir, name)
    }

    /// `None` where something is mounted there.
    fn enter_same_mount(&self, dir: &Dir, name: &CStr) -> Result<Option<Dir>, Failure> {
        if !self.without_openat2.load(Ordering::Relaxed) {
            match dir.enter(name) {
                Ok(child) => return Ok(Some(child)),
                Err(failure) if failure.is_crossing() => return Ok(None),
                Err(failure) if !failure.is_unsupported() => return Err(failure),
                Err(_) => self.without_openat2.store(true, Ordering::Relaxed),
            }
        }
        let child = dir.enter_mounted(name)?;
        // A subvolume of btrfs has a device number of its own and is no mount.
        let same = child.facts()?.inode.dev == dir.facts()?.inode.dev
            || matches!((MountId::of(&child), MountId::of(dir)), (Ok(a), Ok(b)) if a == b);
        Ok(same.then_some(child))
    }

    fn cross(
        &self,
        parent: &Node,
        dir: &Dir,
        name: &CStr,
    ) -> Result<(Dir, Option<MountId>), Refused> {
        if self.one_file_system {
            return Err(Refused::Skipped(SkipReason::OtherFileSystem));
        }
        let here = mount_of(dir)?;
        let point = child_path(&parent.real_path(), name.to_bytes());
        // First by its path, for a file system that does not answer must not be asked.
        match self.mounts.find(|table| verdict(table.on(here, &point)?))? {
            Some(verdict) => verdict?,
            None => self.judge_pinned(here, dir, name)?,
        }
        let child = dir.enter_mounted(name)?;
        let entered = mount_of(&child)?;
        if entered == here {
            return Ok((child, None));
        }
        // Then what was really entered: the list may have been old, or the path another.
        self.judge(entered)?;
        let mut on_the_way = parent.up().filter_map(Node::mount);
        if on_the_way.any(|mount| mount == entered) {
            return Err(Refused::OnTheWay);
        }
        Ok((child, Some(entered)))
    }

    /// For a mount that is not in the list under this path: its directory was moved meanwhile, say.
    fn judge_pinned(&self, here: MountId, dir: &Dir, name: &CStr) -> Result<(), Refused> {
        let there = mount_of(&dir.pin(name)?)?;
        if there == here {
            return Ok(());
        }
        self.judge(there)
    }

    fn judge(&self, id: MountId) -> Result<(), Refused> {
        let verdict = self.mounts.find(|table| verdict(table.by_id(id)?))?;
        verdict.unwrap_or_else(|| Err(unknown(LIST, "it is not listed")))
    }
}

/// Never [`Refused::Gone`]: what is open is there, so it is /proc that is missing.
fn mount_of(fd: &impl AsFd) -> Result<MountId, Refused> {
    MountId::of(fd).map_err(|failure| {
        if failure.is_out_of_descriptors() {
            Refused::OutOfDescriptors(failure)
        } else {
            unknown("/proc/self/fdinfo", failure)
        }
    })
}

fn unknown(source: &str, why: impl Display) -> Refused {
    Refused::Unknown(format!("cannot tell what is mounted here: {source}: {why}"))
}

#[allow(clippy::unnecessary_wraps)] // it stands behind a `?` that means "not in the list"
fn verdict(mount: &Mount) -> Option<Result<(), Refused>> {
    Some(match Class::of(&mount.fs_type) {
        Class::Local => Ok(()),
        Class::Layered | Class::Remote | Class::Kernel => {
            Err(Refused::Skipped(SkipReason::Mount(mount.fs_type.clone())))
        }
    })
}
