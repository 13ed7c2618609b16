//! From who we are to who the command is to be. Pure.
//!
//! What the kernel does at each step is followed here (`cap_emulate_setxuid()` and `cap_capset()`
//! in security/commoncap.c), so that only the calls that are needed are made, and so that it is
//! known beforehand, to the bit, what the kernel has to say afterwards.

use crate::model::{CapSet, Capability, Caps, Credentials, Gid, Ids, Securebits, Uid};

/// Who the command is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The user.
    pub uid: Uid,
    /// The group.
    pub gid: Gid,
    /// Supplementary groups, in ascending order, each once.
    pub groups: Vec<Gid>,
    /// What is kept in all five sets.
    pub keep: CapSet,
    /// The bounding set stays.
    pub keep_bounding: bool,
    /// Nothing that it executes gives it more rights.
    pub no_new_privs: bool,
    /// What we would have where execve(2) fails. It is kept where the kernel takes it away when
    /// that succeeds.
    pub hold: CapSet,
}

/// One system call on the way, or several of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// setgroups(2)
    SetGroups(Vec<Gid>),
    /// `PR_CAPBSET_DROP` of each
    DropBounding(CapSet),
    /// `PR_SET_SECUREBITS`
    SetSecurebits(Securebits),
    /// `PR_SET_KEEPCAPS`
    KeepCaps,
    /// setresgid(2)
    SetGids(Gid),
    /// setresuid(2)
    SetUids(Uid),
    /// capset(2)
    SetCaps {
        /// In the permitted, the effective and the inheritable set.
        keep: CapSet,
        /// In the permitted set alone.
        held: CapSet,
    },
    /// `PR_CAP_AMBIENT_RAISE` of each
    RaiseAmbient(CapSet),
    /// `PR_SET_NO_NEW_PRIVS`
    NoNewPrivs,
}

/// The way to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// What is to be done, in order; nothing where we are it already.
    pub steps: Vec<Step>,
    /// What the kernel has to say afterwards.
    pub after: Credentials,
    /// Becoming root again is to be tried, and has to fail.
    pub try_root: bool,
}

impl Transition {
    /// Whether we can still do afterwards what takes these capabilities, if we can do it now.
    pub fn leaves(&self, capabilities: CapSet) -> bool {
        let is_harmless = |step: &Step| matches!(step, Step::NoNewPrivs | Step::DropBounding(_));
        self.steps.iter().all(is_harmless)
            || capabilities.without(self.after.caps.permitted).is_empty()
    }
}

/// Why there is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cannot {
    /// We lack what is to be kept.
    #[error("cannot keep {0}: this process does not have it itself, or not in its bounding set")]
    Keep(CapSet),
    /// It takes `CAP_SETUID`.
    #[error("cannot become user {0}: that takes CAP_SETUID, which this process does not have")]
    User(Uid),
    /// It takes `CAP_SETGID`.
    #[error("cannot become group {0}: that takes CAP_SETGID, which this process does not have")]
    Group(Gid),
    /// It takes `CAP_SETGID`.
    #[error(
        "cannot set the supplementary groups: that takes CAP_SETGID, which this process does not have"
    )]
    Supplementary,
    /// It takes `CAP_SETPCAP`.
    #[error(
        "cannot take capabilities from the bounding set, and root would get them back by it: \
         that takes CAP_SETPCAP; without --allow-new-privs it is not needed"
    )]
    Bounding,
    /// A securebit is locked the wrong way.
    #[error("cannot keep capabilities: the securebits that this process inherited forbid it")]
    Securebits,
}

impl Cannot {
    /// What to do about it.
    pub fn hint(&self, own: &Credentials) -> &'static str {
        match self {
            Cannot::User(_) | Cannot::Group(_) | Cannot::Supplementary => {
                if own.uids.effective.is_root() {
                    "; root has it unless it was taken away (CapabilityBoundingSet= in a unit, \
                     dropped capabilities of a container): leave it to this process, or start it \
                     as that user and leave out --user and --groups"
                } else {
                    "; start it as root, or as that user, and leave out --user and --groups"
                }
            }
            Cannot::Keep(_) | Cannot::Bounding | Cannot::Securebits => "",
        }
    }
}

/// Finds the way.
pub fn transition(own: &Credentials, wanted: &Wanted) -> Result<Transition, Cannot> {
    let caps = own.caps;
    let mut way = Way {
        now: own.clone(),
        steps: Vec::new(),
        held: if can_hold(own, wanted) {
            wanted.hold.without(wanted.keep)
        } else {
            CapSet::EMPTY
        },
    };
    let missing = wanted.keep.without(caps.permitted.and(caps.bounding));
    if !missing.is_empty() {
        return Err(Cannot::Keep(missing));
    }
    way.groups(wanted)?;
    way.bounding(wanted)?;
    way.group(wanted)?;
    way.user(wanted)?;
    way.capabilities(wanted)?;
    if wanted.no_new_privs && !way.now.no_new_privs {
        way.go(Step::NoNewPrivs);
    }
    let gave_up = |step: &Step| !matches!(step, Step::NoNewPrivs | Step::DropBounding(_));
    let try_root = way.steps.iter().any(gave_up)
        && !wanted.uid.is_root()
        && !wanted.keep.has(Capability::SETUID);
    Ok(Transition {
        steps: way.steps,
        after: way.now,
        try_root,
    })
}

/// What the permitted set of root is when it executes something hangs on what it was.
fn can_hold(own: &Credentials, wanted: &Wanted) -> bool {
    let keeps_over_setuid = own.uids.are(wanted.uid)
        || !own.securebits.has(Securebits::KEEP_CAPS_LOCKED)
        || own.securebits.has(Securebits::KEEP_CAPS);
    wanted.hold.without(own.caps.permitted).is_empty() && !wanted.uid.is_root() && keeps_over_setuid
}

struct Way {
    now: Credentials,
    steps: Vec<Step>,
    held: CapSet,
}

impl Way {
    fn go(&mut self, step: Step) {
        step.apply(&mut self.now);
        self.steps.push(step);
    }

    fn has(&self, capability: Capability) -> bool {
        self.now.caps.effective.has(capability)
    }

    fn groups(&mut self, wanted: &Wanted) -> Result<(), Cannot> {
        if self.now.groups == wanted.groups {
            return Ok(());
        }
        if !self.has(Capability::SETGID) {
            return Err(Cannot::Supplementary);
        }
        self.go(Step::SetGroups(wanted.groups.clone()));
        Ok(())
    }

    /// Where it cannot be emptied it does no harm, unless root executes something.
    fn bounding(&mut self, wanted: &Wanted) -> Result<(), Cannot> {
        let excess = self.now.caps.bounding.without(wanted.keep);
        let harmful = wanted.uid.is_root()
            && !wanted.no_new_privs
            && !self.now.securebits.has(Securebits::NOROOT);
        if excess.is_empty() || (wanted.keep_bounding && !harmful) {
            return Ok(());
        }
        match (self.has(Capability::SETPCAP), wanted.keep_bounding) {
            (true, false) => self.go(Step::DropBounding(excess)),
            (true, true) => {
                let noroot = Securebits::NOROOT.with(Securebits::NOROOT_LOCKED);
                self.go(Step::SetSecurebits(self.now.securebits.with(noroot)));
            }
            (false, _) if harmful => return Err(Cannot::Bounding),
            (false, _) => {}
        }
        Ok(())
    }

    fn group(&mut self, wanted: &Wanted) -> Result<(), Cannot> {
        let gids = &self.now.gids;
        if gids.are(wanted.gid) {
            return Ok(());
        }
        if !gids.any(wanted.gid) && !self.has(Capability::SETGID) {
            return Err(Cannot::Group(wanted.gid));
        }
        self.go(Step::SetGids(wanted.gid));
        Ok(())
    }

    fn user(&mut self, wanted: &Wanted) -> Result<(), Cannot> {
        let uids = &self.now.uids;
        if uids.are(wanted.uid) {
            return Ok(());
        }
        if !uids.any(wanted.uid) && !self.has(Capability::SETUID) {
            return Err(Cannot::User(wanted.uid));
        }
        let step = Step::SetUids(wanted.uid);
        let mut without = self.now.clone();
        step.apply(&mut without);
        let permitted = wanted.keep.or(self.held);
        if !permitted.without(without.caps.permitted).is_empty() {
            if self.now.securebits.has(Securebits::KEEP_CAPS_LOCKED) {
                return Err(Cannot::Securebits);
            }
            self.go(Step::KeepCaps);
        }
        self.go(step);
        Ok(())
    }

    fn capabilities(&mut self, wanted: &Wanted) -> Result<(), Cannot> {
        let (keep, held) = (wanted.keep, self.held);
        let caps = &self.now.caps;
        if [caps.permitted, caps.effective, caps.inheritable] != [keep.or(held), keep, keep] {
            self.go(Step::SetCaps { keep, held });
        }
        let unraised = keep.without(self.now.caps.ambient);
        if unraised.is_empty() {
            return Ok(());
        }
        if self.now.securebits.has(Securebits::NO_CAP_AMBIENT_RAISE) {
            return Err(Cannot::Securebits);
        }
        self.go(Step::RaiseAmbient(unraised));
        Ok(())
    }
}

impl Step {
    /// What the kernel makes of a process that does this.
    fn apply(&self, who: &mut Credentials) {
        let caps = &mut who.caps;
        match self {
            Step::SetGroups(groups) => who.groups.clone_from(groups),
            Step::DropBounding(set) => caps.bounding = caps.bounding.without(*set),
            Step::SetSecurebits(bits) => who.securebits = *bits,
            Step::KeepCaps => who.securebits = who.securebits.with(Securebits::KEEP_CAPS),
            Step::SetGids(gid) => who.gids = Ids::all(*gid),
            Step::SetUids(uid) => {
                if !who.securebits.has(Securebits::NO_SETUID_FIXUP) {
                    let keeps = who.securebits.has(Securebits::KEEP_CAPS);
                    fix_up(caps, who.uids, *uid, keeps);
                }
                who.uids = Ids::all(*uid);
            }
            Step::SetCaps { keep, held } => {
                (caps.permitted, caps.effective, caps.inheritable) = (keep.or(*held), *keep, *keep);
                caps.ambient = caps.ambient.and(*keep);
            }
            Step::RaiseAmbient(set) => caps.ambient = caps.ambient.or(*set),
            Step::NoNewPrivs => who.no_new_privs = true,
        }
    }
}

/// `cap_emulate_setxuid()`, where all three become one.
fn fix_up(caps: &mut Caps, before: Ids<Uid>, after: Uid, keeps: bool) {
    if before.any(Uid::ROOT) && !after.is_root() {
        if !keeps {
            caps.permitted = CapSet::EMPTY;
            caps.effective = CapSet::EMPTY;
        }
        caps.ambient = CapSet::EMPTY;
    }
    match (before.effective.is_root(), after.is_root()) {
        (true, false) => caps.effective = CapSet::EMPTY,
        (false, true) => caps.effective = caps.permitted,
        _ => {}
    }
}

/// What execve(2) makes of a process, where the file has neither set-id bits nor capabilities of
/// its own (`cap_bprm_creds_from_file()`).
pub fn after_exec(who: &Credentials) -> Credentials {
    let mut new = who.clone();
    let caps = &mut new.caps;
    let is_root = who.uids.real.is_root() || who.uids.effective.is_root();
    if is_root && !who.securebits.has(Securebits::NOROOT) {
        let gained = caps.inheritable.or(caps.bounding).or(caps.ambient);
        caps.permitted = if who.no_new_privs {
            gained.and(caps.permitted)
        } else {
            gained
        };
        caps.effective = if who.uids.effective.is_root() {
            caps.permitted
        } else {
            caps.ambient
        };
    } else {
        (caps.permitted, caps.effective) = (caps.ambient, caps.ambient);
    }
    new.securebits = new.securebits.without(Securebits::KEEP_CAPS);
    new
}

#[cfg(test)]
mod tests;
