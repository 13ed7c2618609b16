//! Makes socket files that are right from birth: nobody else can connect at any instant before
//! mode, owner and ACL are as they should be.
//!
//! ```text
//! plan     from what is asked for and what is there to steps; pure
//! parents  directories that are missing
//! place    the directory, and the name that the kernel will list
//! make     bind, pin, prove, give away, open, look again, listen
//! hold     keeps them listening until a signal comes
//! ```

mod hold;
mod make;
mod parents;
mod place;
mod plan;

pub use hold::{Held, release, serve};
pub use plan::{Existing, Plan, Step, There, plan};

use super::changes::Changes;
use super::clean::{self, Asked, Cleaner, Decision, Spot};
use super::holder;
use super::mode::Limit;
use super::name::Named;
use super::owner::words;
use crate::model::{Action, ActionKind, Backlog, Mode, Names, Outcome, Ownership, SocketType};
use crate::sys::bind::LONGEST;
use crate::sys::dir::{Failure, Kind};
use crate::sys::lock::Lock;
use make::Unmade;
use place::Place;

/// One socket file that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub named: Named,
    /// Its type.
    pub kind: SocketType,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner; what is not said is as the kernel makes it.
    pub owner: Ownership,
    /// More bits than the policy allows are refused.
    pub limit: Option<Limit>,
    /// Entries that it inherits from its directory's default ACL stay.
    pub keep_acl: bool,
    /// Make directories that are missing.
    pub parents: Option<Parents>,
    /// What to do about what is there already.
    pub existing: Existing,
    /// Let clients in, as many waiting as that; `None`: let nobody in.
    pub listen: Option<Backlog>,
}

/// The directory that a socket file is in, where it has to be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parents {
    /// Its permission bits; `None`: as those of the directories above it, 0755 less the umask.
    pub mode: Option<Mode>,
    /// Its owner; what is not said is us.
    pub owner: Ownership,
}

/// What became of a request.
#[derive(Debug, Default)]
pub struct Created {
    /// What was done.
    pub changes: Changes,
    /// The socket, which lives as long as this; `None` where none was made.
    pub held: Option<Held>,
}

/// What is said of a name for which an address has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a socket's own name has at most {LONGEST} bytes, whatever its directory; this has {0}")]
pub struct NameTooLong(usize);

/// Whether the name of the file has room in an address. A socket that is bound under another
/// name and then renamed would be listed under a wrong one for ever, so there is no way round.
pub fn fits(named: &Named) -> Result<(), NameTooLong> {
    match named.name.to_bytes().len() {
        length if length > LONGEST => Err(NameTooLong(length)),
        _ => Ok(()),
    }
}

/// How often a name is tried that somebody else takes each time.
const ROUNDS: usize = 8;

/// Makes socket files.
pub struct Creator<'a> {
    cleaner: Cleaner<'a>,
    names: &'a dyn Names,
    dry_run: bool,
}

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
        })
    }

    /// Makes one socket file, or says why not. What was made on the way to a failure is removed
    /// again.
    pub fn create(&self, request: &Request) -> Created {
        let mut changes = Changes::default();
        let held = match self.run(request, &mut changes) {
            Ok(held) => held,
            Err(outcome) => {
                changes
                    .actions
                    .push(self.action(&Step::Make, request, outcome));
                None
            }
        };
        Created { changes, held }
    }

    fn run(&self, request: &Request, changes: &mut Changes) -> Result<Option<Held>, Outcome> {
        let place = Place::find(&request.named)?;
        if place.missing().is_empty() {
            return self.in_directory(request, &place, changes);
        }
        // What is to be refused is refused before a directory is made.
        let Plan::Do(steps) = plan(request, &place.missing_paths(), &There::Nothing)? else {
            return Err(Outcome::AlreadySo);
        };
        if self.dry_run {
            self.tell(&steps, request, changes);
            return Ok(None);
        }
        let parents = request.parents.unwrap_or_default();
        let (place, made) = parents::make(place, parents, self.names, changes)?;
        let outcome = self.in_directory(request, &place, changes);
        if outcome.is_err() {
            parents::remove(&made, changes);
        }
        outcome
    }

    /// All of it is done under the lock of the directory, so that nobody who cleans moves aside
    /// what is just being made.
    fn in_directory(
        &self,
        request: &Request,
        place: &Place,
        changes: &mut Changes,
    ) -> Result<Option<Held>, Outcome> {
        let named = &request.named;
        let mut lock = self.cleaner.lock(&place.dir, &named.parent, changes);
        let spot = Spot::new(&self.cleaner, &place.dir, named);
        if request.existing.replace_stale {
            spot.sweep(changes);
        }
        for _ in 0..ROUNDS {
            let there = Self::look(&spot, place)?;
            let steps = match plan(request, &[], &there)? {
                Plan::Do(steps) => steps,
                Plan::Leave => return Err(Outcome::AlreadySo),
                Plan::Refuse(inode) => {
                    drop(lock);
                    let holder = holder::of(&named.path, inode, self.names);
                    return Err(Outcome::Refused(holder.sentence));
                }
            };
            if self.dry_run {
                self.tell(&steps, request, changes);
                return Ok(None);
            }
            if steps.contains(&Step::RemoveStale) {
                Self::remove_stale(&spot, &mut lock, changes)?;
            }
            match make::make(request, place, changes) {
                Ok(held) => {
                    let done = self.action(&Step::Make, request, Outcome::Done);
                    changes.actions.push(done);
                    return Ok(Some(held));
                }
                Err(Unmade::Taken) => {}
                Err(Unmade::Failed(why)) => return Err(Outcome::Failed(why)),
            }
        }
        Err(Outcome::Failed(
            "each time the name was free somebody else took it".to_owned(),
        ))
    }

    fn look(spot: &Spot<'_>, place: &Place) -> Result<There, Outcome> {
        let failed = |failure| Outcome::Failed(format!("cannot look at it: {failure}"));
        let pinned = match place.dir.pin(&spot.named().name) {
            Ok(pinned) => pinned,
            Err(failure) if failure.is_missing() => return Ok(There::Nothing),
            Err(failure) => return Err(failed(failure)),
        };
        let facts = pinned.facts().map_err(failed)?;
        if facts.kind != Kind::Socket {
            return Ok(There::Other(facts.kind));
        }
        let asked = Asked {
            on_walk: false,
            older_than: None,
        };
        let seen = spot.see(&pinned).map_err(failed)?;
        Ok(match clean::decide(&seen, asked) {
            Decision::Remove => There::Stale,
            Decision::Keep(outcome) => There::Untouchable(outcome),
            Decision::Live => There::Live(facts.inode),
        })
    }

    /// The recipe of `clean`, which says by itself what came of it.
    fn remove_stale(
        spot: &Spot<'_>,
        lock: &mut Option<Lock>,
        changes: &mut Changes,
    ) -> Result<(), Outcome> {
        let before = changes.actions.len();
        let asked = Asked {
            on_walk: false,
            older_than: None,
        };
        spot.clean(asked, None, lock, changes);
        match changes.actions.last().map(|action| &action.outcome) {
            Some(Outcome::Done) => Ok(()),
            Some(Outcome::AlreadySo) | None => {
                changes.actions.truncate(before);
                Ok(())
            }
            // Said once, of what was asked for.
            Some(outcome) => {
                let outcome = outcome.clone();
                changes.actions.truncate(before);
                Err(outcome)
            }
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
