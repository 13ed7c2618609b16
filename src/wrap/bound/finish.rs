//! The end: what is ours is removed, and nothing else.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use super::guard::Guarded;
use super::keeper::Keeper;
use super::look::{Eyes, holder_below};
use super::search::Search;
use crate::change::changes::Changes;
use crate::change::clean::{Cleaner, Request};
use crate::change::own::{self, Removal};
use crate::model::{Action, Names, Outcome};
use crate::sys::child;
use crate::sys::lock::Locks;
use crate::sys::proc::{ProcessDir, open_proc};
use crate::sys::silent::{Answer, SilentProbe};
use crate::sys::{diag, pidfd};

/// Whoever dies with the command does so a moment after it.
const LAST_BREATH: Duration = Duration::from_millis(100);

impl Keeper<'_> {
    /// Removes all that is ours, and what the command has left at expected paths; tells of what
    /// could not be removed, and of who still listens.
    pub fn finish(mut self) -> Changes {
        let mut changes = Changes::default();
        if self.rules.keep {
            return changes;
        }
        let (eyes, locks) = (self.rules.eyes, Locks::default());
        if let Some(search) = &self.search {
            clear_missing(search, eyes, self.names, &mut changes);
        }
        if let Some(search) = self.search.as_mut().or(self.over.as_mut()) {
            tell_of_unseen(search, eyes, &mut changes);
        }
        for guarded in self.guard.into_files() {
            // Not under the lock that is held while it is removed: it may take a moment.
            let holder = if is_bound(&guarded) {
                guarded.number.and_then(|number| holder(number, eyes))
            } else {
                None
            };
            let used = || match holder {
                // What we have passed on ourselves is no reason to leave the file to the next
                // start, whoever has kept a descriptor of it.
                Some(pid) if pid == std::process::id() => None,
                Some(pid) => Some(has_left(pid)),
                None => is_bound(&guarded).then(|| "somebody still listens on it".to_owned()),
            };
            own::tell(
                guarded.own.remove(&locks, used),
                guarded.own.path(),
                &mut changes,
            );
        }
        changes
    }
}

/// Who has the socket by now, of us and all below us.
fn holder(number: u32, eyes: Option<Eyes>) -> Option<u32> {
    let own = std::process::id();
    let until = Instant::now() + LAST_BREATH;
    loop {
        let pid = holder_below(own, number, eyes)?;
        let left = until.saturating_duration_since(Instant::now());
        if pid == own || left.is_zero() || !pidfd::ends_within(pid, left) {
            return Some(pid);
        }
    }
}

/// What to say of a process that has outlived the command.
fn has_left(pid: u32) -> String {
    let details = open_proc().and_then(|proc| ProcessDir::open(proc.as_fd(), pid));
    let details = details.ok().and_then(|process| process.details());
    let name = details.map_or_else(|| "a process".to_owned(), |process| process.comm.clone());
    format!(
        "{name} (pid {pid}) still listens on it: it has left the command and stays; a server has to \
         run in the foreground (php-fpm -F, redis --daemonize no)"
    )
}

/// Whether anybody is bound to it, as the kernel's list says, or else a test.
fn is_bound(guarded: &Guarded) -> bool {
    if let Some(Ok(row)) = guarded.number.map(diag::row) {
        return row.is_some();
    }
    SilentProbe::new().is_ok_and(|probe| {
        let answer = probe.test(guarded.own.pinned());
        matches!(answer, Answer::Connectionful | Answer::Datagram)
    })
}

/// A server that went into the background at once may have come to listen unseen.
fn tell_of_unseen(search: &mut Search, eyes: Option<Eyes>, changes: &mut Changes) {
    if !child::any_left() {
        return;
    }
    let mut all = search.last_turn();
    // One that has just been left to itself may be about to bind.
    if all.is_empty()
        && let Some(pid) = search.survivor()
    {
        pidfd::ends_within(pid, LAST_BREATH);
        all = search.last_turn();
    }
    for found in all {
        if let Some(pid) = holder(found.number, eyes).filter(|pid| *pid != std::process::id()) {
            let used = Removal::InUse(has_left(pid));
            own::tell(used, found.own.path(), changes);
        }
    }
}

/// What was bound at expected paths and never seen to be the command's; only what is dead.
fn clear_missing(search: &Search, eyes: Option<Eyes>, names: &dyn Names, changes: &mut Changes) {
    let missing = search.missing();
    let Ok(cleaner) = Cleaner::new(Request::default(), names) else {
        return;
    };
    for expected in missing {
        // It may have come to listen too late to be found.
        let (_, found) = search.look_at(&expected.absolute, std::process::id());
        if let Some(found) = found
            && let Some(pid) = holder(found.number, eyes)
        {
            let used = Removal::InUse(has_left(pid));
            own::tell(used, &expected.absolute, changes);
            continue;
        }
        let done = cleaner.named(&expected.named);
        let failed = |action: &Action| matches!(action.outcome, Outcome::Failed(_));
        changes
            .actions
            .extend(done.actions.into_iter().filter(failed));
    }
}
