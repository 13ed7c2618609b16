//! Does what a plan says: the one place where socket files are changed.

use std::rc::Rc;

use super::plan::{Change, Plan, Step};
use super::target::Target;
use crate::model::{Action, Mode, Names, Outcome, Ownership};
use crate::sys::dir::Failure;
use crate::sys::host::ourselves;
use crate::sys::rights::{Attempt, hint, lacking};
use crate::sys::{acl, perm};

/// How a plan is done.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// Nothing is done; what would be is told.
    pub dry_run: bool,
    /// For the words of reports.
    pub names: &'a dyn Names,
    /// The recipe that removes a stale socket file, and nothing else. It knows of dry runs itself:
    /// much can speak against a removal.
    pub remove: &'a dyn Fn(&Target) -> Outcome,
}

/// Does the steps in order and tells of each what became of it. Right before a step the inode is
/// looked at again: where it is not as it was planned from, the step and those that follow it on
/// the same socket are left out. After a step the kernel is asked for the outcome.
pub fn execute(plan: &Plan, how: How<'_>) -> Vec<Action> {
    let mut actions = Vec::with_capacity(plan.steps.len());
    for steps in plan.steps.chunk_by(|a, b| Rc::ptr_eq(&a.target, &b.target)) {
        if how.dry_run {
            actions.extend(steps.iter().map(|step| step.action(step.planned(how))));
        } else {
            actions.extend(one_socket(steps, how));
        }
    }
    actions
}

fn one_socket(steps: &[Step], how: How<'_>) -> Vec<Action> {
    let mut actions: Vec<Action> = Vec::with_capacity(steps.len());
    let mut before_for_now: Option<(usize, Mode)> = None;
    let mut stopped = false;
    for step in steps {
        if stopped {
            let why = "the step before it was not done".to_owned();
            actions.push(step.action(Outcome::LeftOut(why)));
            continue;
        }
        let mode = step.target.facts().mode;
        let outcome = step.run(how);
        stopped = outcome != Outcome::Done;
        actions.push(step.action(outcome));
        if stopped {
            if let Some((index, mode)) = before_for_now {
                actions[index].outcome = take_back(&step.target, mode, how);
            }
        } else if matches!(step.change, Change::Chmod { for_now: true, .. }) {
            before_for_now = Some((actions.len() - 1, mode));
        }
    }
    actions
}

/// Gives a socket the mode back that it had before a step that was only meant for the time being.
fn take_back(target: &Target, mode: Mode, how: How<'_>) -> Outcome {
    let back = target.look_again(how.names).and_then(|()| {
        perm::chmod(target.pinned(), mode).map_err(|failure| failure.to_string())?;
        target.see().map_err(|failure| failure.to_string())
    });
    match back {
        Ok(facts) if facts.mode == mode => {
            Outcome::LeftOut("it was taken back, for the next step was not done".to_owned())
        }
        _ => Outcome::Done,
    }
}

impl Step {
    fn planned(&self, how: How<'_>) -> Outcome {
        match self.change {
            Change::Remove => (how.remove)(&self.target),
            _ => Outcome::Planned,
        }
    }

    fn run(&self, how: How<'_>) -> Outcome {
        if let Err(why) = self.target.look_again(how.names) {
            return Outcome::LeftOut(why);
        }
        let done = match self.change {
            Change::Chmod { to, .. } => chmod(&self.target, to),
            Change::Chown(to) => chown(&self.target, to, how.names),
            Change::RemoveAcl => remove_acl(&self.target),
            Change::Remove => return (how.remove)(&self.target),
        };
        done.map_or_else(Outcome::Failed, |()| Outcome::Done)
    }
}

fn chmod(target: &Target, to: Mode) -> Result<(), String> {
    perm::chmod(target.pinned(), to)
        .map_err(|failure| why(target, "change its mode", Attempt::Chmod, failure))?;
    let facts = target.see().map_err(blind)?;
    if facts.mode == to {
        return Ok(());
    }
    Err(format!(
        "the kernel took the new mode, and it is {} all the same: either the file system ignores \
         modes or some of their bits, or somebody else changes it too",
        facts.mode
    ))
}

fn chown(target: &Target, to: Ownership, names: &dyn Names) -> Result<(), String> {
    // What stays as it is is not asked for, so that no right is needed for it.
    let now = target.owner();
    let uid = to.uid.filter(|_| to.uid != now.uid);
    let gid = to.gid.filter(|_| to.gid != now.gid);
    perm::chown(target.pinned(), uid, gid).map_err(|failure| match uid {
        Some(_) => why(target, "change its owner", Attempt::Chown, failure),
        None => why(target, "change its group", Attempt::Chown, failure),
    })?;
    target.see().map_err(blind)?;
    if target.owner() == to {
        return Ok(());
    }
    Err(format!(
        "the kernel took the new owner, and it belongs to {} all the same: either the file system \
         ignores owners, or somebody else changes it too",
        super::owner::words(target.owner(), names)
    ))
}

fn remove_acl(target: &Target) -> Result<(), String> {
    acl::remove(target.pinned())
        .map_err(|failure| why(target, "remove its ACL", Attempt::Chmod, failure))?;
    target.see().map_err(blind)?;
    match target.acl() {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err("the kernel took the removal, and the ACL is there again".to_owned()),
        Err(failure) => Err(blind(failure)),
    }
}

fn blind(failure: impl std::fmt::Display) -> String {
    format!("it was changed, and then it could not be looked at: {failure}")
}

fn why(target: &Target, what: &str, attempt: Attempt, failure: Failure) -> String {
    let is_ours = target.owner().uid == ourselves().uid;
    let hint = if !failure.is_not_permitted() {
        String::new()
    } else if perm::is_frozen(target.pinned()) {
        "; it is immutable or append-only (lsattr, chattr)".to_owned()
    } else if lacking(attempt).is_some() {
        hint(attempt, failure)
    } else if is_ours && attempt == Attempt::Chown && what.ends_with("group") {
        "; you are not in that group, and only root may give it to another one".to_owned()
    } else {
        "; its owner may change its mode and ACL, and only root may give it away".to_owned()
    };
    format!("cannot {what}: {failure}{hint}")
}

#[cfg(test)]
#[allow(clippy::print_stdout)] // skipped tests say so by name
mod tests;
