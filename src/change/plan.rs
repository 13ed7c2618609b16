//! From what is there to what should be, in steps.
//!
//! Whoever may connect in between may connect before or afterwards. A change of the mode alone is
//! one system call and so has no in between; where an owner or an ACL changes with it, the mode is
//! first what both have in common, and only at the end what it should be. Whoever stops us leaves
//! a socket that is as it was, as it should be, or narrower, and the next run plans the rest.

use std::path::Path;
use std::rc::Rc;

use super::owner::words;
use super::target::Target;
use crate::model::{Acl, Action, ActionKind, Mode, Names, Outcome, Ownership};

/// What a socket file should be. What is not said stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// These bits and no others.
    pub mode: Option<Mode>,
    /// This user, this group, or both.
    pub owner: Ownership,
    /// Nobody is let in, or kept out, by an ACL.
    pub without_acl: bool,
    /// It should not be there.
    pub removed: bool,
}

impl Wish {
    /// Whether it may be something else than a file of this mode and owner. Of an ACL nobody
    /// knows yet.
    pub fn differs(&self, mode: Mode, owner: Ownership) -> bool {
        self.removed
            || self.without_acl
            || self.mode.is_some_and(|wanted| wanted != mode)
            || owner_to_set(self.owner, owner).is_some()
    }

    /// What kind of action it asks for in the first place.
    pub const fn kind(&self) -> ActionKind {
        if self.removed {
            ActionKind::Remove
        } else if self.mode.is_some() {
            ActionKind::Chmod
        } else if self.owner.uid.is_some() || self.owner.gid.is_some() {
            ActionKind::Chown
        } else {
            ActionKind::Acl
        }
    }
}

/// Steps, in the order in which they are done. Those of one socket stand together.
#[derive(Debug, Default)]
pub struct Plan {
    /// Each acts on what it says it has seen, or is left out.
    pub steps: Vec<Step>,
}

/// One change to one pinned inode.
#[derive(Debug)]
pub struct Step {
    /// To what.
    pub target: Rc<Target>,
    /// What is done.
    pub change: Change,
    /// What was there, in words.
    pub from: Option<String>,
    /// What is to be there, in words.
    pub to: Option<String>,
}

/// What is done to an inode: one system call, or one recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The mode is set.
    Chmod {
        /// To these bits.
        to: Mode,
        /// For the time until a later step of the same plan; taken back if that is not done.
        for_now: bool,
    },
    /// User and group are set.
    Chown(Ownership),
    /// Every entry of the ACL that the mode does not show is removed.
    RemoveAcl,
    /// The socket file is removed.
    Remove,
}

impl Change {
    /// What kind of action it is.
    pub const fn kind(self) -> ActionKind {
        match self {
            Change::Chmod { .. } => ActionKind::Chmod,
            Change::Chown(_) => ActionKind::Chown,
            Change::RemoveAcl => ActionKind::Acl,
            Change::Remove => ActionKind::Remove,
        }
    }
}

impl Step {
    /// As it stands in reports.
    pub fn action(&self, outcome: Outcome) -> Action {
        Action {
            path: self.target.path().to_owned(),
            kind: self.change.kind(),
            from: self.from.clone(),
            to: self.to.clone(),
            outcome,
        }
    }
}

/// An action that never became a step.
pub fn no_step(path: &Path, kind: ActionKind, outcome: Outcome) -> Action {
    Action {
        path: path.to_owned(),
        kind,
        from: None,
        to: None,
        outcome,
    }
}

/// What chown(2) takes from a mode.
const SET_ID: u16 = 0o6000;
const GROUP: u16 = 0o070;

impl Plan {
    /// Plans the way of one socket from what it is to `wish`. `acl` is its ACL, where it has one.
    /// Nothing is added where it is there already.
    pub fn add(&mut self, target: &Rc<Target>, acl: Option<&Acl>, wish: &Wish, names: &dyn Names) {
        if wish.removed {
            self.push(target, Change::Remove, Some("stale".to_owned()), None);
            return;
        }
        let (mode, owner) = (target.facts().mode, target.owner());
        let chown = owner_to_set(wish.owner, owner);
        let acl = acl.filter(|_| wish.without_acl);
        // With an ACL the group bits are its mask, and without it what the owning group has.
        let ours = |acl: &Acl| with_group(mode, acl.effective_group());
        let end = wish.mode.unwrap_or(acl.map_or(mode, ours));

        let mut current = mode;
        if chown.is_some() || acl.is_some() {
            let shared = acl.map_or(mode, ours).common(end);
            self.chmod(target, current, shared, shared != end);
            current = shared;
        }
        if let Some(acl) = acl {
            self.push(
                target,
                Change::RemoveAcl,
                Some(super::acl::entries(acl, names)),
                None,
            );
        }
        if let Some(to) = chown {
            let from = Some(words(owner, names));
            self.push(target, Change::Chown(to), from, Some(words(to, names)));
            if wish.mode.is_some() {
                current = without_set_id(current);
            }
        }
        self.chmod(target, current, end, false);
    }

    fn chmod(&mut self, target: &Rc<Target>, from: Mode, to: Mode, for_now: bool) {
        if from != to {
            let change = Change::Chmod { to, for_now };
            let (from, to) = (from.to_string(), to.to_string());
            self.push(target, change, Some(from), Some(to));
        }
    }

    fn push(
        &mut self,
        target: &Rc<Target>,
        change: Change,
        from: Option<String>,
        to: Option<String>,
    ) {
        self.steps.push(Step {
            target: Rc::clone(target),
            change,
            from,
            to,
        });
    }
}

/// Both ids that it will have, if one of them is another one than now.
fn owner_to_set(wish: Ownership, now: Ownership) -> Option<Ownership> {
    let to = Ownership {
        uid: wish.uid.or(now.uid),
        gid: wish.gid.or(now.gid),
    };
    (to != now).then_some(to)
}

fn without_set_id(mode: Mode) -> Mode {
    Mode::from_st_mode(u32::from(mode.bits() & !SET_ID))
}

fn with_group(mode: Mode, bits: u16) -> Mode {
    Mode::from_st_mode(u32::from((mode.bits() & !GROUP) | (bits << 3)))
}

#[cfg(test)]
#[allow(clippy::print_stdout)] // skipped tests say so by name
mod tests;
