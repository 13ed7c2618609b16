//! Socket files that the walk did not come by, found through the names in the kernel's list.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::kernel::{Listing, is_bound_itself, short};
use super::walk::{Bound, Exclude, Found};
use crate::model::{FileAcl, Socket};
use crate::sys::diag::{Name, Row};
use crate::sys::dir::{Failure, Kind};
use crate::sys::lookup;
use crate::sys::numbers::{NumberMap, NumberSet};
use crate::sys::seen::Seen;
use crate::sys::silent::{Answer, SilentProbe};

/// The files of those sockets of the list that have an absolute path which leads to them, and
/// that are not among `known`.
pub(super) fn find(listing: &Listing, known: &[Socket], exclude: &Exclude<'_>) -> Vec<Found> {
    let probe = SilentProbe::new();
    let met = Met::new(known);
    let mut candidates: NumberMap<_, &Path> = NumberMap::default();
    for listed in &listing.sockets {
        if let (Some(Name::Path(name)), Some(vfs)) = (&listed.name, listed.vfs)
            && name.starts_with(b"/")
            && is_bound_itself(listed)
            && !met.contains(listed)
        {
            let path = Path::new(OsStr::from_bytes(name));
            if exclude.covers_path(path).is_none() {
                candidates.insert(vfs, path);
            }
        }
    }
    candidates
        .into_iter()
        .filter_map(|((_, ino), path)| file(path, ino, probe.as_ref()))
        .filter(|found| {
            let real = found.resolved.as_deref();
            real.and_then(|real| exclude.covers_path(real)).is_none()
        })
        .collect()
}

/// The file, if the path still leads to the inode of that number.
fn file(path: &Path, ino: u32, probe: Result<&SilentProbe, &Failure>) -> Option<Found> {
    let pinned = lookup::pin_at_once(path).ok()?;
    let Seen {
        facts, attributes, ..
    } = Seen::of(&pinned).ok()?;
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
        attributes,
        acl: FileAcl::Plain,
        parent: None,
        bound: Bound::Tested(match probe {
            Ok(probe) => probe.test(&pinned),
            Err(failure) => Answer::Failed(failure.to_string()),
        }),
    })
}

/// Which of the kernel's sockets have a file that was found.
pub(super) struct Met<'a> {
    known: &'a [Socket],
    numbers: NumberSet<u32>,
    /// Seldom asked for: of a listener's sessions, which share its inode.
    inodes: OnceCell<NumberSet<(u64, u32)>>,
}

impl<'a> Met<'a> {
    pub(super) fn new(known: &'a [Socket]) -> Met<'a> {
        let mut numbers = NumberSet::default();
        numbers.reserve(known.len());
        numbers.extend(known.iter().filter_map(|socket| socket.kernel_ino));
        Met {
            known,
            numbers,
            inodes: OnceCell::new(),
        }
    }

    pub(super) fn contains(&self, listed: &Row) -> bool {
        self.numbers.contains(&listed.ino)
            || listed.vfs.is_some_and(|vfs| self.inodes().contains(&vfs))
    }

    fn inodes(&self) -> &NumberSet<(u64, u32)> {
        self.inodes.get_or_init(|| {
            let inodes = self.known.iter().filter_map(|socket| socket.inode);
            inodes.map(|inode| (inode.dev, short(inode))).collect()
        })
    }
}
