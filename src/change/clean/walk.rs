//! All below a directory: by descriptors, through no link, across no mount.
//!
//! As systemd-tmpfiles does it, a directory that somebody has locked is left alone, with all that
//! is below it.

use std::cell::OnceCell;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Cleaner, LOCKED, Spot, Told, without_lock};
use crate::change::changes::Changes;
use crate::change::name::Named;
use crate::model::{ActionKind, Outcome};
use crate::sys::dir::{Buffer, Dir, Failure, Kind};
use crate::sys::lock::{NotLocked, try_lock};
use crate::sys::mounts::MountId;

/// A directory that was begun, and what is left to be done below it.
struct Begun {
    dir: Dir,
    path: PathBuf,
    below: Vec<CString>,
}

/// `dir` is what `directory` leads to.
pub(super) fn walk(
    cleaner: &Cleaner<'_>,
    dir: Dir,
    directory: &Path,
    told: &mut Told,
    changes: &mut Changes,
) {
    let mut way = Vec::new();
    way.extend(begin(cleaner, dir, directory.to_owned(), told, changes));
    while let Some(begun) = way.last_mut() {
        let Some(name) = begun.below.pop() else {
            way.pop();
            continue;
        };
        let path = begun.path.join(OsStr::from_bytes(name.to_bytes()));
        match enter(&begun.dir, &name) {
            Ok(dir) => way.extend(begin(cleaner, dir, path, told, changes)),
            Err(failure) if failure.is_crossing() => {
                changes.note(&path, "something is mounted there; name it to clean it too");
            }
            Err(failure) if failure.is_gone() => {}
            Err(failure) => trouble(&path, failure, changes),
        }
    }
}

fn enter(dir: &Dir, name: &CStr) -> Result<Dir, Failure> {
    match dir.enter(name) {
        Err(failure) if failure.is_unsupported() => {}
        entered => return entered,
    }
    let entered = dir.enter_mounted(name)?;
    if MountId::of(entered.as_fd())? == MountId::of(dir.as_fd())? {
        Ok(entered)
    } else {
        Err(Failure::crossing())
    }
}

/// Cleans the directory itself. `None`: it is left alone, or has been walked before.
fn begin(
    cleaner: &Cleaner<'_>,
    dir: Dir,
    path: PathBuf,
    told: &mut Told,
    changes: &mut Changes,
) -> Option<Begun> {
    if !told.is_new(&dir) {
        return None;
    }
    let mut lock = match try_lock(&dir) {
        Ok(lock) => Some(lock),
        Err(NotLocked::Busy) => {
            let outcome = Outcome::LeftOut(LOCKED.to_owned());
            changes.add(ActionKind::Remove, &path, None, outcome);
            return None;
        }
        Err(why) => {
            changes.note(&path, without_lock(why));
            None
        }
    };
    let (mut sockets, mut below) = (Vec::new(), Vec::new());
    let read = dir.read(&mut Buffer::default(), |name, kind| {
        let kind = match kind {
            Kind::Unknown => dir.kind_of(name).unwrap_or(kind),
            kind => kind,
        };
        match kind {
            Kind::Socket => sockets.push(name.to_owned()),
            Kind::Directory => below.push(name.to_owned()),
            _ => {}
        }
    });
    if let Err(failure) = read {
        trouble(&path, failure, changes);
    }
    sockets.sort_unstable();
    let mut ground = OnceCell::new();
    for name in sockets {
        let named = Named {
            path: path.join(OsStr::from_bytes(name.to_bytes())),
            parent: path.clone(),
            name,
        };
        let spot = Spot::new(cleaner, &dir, &named).with_ground_of(&ground);
        told.once(&spot, changes, |changes| {
            spot.clean(cleaner.asked(true), None, &mut lock, changes);
        });
        ground = spot.into_ground();
    }
    drop(lock);
    // The last one is taken first.
    below.sort_unstable_by(|a, b| b.cmp(a));
    Some(Begun { dir, path, below })
}

fn trouble(path: &Path, failure: Failure, changes: &mut Changes) {
    let why = format!("cannot read the directory: {failure}");
    changes.add(ActionKind::Remove, path, None, Outcome::Failed(why));
}
