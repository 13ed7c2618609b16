//! What chmod and chown have in common: from paths to actions, and from actions to an exit status.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::change::changes::Changes;
use crate::change::plan::no_step;
use crate::change::{How, Plan, Target, Unfit, Wish, execute, owner, target::Seen, way};
use crate::model::{Action, ActionKind, Names, Outcome, Ownership, SocketName, Survey};
use crate::observe::walk::{self, Found};
use crate::policy::{Effective, Policy};
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::Exit;
use super::progress;
use super::roots::absolute;
use super::told;

/// What one of these commands is asked to do.
pub(super) struct Job<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) kind: ActionKind,
    pub(super) recursive: bool,
    pub(super) names: &'a SystemNames,
    /// What a socket should be; `None` where nothing is said of it.
    pub(super) wish: &'a dyn Fn(&Target) -> Result<Option<Wish>, Outcome>,
    /// Why a socket that was named is refused where nothing is said of it.
    pub(super) unsaid: &'static str,
    /// What has to be said of such a change, if anything.
    pub(super) note: &'a dyn Fn(&Target, &Wish) -> Option<String>,
}

/// Does it to every path, one after the other, and says what became of it.
pub(super) fn run(job: &Job<'_>, paths: &[PathBuf]) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let (mut survey, mut changes) = (Survey::default(), Changes::default());
    for path in paths {
        match Target::look(path) {
            Ok(target) => job.change(target, true, &mut changes),
            Err(unfit) => match job.root(path, unfit) {
                Ok(()) => job.below(path, &mut survey, &mut changes),
                Err(unfit) => changes.actions.push(no_step(path, job.kind, unfit.into())),
            },
        }
    }
    let exit = match exit_of(&changes.actions) {
        Exit::Done if !survey.unreadable.is_empty() => Exit::Trouble,
        exit => exit,
    };
    told::tell(job.context, &stopwatch, paths, &changes, survey)?;
    Ok(exit)
}

impl Job<'_> {
    fn change(&self, target: Target, is_named: bool, changes: &mut Changes) {
        let target = Rc::new(target);
        let actions = &mut changes.actions;
        let outcome = match (self.wish)(&target) {
            Ok(Some(wish)) => {
                let mut plan = Plan::default();
                plan.add(&target, None, &wish, self.names);
                let note = (self.note)(&target, &wish);
                if plan.steps.is_empty() {
                    let mut kept = no_step(target.path(), self.kind, Outcome::AlreadySo);
                    kept.from = Some(self.words(&target));
                    actions.push(kept);
                } else {
                    actions.extend(execute(&plan, how(self.context, self.names)));
                }
                let about = |note| (target.path().to_owned(), note);
                changes.notes.extend(note.map(about));
                return;
            }
            Ok(None) if is_named => Outcome::Refused(self.unsaid.to_owned()),
            Ok(None) => return,
            Err(outcome) => outcome,
        };
        let mut refused = no_step(target.path(), self.kind, outcome);
        refused.from = Some(self.words(&target));
        actions.push(refused);
    }

    /// What is there, in words.
    fn words(&self, target: &Target) -> String {
        if self.kind == ActionKind::Chown {
            owner::words(target.owner(), self.names)
        } else {
            target.facts().mode.to_string()
        }
    }

    /// Whether a path that leads to no socket file is the root of a tree; a link to a directory
    /// is one where it was named.
    fn root(&self, path: &Path, unfit: Unfit) -> Result<(), Unfit> {
        match unfit {
            Unfit::Directory | Unfit::NotASocket(_) if self.recursive => {}
            _ => return Err(unfit),
        }
        match way::directory(path) {
            Ok(_) => Ok(()),
            Err(why) if why.is_not_a_directory() || why == Unfit::Missing => Err(unfit),
            Err(why) => Err(why),
        }
    }

    fn below(&self, root: &Path, survey: &mut Survey, changes: &mut Changes) {
        let roots = [root.to_owned()];
        let request = walk::Request {
            roots: &roots,
            defaults: false,
            one_file_system: false,
            exclude: &[],
            jobs: None,
            parents: false,
            acls: false,
        };
        let walked = progress::shown(self.context.is_quiet(), |it| walk::walk(&request, it));
        survey.unreadable.extend(walked.unreadable);
        survey.skipped.extend(walked.skipped);
        survey.directories += walked.directories;
        survey.entries += walked.entries;
        for found in walked.found {
            match look_again(&found.path, &seen(&found), self.names) {
                Ok(Some(target)) => self.change(target, false, changes),
                Ok(None) => {}
                Err(outcome) => changes
                    .actions
                    .push(no_step(&found.path, self.kind, outcome)),
            }
        }
    }
}

fn seen(found: &Found) -> Seen {
    Seen {
        inode: found.inode,
        mode: found.mode,
        owner: Ownership {
            uid: Some(found.uid),
            gid: Some(found.gid),
        },
    }
}

/// Pins a socket that a walk has seen; `None` where it is gone. Where it is not as it was seen, it
/// is left out.
pub(super) fn look_again(
    path: &Path,
    before: &Seen,
    names: &dyn Names,
) -> Result<Option<Target>, Outcome> {
    match Target::look(path) {
        Ok(target) => match target.is_still(before, names) {
            Ok(()) => Ok(Some(target)),
            Err(why) => Err(Outcome::LeftOut(why)),
        },
        Err(Unfit::Missing) => Ok(None),
        Err(unfit @ (Unfit::Directory | Unfit::NotASocket(_))) => {
            Err(Outcome::LeftOut(unfit.to_string()))
        }
        Err(unfit) => Err(unfit.into()),
    }
}

/// What the policy expects of it, by the path as given and by where it really is.
pub(super) fn expected<'p>(policy: &'p Policy, target: &Target) -> Result<Effective<'p>, Outcome> {
    let real = target.real_path().map_err(|failure| {
        Outcome::Failed(format!(
            "cannot tell where it is, and so which rules speak of it: {failure}"
        ))
    })?;
    let name = SocketName::Path(absolute(target.path()));
    Ok(policy.effective(&name, Some(&real)))
}

/// As the global options have it. Nothing here removes anything.
fn how<'a>(context: &Context<'_>, names: &'a dyn Names) -> How<'a> {
    How {
        dry_run: context.global.dry_run,
        names,
        remove: &|_| Outcome::Refused("this command removes nothing".to_owned()),
    }
}

/// A refusal is an answer, and goes before what could not be done.
pub(super) fn exit_of(actions: &[Action]) -> Exit {
    let any = |is: fn(&Outcome) -> bool| actions.iter().any(|action| is(&action.outcome));
    if any(|outcome| matches!(outcome, Outcome::Refused(_))) {
        Exit::No
    } else if any(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::LeftOut(_))) {
        Exit::Trouble
    } else {
        Exit::Done
    }
}
