//! What a run that was killed has left under a hidden name beside the one that it worked on.

use std::ffi::CString;

use super::{Decision, Spot, decide};
use crate::change::changes::Changes;
use crate::change::take_away::{Taken, take_away};
use crate::model::{ActionKind, Outcome};
use crate::sys::aside::{is_beside, rename};
use crate::sys::dir::{Buffer, Pinned};

impl Spot<'_> {
    /// Removes the dead ones, and gives a live one its name back where nobody has it.
    ///
    /// What stands aside was moved there by somebody who may do that: in a directory in which
    /// others may write they could as well have put it at the name itself.
    pub(in crate::change) fn sweep(&self, changes: &mut Changes) {
        for aside in self.leftovers() {
            let Ok(pinned) = self.dir.pin(&aside) else {
                continue;
            };
            let seen = pinned.facts().and_then(|facts| self.see(&pinned, facts));
            let Ok(seen) = seen else { continue };
            match decide(&seen, self.cleaner.asked(false)) {
                Decision::Remove => self.remove_leftover(&aside, &pinned, changes),
                Decision::Live => self.restore(&aside, changes),
                Decision::Keep(_) => {}
            }
        }
    }

    /// A directory that cannot be read has nothing to be swept: that is no reason to give up.
    fn leftovers(&self) -> Vec<CString> {
        let mut found = Vec::new();
        let Ok(again) = self.dir.enter_mounted(c".") else {
            return found;
        };
        let read = again.read(&mut Buffer::default(), |name, _| {
            if is_beside(&self.named.name, name) {
                found.push(name.to_owned());
            }
        });
        match read {
            Ok(()) => found,
            Err(_) => Vec::new(),
        }
    }

    fn remove_leftover(&self, aside: &CString, pinned: &Pinned, changes: &mut Changes) {
        let outcome = if self.cleaner.request.dry_run {
            Outcome::Planned
        } else {
            let Ok(inode) = pinned.facts().map(|facts| facts.inode) else {
                return;
            };
            let asked = self.cleaner.asked(false);
            let is_it = |moved: &Pinned| self.is_still(moved, inode, asked);
            match take_away(self.dir, aside, &self.named.name, is_it) {
                Taken::Removed => Outcome::Done,
                Taken::Gone | Taken::Other => return,
                Taken::KeptAside(_) => Outcome::Failed("it was replaced meanwhile".to_owned()),
                Taken::Failed(failure) => Outcome::Failed(format!("cannot remove it: {failure}")),
            }
        };
        let path = self.named.beside(aside);
        changes.add(ActionKind::Remove, &path, Some("stale"), outcome);
    }

    fn restore(&self, aside: &CString, changes: &mut Changes) {
        let path = self.named.beside(aside);
        if self.cleaner.request.dry_run {
            let text = "a live socket, which a run that was killed has left aside";
            changes.note(&path, text);
            return;
        }
        match rename(self.dir, aside, &self.named.name) {
            Ok(()) => {
                let text = "a live socket, put back: a run that was killed had left it aside";
                changes.note(&self.named.path, text);
            }
            Err(failure) if failure.is_missing() => {}
            Err(_) => {
                let text = "a live socket, which a run that was killed has left aside, and whose \
                            name somebody else has by now";
                changes.note(&path, text);
            }
        }
    }
}
