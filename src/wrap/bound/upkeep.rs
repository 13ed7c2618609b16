//! What is done about what happens to socket files while the command runs.

use std::time::{Duration, Instant};

use super::awaited::Seen;
use super::guard::{Elsewhere, Happening, Look};
use super::judging::say_actions;
use super::keeper::{Keeper, Kept};
use super::look::Found;
use super::search::Search;
use super::violation::OnViolation;
use crate::change::{own, owner};
use crate::sys::diag;
use crate::wrap::parent::event::Event;

/// Between two looks at a path that the command may be about to bind anew, and how many there are.
const AGAIN: Duration = Duration::from_millis(100);
const TIMES: u32 = 20;

impl Keeper<'_> {
    pub(super) fn guard(&mut self, now: Instant, events: &mut Vec<Event>) {
        for happening in self.guard.turn(now) {
            match happening {
                Happening::Changed { file, from, to } => {
                    // Before it is ready everything is judged when it looks ready.
                    if self.is_ready() {
                        self.changed(file, (from, to), events);
                    }
                }
                Happening::Lost(file, to) => self.lost(file, to, now, events),
                Happening::Back(file) => {
                    tracing::warn!("{}: it is there again", self.path(file).display());
                }
            }
        }
    }

    fn changed(&mut self, file: usize, (from, to): (Look, Look), events: &mut Vec<Event>) {
        let Kept { like, made, .. } = self.kept[file];
        let path = self.path(file).display();
        let words = |look: Look| format!("{} {}", look.mode, owner::words(look.owner, self.names));
        if from != to {
            tracing::info!("{path}: it was {}, and is {}", words(from), words(to));
        }
        self.hold_against_policy(file, events);
        // What nobody has spoken against yet.
        let now = self.guard.files()[file].seen;
        if now.mode.beyond(like.mode).has_write() && self.kept[file].said.is_empty() && from != to {
            let path = self.path(file).display();
            let (like, now) = (words(like), words(now));
            tracing::warn!("{path}: more can connect than at first: it was {like}, and is {now}");
        }
        if made && self.rules.on_violation == OnViolation::Fix {
            let Look { mode, owner } = like;
            let own = &self.guard.files()[file].own;
            say_actions(&own::restore(own, mode, owner, self.names));
            self.guard.forgive(file);
        }
    }

    fn lost(&mut self, file: usize, to: Elsewhere, now: Instant, events: &mut Vec<Event>) {
        let fix = self.rules.on_violation == OnViolation::Fix;
        match to {
            Elsewhere::Nowhere if !self.still_listens(file) => {
                tracing::info!("{}: it is gone, and closed", self.path(file).display());
            }
            Elsewhere::Nowhere => {
                let path = self.path(file).to_owned();
                let path = path.display();
                if !fix {
                    tracing::error!(
                        "{path}: its path is gone, and the command still listens: no client finds it any more"
                    );
                    return;
                }
                match self.guard.put_back(file) {
                    Ok(()) => tracing::warn!("{path}: it had been renamed, and has its name again"),
                    Err(why) => tracing::error!(
                        "{path}: its path is gone, and the command still listens: no client finds it \
                         any more; it cannot be put back: {why}"
                    ),
                }
            }
            Elsewhere::To(_) => self.replaced(file, now, events),
        }
    }

    /// Another file is at the path: the command's own, or somebody else's.
    fn replaced(&mut self, file: usize, now: Instant, events: &mut Vec<Event>) {
        let path = self.path(file).to_owned();
        let search = Search::for_one(self.rules.eyes);
        let pid = self.child.map_or(0, |(_, pid)| pid);
        let (seen, found) = search.look_at(&path, pid);
        if let Some(Found {
            own,
            number,
            holder,
        }) = found
        {
            tracing::info!("{}: the command has bound it anew", path.display());
            if self.guard.replace(file, own, Some(number)).is_err() {
                return;
            }
            let look = self.guard.files()[file].seen;
            let kept = &mut self.kept[file];
            (kept.like, kept.made, kept.again) = (look, false, 0);
            if self.is_ready() {
                self.hold_against_policy(file, events);
            } else {
                self.settles(holder, now);
            }
            return;
        }
        let kept = &mut self.kept[file];
        // Who has bound it does not listen yet.
        if seen == Seen::Quiet && kept.again < TIMES {
            kept.again += 1;
            self.guard.ask_again(file, now + AGAIN);
            return;
        }
        kept.again = 0;
        tracing::error!(
            "{}: another file has been put in its place, which is none of the command's{}",
            path.display(),
            if self.still_listens(file) {
                "; the command still listens where no path leads"
            } else {
                ""
            }
        );
    }

    fn still_listens(&self, file: usize) -> bool {
        let Some(number) = self.guard.files()[file].number else {
            return true;
        };
        // Where there is no list, nothing speaks against it.
        diag::row(number).map_or(true, |row| row.is_some())
    }
}
