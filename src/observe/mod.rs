//! Facts about the sockets of a host, gathered and joined; nobody is judged here.
//!
//! ```text
//! kernel ─ the kernel's own list, of one or all netns ───┐
//! walk ─── files and whether anything is bound to them ──┤
//!                                                        join ─ state ─→ Survey
//! ground ─ where the test of a file proves nothing ──────┤
//! ghosts ─ who listens where no path leads any more ─────┤
//! beyond ─ who listens at a path that was not walked ────┤
//! abstracts ─ names without a file ──────────────────────┘
//! holders ── the processes of some of them, when asked
//! approach ─ how one gets to some of them, when asked
//! ```
//!
//! [`probe`] tests single addresses instead, [`serving`] looks at single processes, and
//! [`lookout`] tells when a path may have come.

mod abstracts;
mod approach;
mod beyond;
mod ghosts;
pub mod ground;
mod holders;
mod join;
mod kernel;
pub mod lookout;
pub mod probe;
mod running;
pub mod serving;
mod state;
#[cfg(test)]
mod tests;
pub mod walk;

use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::time::Instant;

pub use crate::sys::way::Gaze;
pub use approach::{approach, way_to};
pub use holders::name_holders;
pub use running::{Questions, Running, running};

use self::kernel::{Index, Listing};
use crate::model::{Socket, SocketName, Survey};
use crate::sys::proc;

/// What to survey.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each a question of its own
pub struct Request<'a> {
    /// Where to look for files.
    pub walk: walk::Request<'a>,
    /// Abstract names too.
    pub abstract_names: bool,
    /// The kernel's lists of other network namespaces too, as far as they can be entered.
    pub all_netns: bool,
    /// Sockets with an absolute path outside the roots too, which only the kernel's list knows.
    pub beyond_roots: bool,
    /// Name the processes that hold each socket, as [`name_holders`] does.
    pub holders: bool,
    /// How many threads at most look through processes; `None` for as many as there are
    /// processors for us.
    pub jobs: Option<NonZeroUsize>,
}

/// Reads the kernel's list, walks the roots, and joins the two.
///
/// The list is the older one. Where a file found later contradicts it, the list is read again.
/// What fails on the way is part of the outcome: places in `unreadable`, the rest in `notes`.
pub fn survey(request: &Request<'_>, progress: &walk::Progress) -> Survey {
    let jobs = jobs(request.jobs);
    let wanted = proc::Wanted::default();
    // Looking through processes needs no list to begin with and no walk at all, and where the
    // sockets are in a few directories or a few processes, either alone would leave processors
    // idle.
    let (mut survey, looked_through) = std::thread::scope(|scope| {
        let scan = request.holders.then(|| {
            // The walk is at work on the other processors.
            let others = NonZeroUsize::new(jobs.get() - 1).unwrap_or(NonZeroUsize::MIN);
            let wanted = &wanted;
            let scan = move || holders::look_through(wanted, others);
            std::thread::Builder::new().spawn_scoped(scope, scan).ok()
        });
        let mut listing = kernel::list(request.all_netns);
        wanted.tell(holders::expected(&listing, request.walk.roots));
        let mut survey = gather(request, &listing, progress);
        survey.notes.splice(..0, std::mem::take(&mut listing.notes));
        let scan = scan.flatten().map(std::thread::ScopedJoinHandle::join);
        let scan = scan.map(|scan| scan.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        (survey, scan)
    });
    if request.holders {
        let note = holders::complete(&mut survey.sockets, looked_through, jobs);
        survey.notes.extend(note);
    }
    survey
}

/// All but the holders.
fn gather(request: &Request<'_>, listing: &Listing, progress: &walk::Progress) -> Survey {
    let index = Index::new(listing);
    let started = Instant::now();
    let (walked, found) = walk::walk_knowing(&request.walk, Some(&index), progress);
    tracing::debug!(
        directories = walked.directories,
        entries = walked.entries,
        files = found.iter().map(Vec::len).sum::<usize>(),
        ms = ms_since(started),
        "directories walked"
    );
    let mut survey = Survey {
        roots: walked.roots,
        unreadable: walked.unreadable,
        skipped: walked.skipped,
        directories: walked.directories,
        entries: walked.entries,
        abstract_names: request.abstract_names && listing.known,
        ..Survey::default()
    };
    let again = || kernel::list(request.all_netns);
    let mut joined = join::join(found, (listing, &index), again);
    let exclude = walk::Exclude::new(request.walk.exclude);
    if request.beyond_roots {
        let found = beyond::find(listing, &joined.sockets, &exclude);
        joined.add(join::join(vec![found], (listing, &index), again));
    }
    let join::Joined {
        mut sockets,
        untested,
        ..
    } = joined;
    ground::distrust(sockets.iter_mut());
    let scope = ghosts::Scope {
        survey: &survey,
        everywhere: request.beyond_roots,
        exclude: &exclude,
    };
    let ghosts = ghosts::find(listing, &sockets, &scope, jobs(request.jobs));
    survey.notes.extend(ghosts.note());
    sockets.extend(ghosts.sockets);
    survey.unreadable.extend(untested);
    if request.abstract_names {
        sockets.extend(abstracts::find(listing));
        survey.unreadable.extend(abstracts::unseen(listing));
    }
    sockets.sort_by(|a, b| order(a).cmp(&order(b)));
    survey.sockets = sockets;
    survey
}

/// By the bytes of the path; abstract names last; then whatever makes it always the same.
fn order(socket: &Socket) -> impl Ord + '_ {
    let name = match &socket.name {
        SocketName::Path(path) => (false, path.as_os_str().as_bytes()),
        SocketName::Abstract(name) => (true, name.as_slice()),
    };
    (name, socket.netns, socket.inode, socket.kernel_ino)
}

/// Whole milliseconds.
fn ms_since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn jobs(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    asked
        .or(std::thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}
