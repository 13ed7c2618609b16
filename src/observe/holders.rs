//! The processes that hold sockets.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::kernel::{Listing, is_bound_itself};
use crate::model::{Process, Socket};
use crate::sys::diag::Name;
use crate::sys::numbers::{NumberMap, NumberSet};
use crate::sys::{errno, proc};

/// Fills `holders` and `holders_known` of those of these sockets that the kernel lists and whose
/// holders are not known yet. Up to `jobs` threads look; `None` for as many as there are processors.
///
/// Without the right to look at some processes, a socket for which nobody was found stays
/// unknown. The text, where there is one, says what could not be looked at.
#[must_use = "what could not be looked at has to be said"]
pub fn name_holders<'s>(
    sockets: impl IntoIterator<Item = &'s mut Socket>,
    jobs: Option<NonZeroUsize>,
) -> Option<String> {
    complete(sockets, None, super::jobs(jobs))
}

/// As [`name_holders`], for what was not looked for in `first`.
pub(super) fn complete<'s>(
    sockets: impl IntoIterator<Item = &'s mut Socket>,
    first: Option<LookedThrough>,
    jobs: NonZeroUsize,
) -> Option<String> {
    let mut sockets: Vec<&mut Socket> = sockets.into_iter().collect();
    let missed = |number: &u32| {
        let first = first.as_ref();
        first.is_none_or(|first| !first.wanted.contains(number))
    };
    let unknown = sockets.iter().filter_map(|socket| unknown(socket));
    let missed: Vec<u32> = unknown.filter(missed).collect();
    let second = (!missed.is_empty()).then(|| look_through(missed, jobs));
    let looks = [first, second].into_iter().flatten();
    let mut note = None;
    for look in looks {
        note = look.note();
        look.fill(&mut sockets);
    }
    note
}

fn unknown(socket: &Socket) -> Option<u32> {
    socket.kernel_ino.filter(|_| !socket.holders_known)
}

/// The sockets of the list that a walk over `roots` will come by, as far as their names tell.
pub(super) fn expected(listing: &Listing, roots: &[PathBuf]) -> Vec<u32> {
    let real = roots
        .iter()
        .filter_map(|root| std::fs::canonicalize(root).ok());
    let roots: Vec<PathBuf> = roots.iter().cloned().chain(real).collect();
    let sockets = listing.sockets.iter();
    let expected = sockets.filter(|listed| match &listed.row.name {
        Some(Name::Path(name)) if is_bound_itself(&listed.row) => {
            let path = Path::new(OsStr::from_bytes(name));
            roots.iter().any(|root| path.starts_with(root))
        }
        _ => false,
    });
    expected.map(|listed| listed.row.ino).collect()
}

/// What a look through all processes brought.
pub(super) struct LookedThrough {
    wanted: NumberSet<u32>,
    holders: NumberMap<u32, Vec<Arc<Process>>>,
    /// Processes that could not be looked at; or why none could be.
    missing: Result<usize, String>,
}

/// Looks through all processes for who holds the sockets of these numbers.
pub(super) fn look_through(wanted: Vec<u32>, jobs: NonZeroUsize) -> LookedThrough {
    let started = Instant::now();
    let wanted: NumberSet<u32> = wanted.into_iter().collect();
    let scan = proc::scan(&wanted, jobs, |holding| {
        Some((holding.socket, holding.process.details()?))
    });
    let mut holders: NumberMap<u32, Vec<Arc<Process>>> = NumberMap::default();
    let missing = match scan {
        Ok(scan) => {
            for (socket, process) in scan.found {
                holders.entry(socket).or_default().push(process);
            }
            for holders in holders.values_mut() {
                *holders = in_order(std::mem::take(holders));
            }
            Ok(scan.denied)
        }
        Err(error) => Err(errno::describe(&error)),
    };
    tracing::debug!(
        wanted = wanted.len(),
        found = holders.len(),
        ms = super::ms_since(started),
        "processes looked through for holders"
    );
    LookedThrough {
        wanted,
        holders,
        missing,
    }
}

impl LookedThrough {
    /// Tells each socket that was looked for who holds it. One for which nobody was found stays
    /// unknown where there were processes that could not be looked at.
    ///
    /// Several may have one number: the paths of a file with more than one link or mount.
    fn fill(&self, sockets: &mut [&mut Socket]) {
        let complete = self.missing == Ok(0);
        for socket in sockets {
            let Some(number) = unknown(socket).filter(|number| self.wanted.contains(number)) else {
                continue;
            };
            socket.holders = self.holders.get(&number).cloned().unwrap_or_default();
            socket.holders_known = complete || !socket.holders.is_empty();
        }
    }

    /// What could not be looked at.
    fn note(&self) -> Option<String> {
        match &self.missing {
            Ok(0) => None,
            Ok(denied) => {
                let plural = if *denied == 1 { "" } else { "es" };
                Some(format!(
                    "the descriptors of {denied} process{plural} could not be looked at: run it as \
                     root to name every holder"
                ))
            }
            Err(why) => Some(format!("the processes could not be looked through: {why}")),
        }
    }
}

/// Each once, the lowest pid first, and pid 1 last: the service manager holds what it passes on.
pub(super) fn in_order(mut holders: Vec<Arc<Process>>) -> Vec<Arc<Process>> {
    holders.sort_by_key(|process| (process.pid == 1, process.pid));
    holders.dedup_by_key(|process| process.pid);
    holders
}
