//! Socket files that the walk did not come by, found through the names in the kernel's list.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::kernel::{Listed, Listing, is_bound_itself, short};
use super::walk::Found;
use crate::model::{Pattern, Socket};
use crate::sys::diag::Name;
use crate::sys::dir::{Failure, Kind};
use crate::sys::lookup;
use crate::sys::numbers::{NumberMap, NumberSet};
use crate::sys::silent::{Answer, SilentProbe};

/// The files of those sockets of the list that have an absolute path which leads to them, and
/// that are not among `known`.
pub(super) fn find(listing: &Listing, known: &[Socket], exclude: &[Pattern]) -> Vec<Found> {
    let probe = SilentProbe::new();
    let met = Met::new(known);
    let mut candidates: NumberMap<_, &Path> = NumberMap::default();
    for listed in &listing.sockets {
        if let (Some(Name::Path(name)), Some(vfs)) = (&listed.row.name, listed.row.vfs)
            && name.starts_with(b"/")
            && is_bound_itself(&listed.row)
            && !met.contains(listed)
            && !is_excluded(name, exclude)
        {
            candidates.insert(vfs, Path::new(OsStr::from_bytes(name)));
        }
    }
    candidates
        .into_iter()
        .filter_map(|((_, ino), path)| file(path, ino, probe.as_ref()))
        .collect()
}

/// The file, if the path still leads to the inode of that number.
fn file(path: &Path, ino: u32, probe: Result<&SilentProbe, &Failure>) -> Option<Found> {
    let pinned = lookup::pin_at_once(path).ok()?;
    let facts = pinned.facts().ok()?;
    if facts.kind != Kind::Socket || short(facts.inode) != ino {
        return None;
    }
    Some(Found {
        path: path.to_owned(),
        resolved: pinned.real_path().ok().filter(|real| real != path),
        inode: facts.inode,
        mode: facts.mode,
        uid: facts.uid?,
        gid: facts.gid?,
        parent: None,
        bound: Some(match probe {
            Ok(probe) => probe.test(&pinned),
            Err(failure) => Answer::Failed(failure.to_string()),
        }),
    })
}

/// Patterns are held against the path, or against the name where they have no `/`.
pub(super) fn is_excluded(path: &[u8], exclude: &[Pattern]) -> bool {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or(path);
    exclude.iter().any(|pattern| {
        let whole = pattern.as_str().contains('/');
        pattern.matches(if whole { path } else { name })
    })
}

/// Which of the kernel's sockets have a file that was found.
pub(super) struct Met {
    inodes: NumberSet<(u64, u32)>,
    numbers: NumberSet<u32>,
}

impl Met {
    pub(super) fn new(known: &[Socket]) -> Met {
        let inodes = known.iter().filter_map(|socket| socket.inode);
        Met {
            inodes: inodes.map(|inode| (inode.dev, short(inode))).collect(),
            numbers: known
                .iter()
                .filter_map(|socket| socket.kernel_ino)
                .collect(),
        }
    }

    pub(super) fn contains(&self, listed: &Listed) -> bool {
        self.numbers.contains(&listed.row.ino)
            || listed.row.vfs.is_some_and(|vfs| self.inodes.contains(&vfs))
    }
}
