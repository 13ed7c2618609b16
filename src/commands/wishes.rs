//! From what a policy expects of a socket to what it should be changed to.

use crate::change::mode::Limit;
use crate::model::{Mode, Names, Ownership};
use crate::policy::rule::ModeRule;
use crate::policy::{Effective, Owner, Rule, Set, builtin};
use crate::sys::host::ourselves;

/// The widest mode that the policy allows.
pub(super) fn limit(expected: &Effective<'_>) -> Option<Limit> {
    expected.mode.as_ref().map(|key| Limit {
        mode: match key.value {
            ModeRule::Exactly(mode) | ModeRule::AtMost(mode) => mode,
        },
        special: true,
        said_by: said_by(key),
    })
}

/// The widest mode that the policy allows for the directory of a socket file.
pub(super) fn directory_limit(expected: &Effective<'_>) -> Option<Limit> {
    expected.parent_max_mode.as_ref().map(|key| Limit {
        mode: key.value.max,
        special: key.value.special,
        said_by: said_by(key),
    })
}

/// Which rule says so, and where: `app, site.yaml:12`.
pub(super) fn said_by<T>(key: &Set<'_, T>) -> String {
    format!("{}, {}", key.rule.id, key.place())
}

/// The mode that the policy gives a file of mode `now`; `None` where it says nothing.
pub(super) fn mode(expected: &Effective<'_>, now: Mode) -> Option<Mode> {
    let exactly = matches!(expected.mode.as_ref()?.value, ModeRule::Exactly(_));
    let limit = limit(expected)?;
    Some(if exactly {
        limit.mode
    } else {
        limit.applied_to(now)
    })
}

/// Whether a rule is one of those inside the program.
pub(super) fn is_builtin(rule: &Rule) -> bool {
    rule.place.file.starts_with(builtin::PREFIX)
}

/// Whether a rule speaks of every socket of which nothing more is known.
pub(super) fn is_baseline(rule: &Rule) -> bool {
    is_builtin(rule) && rule.id == "baseline"
}

/// The owner that the policy gives a file of owner `now`: what already fits stays. The error says
/// why none can be chosen.
pub(super) fn owner(
    owner: &Owner,
    now: Ownership,
    names: &dyn Names,
) -> Result<Ownership, Vec<String>> {
    let chosen = owner.choose(now, names)?.who;
    Ok(Ownership {
        uid: chosen.uid.or(now.uid),
        gid: chosen.gid.or(now.gid),
    })
}

/// The owner that the policy gives a file that we are yet to make; what it does not say is as the
/// kernel makes it.
pub(super) fn owner_at_birth(owner: &Owner, names: &dyn Names) -> Result<Ownership, Vec<String>> {
    owner_for(owner, ourselves(), names)
}

/// The owner that the policy gives a file that is yet to be made and would be theirs; what it does
/// not say is `None`.
pub(super) fn owner_for(
    owner: &Owner,
    theirs: Ownership,
    names: &dyn Names,
) -> Result<Ownership, Vec<String>> {
    Ok(owner.choose(theirs, names)?.who)
}

/// Of whom a file is that nobody gives away: as far as that is known beforehand.
pub(super) fn at_birth(asked: Ownership) -> Ownership {
    let us = ourselves();
    Ownership {
        uid: asked.uid.or(us.uid),
        gid: asked.gid.or(us.gid),
    }
}

/// Whether the policy is content with an owner.
pub(super) fn fits(expected: &Owner, now: Ownership, names: &dyn Names) -> bool {
    owner(expected, now, names) == Ok(now)
}
