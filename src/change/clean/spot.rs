//! One name in one directory.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::{Asked, Cleaner, Decision, MISSING, Seen, decide};
use crate::change::changes::Changes;
use crate::change::holder;
use crate::change::name::Named;
use crate::change::take_away::{Taken, take_away};
use crate::model::{ActionKind, Inode, Outcome};
use crate::observe::ground::Ground;
use crate::sys::age;
use crate::sys::dir::{Dir, Facts, Failure, Kind, Pinned};
use crate::sys::lock::Lock;
use crate::sys::rights::{self, Attempt, hint_at_removal};
use crate::sys::silent::Answer;

/// How often a name is looked at that leads to something else each time.
const ROUNDS: usize = 8;

/// A name, its open directory, and what is known of that.
pub(in crate::change) struct Spot<'a> {
    pub(super) cleaner: &'a Cleaner<'a>,
    pub(super) dir: &'a Dir,
    pub(super) named: &'a Named,
    ground: OnceCell<Option<Ground>>,
}

impl<'a> Spot<'a> {
    pub(in crate::change) fn new(
        cleaner: &'a Cleaner<'a>,
        dir: &'a Dir,
        named: &'a Named,
    ) -> Spot<'a> {
        Spot {
            cleaner,
            dir,
            named,
            ground: OnceCell::new(),
        }
    }

    pub(in crate::change) fn named(&self) -> &Named {
        self.named
    }

    /// The same directory is the same ground.
    pub(super) fn with_ground_of(mut self, ground: &OnceCell<Option<Ground>>) -> Spot<'a> {
        self.ground = ground.clone();
        self
    }

    pub(super) fn into_ground(self) -> OnceCell<Option<Ground>> {
        self.ground
    }

    /// Looks, decides and removes, until what was decided about is what was removed. The lock of
    /// the directory is given back early where nothing is to be removed.
    pub(in crate::change) fn clean(
        &self,
        asked: Asked,
        expected: Option<Inode>,
        lock: &mut Option<Lock>,
        changes: &mut Changes,
    ) {
        for _ in 0..ROUNDS {
            let Some((from, outcome)) = self.try_once(asked, expected, lock, changes) else {
                continue;
            };
            if !(asked.on_walk && outcome == Outcome::AlreadySo) {
                changes.add(ActionKind::Remove, &self.named.path, from, outcome);
            }
            return;
        }
        let why = "each time it was looked at it was another file".to_owned();
        changes.add(
            ActionKind::Remove,
            &self.named.path,
            None,
            Outcome::Failed(why),
        );
    }

    /// `None`: it was replaced between the look and the deed.
    fn try_once(
        &self,
        asked: Asked,
        expected: Option<Inode>,
        lock: &mut Option<Lock>,
        changes: &mut Changes,
    ) -> Option<(Option<&'static str>, Outcome)> {
        let seen = self.dir.pin(&self.named.name).and_then(|pinned| {
            let facts = pinned.facts()?;
            Ok((self.see(&pinned, facts)?, facts.inode, pinned))
        });
        // Pinned until it is removed: a file system gives the number of a freed inode out again.
        let (seen, inode, _pinned) = match seen {
            Ok(seen) => seen,
            Err(failure) if failure.is_missing() => {
                return Some((Some(MISSING), Outcome::AlreadySo));
            }
            Err(failure) => {
                let why = format!("cannot look at it: {failure}");
                return Some((None, Outcome::Failed(why)));
            }
        };
        if expected.is_some_and(|expected| expected != inode) {
            let why = "by now it is another file".to_owned();
            return Some((None, Outcome::LeftOut(why)));
        }
        match decide(&seen, asked) {
            Decision::Keep(outcome) => Some((is_there(&seen), outcome)),
            Decision::Live if expected.is_some() => {
                let why = "somebody is bound to it by now".to_owned();
                Some((Some("live"), Outcome::LeftOut(why)))
            }
            Decision::Live => {
                // Nothing will be done, so nobody else has to wait until it is found out why.
                *lock = if asked.on_walk { lock.take() } else { None };
                Some((Some("live"), self.live(inode, asked, changes)))
            }
            Decision::Remove if self.cleaner.request.dry_run => {
                Some((Some("stale"), Outcome::Planned))
            }
            Decision::Remove => Some((Some("stale"), self.remove(inode, asked)?)),
        }
    }

    /// All that is decided by, of an inode and what was just seen of it.
    pub(in crate::change) fn see(&self, pinned: &Pinned, facts: Facts) -> Result<Seen, Failure> {
        let answer = (facts.kind == Kind::Socket).then(|| self.cleaner.probe.test(pinned));
        let refused = answer == Some(Answer::Refused);
        let aged = refused && self.cleaner.request.older_than.is_some();
        Ok(Seen {
            kind: facts.kind,
            mode: facts.mode,
            ground: if refused { self.ground()? } else { None },
            lacking: if answer == Some(Answer::Denied) {
                rights::lacking(Attempt::Pass)
            } else {
                None
            },
            age: if aged {
                Some(age::untouched_for(pinned)?)
            } else {
                None
            },
            answer,
        })
    }

    pub(super) fn ground(&self) -> Result<Option<Ground>, Failure> {
        if let Some(ground) = self.ground.get() {
            return Ok(ground.clone());
        }
        let ground = self.cleaner.grounds.of(self.dir)?;
        Ok(self.ground.get_or_init(|| ground).clone())
    }

    /// What the service manager keeps open for a unit is as it should be there.
    fn live(&self, inode: Inode, asked: Asked, changes: &mut Changes) -> Outcome {
        if asked.on_walk {
            return Outcome::AlreadySo;
        }
        let holder = holder::of(&self.named.path, inode, self.cleaner.names);
        if !holder.is_managers {
            return Outcome::Refused(holder.sentence);
        }
        changes.note(
            &self.named.path,
            "the service manager holds this socket for a socket unit, so there is nothing \
             to clean; leave the command out of the unit",
        );
        Outcome::LeftOut(holder.sentence)
    }

    /// Whether what was moved aside is the file with that number, and may still go. The number is
    /// no proof unless the file was pinned all the time. The move has made it young, so its age
    /// is not asked for again.
    pub(super) fn is_still(&self, moved: &Pinned, inode: Inode, asked: Asked) -> bool {
        let asked = Asked {
            older_than: None,
            ..asked
        };
        moved.facts().is_ok_and(|facts| {
            let may_go = |seen| decide(&seen, asked) == Decision::Remove;
            facts.inode == inode && self.see(moved, facts).is_ok_and(may_go)
        })
    }

    /// Removes what was seen to be dead. The inode has to have been pinned since, or its number is no proof.
    /// `None`: it was another file by then.
    pub(in crate::change) fn remove(&self, inode: Inode, asked: Asked) -> Option<Outcome> {
        let name = self.named.name.as_c_str();
        let is_it = |moved: &Pinned| self.is_still(moved, inode, asked);
        match take_away(self.dir, name, name, is_it) {
            Taken::Removed => Some(Outcome::Done),
            Taken::Gone => Some(Outcome::AlreadySo),
            Taken::Other => None,
            Taken::KeptAside(aside) => {
                let aside = self
                    .named
                    .path
                    .with_file_name(OsStr::from_bytes(aside.to_bytes()));
                Some(Outcome::Failed(format!(
                    "another file had been put there meanwhile, and when that was to get its \
                     name back there was a third one: it is kept as {}; look which of the \
                     two is wanted, and move or remove the other",
                    aside.display()
                )))
            }
            Taken::Failed(failure) => Some(Outcome::Failed(format!(
                "cannot remove it: {failure}{}",
                hint_at_removal(self.dir, failure)
            ))),
        }
    }
}

/// As far as it is known.
fn is_there(seen: &Seen) -> Option<&'static str> {
    match (seen.kind, &seen.answer) {
        (Kind::Socket, Some(Answer::Refused)) => Some("stale"),
        (Kind::Socket, _) => None,
        (kind, _) => Some(kind.as_str()),
    }
}
