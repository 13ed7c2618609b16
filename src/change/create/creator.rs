//! From a request to a socket file.

use super::make::{self, Unmade};
use super::place::Place;
use super::{Created, Found, Life, Plan, Request, Step, There, parents, plan};
use crate::change::changes::Changes;
use crate::change::clean::{self, Asked, Cleaner, Decision, Spot};
use crate::change::holder;
use crate::change::owner::words;
use crate::model::{Action, ActionKind, Inode, Names, Outcome, Ownership, SocketType};
use crate::sys::dir::{Failure, Kind, Pinned};
use crate::sys::silent::Answer;

/// How often a name is tried that somebody else takes each time.
const ROUNDS: usize = 8;

/// Makes socket files.
pub struct Creator<'a> {
    cleaner: Cleaner<'a>,
    names: &'a dyn Names,
    dry_run: bool,
    tells_success: bool,
}

/// As a path that is named is cleaned.
const AS_NAMED: Asked = Asked {
    on_walk: false,
    older_than: None,
};

impl<'a> Creator<'a> {
    /// Fails where there is no descriptor left.
    pub fn new(names: &'a dyn Names, dry_run: bool) -> Result<Creator<'a>, Failure> {
        let request = clean::Request {
            older_than: None,
            dry_run,
        };
        Ok(Creator {
            cleaner: Cleaner::new(request, names)?,
            names,
            dry_run,
            tells_success: true,
        })
    }

    /// Nobody is told what was made: the names of its owners are not looked up.
    pub fn telling_failures_only(self) -> Creator<'a> {
        Creator {
            tells_success: false,
            ..self
        }
    }

    /// Makes one socket file, or says why not. What was made on the way to a failure is removed
    /// again.
    pub fn create(&self, request: &Request) -> Created {
        let mut created = Created::default();
        let mut there = There::Nothing;
        if let Err(outcome) = self.run(request, &mut there, &mut created) {
            let mut action = self.action(&Step::Make, request, outcome);
            action.from = there.words(self.names);
            created.changes.actions.push(action);
        }
        created
    }

    /// `there` is set to what is in the way, if it came to be looked at.
    fn run(
        &self,
        request: &Request,
        there: &mut There,
        created: &mut Created,
    ) -> Result<(), Outcome> {
        let place = Place::find(&request.named)?;
        if place.missing().is_empty() {
            return self.in_directory(request, &place, there, created);
        }
        // What is to be refused is refused before a directory is made.
        let Plan::Do(steps) = plan(request, &place.missing_paths(), &There::Nothing)? else {
            return Err(Outcome::AlreadySo);
        };
        if self.dry_run {
            self.tell(&steps, request, &mut created.changes);
            return Ok(());
        }
        let parents = request.parents.unwrap_or_default();
        let (place, made) = parents::make(place, parents, self.names, &mut created.changes)?;
        let outcome = self.in_directory(request, &place, there, created);
        if outcome.is_err() {
            parents::remove(&made, &mut created.changes);
        } else if let Some(held) = &mut created.held {
            held.made = made;
        }
        outcome
    }

    /// All of it is done under the lock of the directory, so that nobody who cleans moves aside
    /// what is just being made.
    fn in_directory(
        &self,
        request: &Request,
        place: &Place,
        there: &mut There,
        created: &mut Created,
    ) -> Result<(), Outcome> {
        let named = &request.named;
        let changes = &mut created.changes;
        let lock = self.cleaner.lock(&place.dir, &named.parent, changes);
        let spot = Spot::new(&self.cleaner, &place.dir, named);
        if request.existing.replace_stale {
            spot.sweep(changes);
        }
        for _ in 0..ROUNDS {
            // Pinned until it is removed, so that its number stays its own.
            let pinned;
            (*there, pinned) = Self::look(&spot, place)?;
            let steps = match plan(request, &[], there)? {
                Plan::Do(steps) => steps,
                Plan::Leave => {
                    drop(lock);
                    created.left = self.leave(request, there, changes);
                    return Ok(());
                }
                Plan::Refuse(inode) => {
                    drop(lock);
                    let holder = holder::of(&named.path, inode, self.names);
                    let why = format!("{}; stop it first, or take another path", holder.sentence);
                    return Err(Outcome::Refused(why));
                }
            };
            if self.dry_run {
                self.tell(&steps, request, changes);
                return Ok(());
            }
            if steps.contains(&Step::RemoveStale)
                && let There::Socket(found) = &*there
            {
                Self::remove_stale(&spot, found.inode, changes)?;
            }
            drop(pinned);
            match make::make(request, place, self.names, changes) {
                Ok(held) => {
                    let done = self.action(&Step::Make, request, Outcome::Done);
                    changes.actions.push(done);
                    created.held = Some(held);
                    return Ok(());
                }
                Err(Unmade::Taken) => {}
                Err(Unmade::Failed(why)) => return Err(Outcome::Failed(why)),
            }
        }
        Err(Outcome::Failed(
            "each time the name was free somebody else took it".to_owned(),
        ))
    }

    /// What is there, and a descriptor of it.
    fn look(spot: &Spot<'_>, place: &Place) -> Result<(There, Option<Pinned>), Outcome> {
        let failed = |failure| Outcome::Failed(format!("cannot look at it: {failure}"));
        let pinned = match place.dir.pin(&spot.named().name) {
            Ok(pinned) => pinned,
            Err(failure) if failure.is_missing() => return Ok((There::Nothing, None)),
            Err(failure) => return Err(failed(failure)),
        };
        let facts = pinned.facts().map_err(failed)?;
        if facts.kind != Kind::Socket {
            return Ok((There::Other(facts.kind), Some(pinned)));
        }
        let seen = spot.see(&pinned, facts).map_err(failed)?;
        let found = Found {
            life: match clean::decide(&seen, AS_NAMED) {
                Decision::Remove => Life::Stale,
                Decision::Keep(outcome) => Life::Untouchable(outcome),
                Decision::Live => Life::Live,
            },
            inode: facts.inode,
            kind: (seen.answer == Some(Answer::Datagram)).then_some(SocketType::Dgram),
            mode: facts.mode,
            owner: Ownership {
                uid: facts.uid,
                gid: facts.gid,
            },
        };
        Ok((There::Socket(found), Some(pinned)))
    }

    /// Says what is there in the place of what was asked for.
    fn leave(&self, request: &Request, there: &There, changes: &mut Changes) -> Option<Found> {
        let There::Socket(found) = there else {
            return None;
        };
        let mut found = found.clone();
        if found.life == Life::Live && found.kind.is_none() {
            found.kind = holder::kind_of(found.inode);
        }
        let from = found.words(self.names);
        let (path, outcome) = (&request.named.path, Outcome::AlreadySo);
        changes.add(ActionKind::Create, path, Some(&from), outcome);
        Some(found)
    }

    /// As `clean` removes it. Where it is not removed because it is another file by now, or none,
    /// that is met when the socket is made.
    fn remove_stale(spot: &Spot<'_>, inode: Inode, changes: &mut Changes) -> Result<(), Outcome> {
        match spot.remove(inode, AS_NAMED) {
            Some(Outcome::Done) => {
                let path = &spot.named().path;
                changes.add(ActionKind::Remove, path, Some("stale"), Outcome::Done);
                Ok(())
            }
            Some(Outcome::AlreadySo) | None => Ok(()),
            // Said once, of what was asked for.
            Some(outcome) => Err(outcome),
        }
    }

    fn tell(&self, steps: &[Step], request: &Request, changes: &mut Changes) {
        let planned = |step| self.action(step, request, Outcome::Planned);
        changes.actions.extend(steps.iter().map(planned));
    }

    /// A step as it stands in reports.
    fn action(&self, step: &Step, request: &Request, outcome: Outcome) -> Action {
        let (kind, path, from, to) = match step {
            Step::MakeDirectory { path, own } => {
                let to = own.then(|| {
                    let parents = request.parents.unwrap_or_default();
                    parents::words_of(parents, self.names)
                });
                (ActionKind::Mkdir, path.clone(), None, to)
            }
            Step::RemoveStale => {
                let path = request.named.path.clone();
                (ActionKind::Remove, path, Some("stale"), None)
            }
            Step::Make if outcome == Outcome::Done && !self.tells_success => {
                (ActionKind::Create, request.named.path.clone(), None, None)
            }
            Step::Make => {
                let owner = words(request.owner, self.names);
                let to = format!("{} {} {owner}", request.kind, request.mode);
                let path = request.named.path.clone();
                (
                    ActionKind::Create,
                    path,
                    None,
                    Some(to.trim_end().to_owned()),
                )
            }
        };
        Action {
            path,
            kind,
            from: from.map(str::to_owned),
            to,
            outcome,
        }
    }
}
