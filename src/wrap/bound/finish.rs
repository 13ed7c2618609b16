//! The end: what is ours is removed, and nothing else.

use super::guard::Guarded;
use super::keeper::Keeper;
use super::look::is_held_below;
use super::search::Search;
use crate::change::changes::Changes;
use crate::change::clean::{Cleaner, Request};
use crate::change::own;
use crate::model::{Action, Names, Outcome};
use crate::sys::diag;
use crate::sys::silent::{Answer, SilentProbe};

impl Keeper<'_> {
    /// Removes all that is ours, and what the command has left at expected paths; tells of what
    /// could not be removed.
    pub fn finish(self) -> Changes {
        let mut changes = Changes::default();
        if self.rules.keep {
            return changes;
        }
        let is_used = |guarded: &Guarded| {
            // What is left below us is no reason to leave the file to the next start.
            let is_ours = |number| is_held_below(std::process::id(), number, self.rules.eyes);
            is_bound(guarded) && !guarded.number.is_some_and(is_ours)
        };
        if let Some(search) = &self.search {
            clear_missing(search, self.names, &mut changes);
        }
        for guarded in self.guard.into_files() {
            let removal = guarded.own.remove(|| is_used(&guarded));
            own::tell(removal, guarded.own.path(), &mut changes);
        }
        changes
    }
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

/// What was bound at expected paths and never seen to be the command's; only what is dead.
fn clear_missing(search: &Search, names: &dyn Names, changes: &mut Changes) {
    let missing = search.missing();
    let Ok(cleaner) = Cleaner::new(Request::default(), names) else {
        return;
    };
    for expected in missing {
        let done = cleaner.named(&expected.named);
        let failed = |action: &Action| matches!(action.outcome, Outcome::Failed(_));
        changes
            .actions
            .extend(done.actions.into_iter().filter(failed));
    }
}
