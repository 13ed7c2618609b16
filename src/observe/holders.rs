//! The processes that hold sockets.

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::kernel::{Listing, is_bound_itself};
use crate::model::{Process, Socket, in_shares_mut};
use crate::sys::diag::Name;
use crate::sys::numbers::NumberSet;
use crate::sys::{errno, proc, rights};

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
    let mut unknown: Vec<&mut Socket> = sockets
        .into_iter()
        .filter(|socket| socket.kernel_ino.is_some() && !socket.holders_known)
        .collect();
    let first = first.unwrap_or_default();
    let tell = |share: &mut [&mut Socket]| {
        let told = share.iter_mut().map(|socket| first.tell(socket));
        told.collect::<Vec<_>>()
    };
    let told = in_shares_mut(&mut unknown, Some(jobs), tell);
    let mut told = told.into_iter().flatten();
    unknown.retain(|_| told.next() == Some(false));
    if unknown.is_empty() {
        return first.note();
    }
    let wanted = unknown.iter().filter_map(|socket| socket.kernel_ino);
    let second = look_through(&wanted.collect(), jobs);
    for socket in unknown {
        if !second.tell(socket) {
            socket.holders_known = second.missing == Ok(0);
        }
    }
    second.note()
}

/// The sockets of the list that a walk over `roots` will come by, as far as their names tell.
pub(super) fn expected(listing: &Listing, roots: &[PathBuf]) -> NumberSet<u32> {
    let real = roots
        .iter()
        .filter_map(|root| std::fs::canonicalize(root).ok());
    let roots: Vec<PathBuf> = roots.iter().cloned().chain(real).collect();
    let is_below = |name: &[u8], root: &Path| name.starts_with(root.as_os_str().as_bytes());
    let sockets = listing.sockets.iter();
    let expected = sockets.filter(|listed| match &listed.name {
        Some(Name::Path(name)) if is_bound_itself(listed) => {
            roots.iter().any(|root| is_below(name, root))
        }
        _ => false,
    });
    expected.map(|listed| listed.ino).collect()
}

/// What a look through all processes brought.
pub(super) struct LookedThrough {
    wanted: NumberSet<u32>,
    /// Each with the number of the socket that it holds: sorted, the one to name first first.
    holders: Vec<(u32, Arc<Process>)>,
    /// Processes that could not be looked at; or why none could be.
    missing: Result<usize, String>,
}

/// Looks through all processes for who holds the sockets of these numbers.
pub(super) fn look_through(wanted: &proc::Wanted, jobs: NonZeroUsize) -> LookedThrough {
    let started = Instant::now();
    let scan = proc::scan(wanted, jobs, |holding| {
        Some((holding.socket, holding.process.details()?))
    });
    let (holders, missing) = match scan {
        Ok(scan) => (scan.found, Ok(scan.denied)),
        Err(error) => (Vec::new(), Err(errno::describe(&error))),
    };
    let mut looked = LookedThrough {
        wanted: wanted.wait().clone(),
        holders,
        missing,
    };
    looked.sort();
    tracing::debug!(
        wanted = looked.wanted.len(),
        found = looked.holders.len(),
        ms = super::ms_since(started),
        "processes looked through for holders"
    );
    looked
}

impl Default for LookedThrough {
    fn default() -> LookedThrough {
        LookedThrough {
            wanted: NumberSet::default(),
            holders: Vec::new(),
            missing: Ok(0),
        }
    }
}

impl LookedThrough {
    fn sort(&mut self) {
        let order = |(socket, process): &(u32, Arc<Process>)| (*socket, precedence(process));
        self.holders.sort_unstable_by_key(order);
        self.holders.dedup_by_key(|holder| order(holder));
    }

    fn of(&self, number: u32) -> &[(u32, Arc<Process>)] {
        let start = self.holders.partition_point(|(socket, _)| *socket < number);
        let rest = &self.holders[start..];
        let end = rest.iter().position(|(socket, _)| *socket != number);
        &rest[..end.unwrap_or(rest.len())]
    }

    /// Tells the socket who holds it; whether all is said now. It is not where it was not looked
    /// for, or all could be seen and nobody was: its holder may have come during the look.
    ///
    /// Several may have one number: the paths of a file with more than one link or mount.
    fn tell(&self, socket: &mut Socket) -> bool {
        let Some(number) = socket.kernel_ino else {
            return true;
        };
        let holders = self.of(number).iter();
        socket.holders = holders.map(|(_, process)| Arc::clone(process)).collect();
        socket.holders_known = !socket.holders.is_empty();
        let hidden = self.missing != Ok(0) && self.wanted.contains(&number);
        socket.holders_known || hidden
    }

    /// What could not be looked at.
    fn note(&self) -> Option<String> {
        match &self.missing {
            Ok(0) => None,
            Ok(denied) => {
                let plural = if *denied == 1 { "" } else { "es" };
                let remedy = rights::to_inspect_all();
                Some(format!(
                    "the descriptors of {denied} process{plural} could not be looked at, so that \
                     not every holder is named: {remedy}"
                ))
            }
            Err(why) => Some(format!("the processes could not be looked through: {why}")),
        }
    }
}

/// Each once, the one to name first first.
pub(super) fn in_order(mut holders: Vec<Arc<Process>>) -> Vec<Arc<Process>> {
    holders.sort_by_key(|process| precedence(process));
    holders.dedup_by_key(|process| process.pid);
    holders
}

/// The lowest pid first, and pid 1 last: the service manager holds what it passes on.
fn precedence(process: &Process) -> impl Ord + use<> {
    (process.pid == 1, process.pid)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::model::{SocketName, Uid};

    fn process(pid: u32) -> Arc<Process> {
        Arc::new(Process {
            pid,
            uid: Uid::ROOT,
            exe: None,
            comm: String::new(),
            unit: None,
        })
    }

    fn looked(wanted: &[u32], holders: &[(u32, u32)], denied: usize) -> LookedThrough {
        let holders = holders
            .iter()
            .map(|&(socket, pid)| (socket, process(pid)))
            .collect();
        let mut looked = LookedThrough {
            wanted: wanted.iter().copied().collect(),
            holders,
            missing: Ok(denied),
        };
        looked.sort();
        looked
    }

    #[test]
    fn each_holder_once_and_pid_1_last() {
        let looked = looked(&[5, 6], &[(6, 9), (5, 1), (5, 30), (5, 4), (5, 30)], 0);
        let pids = |number| looked.of(number).iter().map(|(_, it)| it.pid);
        assert!(pids(5).eq([4, 30, 1]) && pids(6).eq([9]) && pids(7).count() == 0);
    }

    #[test]
    fn what_was_not_found_is_looked_for_again_where_all_could_be_seen() {
        let told = |looked: LookedThrough| {
            [5, 6, 7].map(|number| {
                let mut socket = Socket::named(SocketName::Abstract(Vec::new()));
                socket.kernel_ino = Some(number);
                (looked.tell(&mut socket), socket.holders_known)
            })
        };
        let all = told(looked(&[5, 6], &[(5, 2)], 0));
        assert_eq!(all, [(true, true), (false, false), (false, false)]);
        let some = told(looked(&[5, 6], &[(5, 2)], 1));
        assert_eq!(some, [(true, true), (true, false), (false, false)]);
    }

    #[test]
    fn who_came_during_the_first_look_is_found_by_the_second() {
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join("a")).unwrap();
        let number = u32::try_from(rustix::fs::fstat(&listener).unwrap().st_ino).unwrap();
        let mut socket = Socket::named(SocketName::Path(dir.path().join("a")));
        socket.kernel_ino = Some(number);
        let first = looked(&[number], &[], 0);
        let _note = complete([&mut socket], Some(first), NonZeroUsize::MIN);
        let pids: Vec<u32> = socket.holders.iter().map(|it| it.pid).collect();
        assert_eq!(pids, [std::process::id()]);
        assert!(socket.holders_known);
    }
}
