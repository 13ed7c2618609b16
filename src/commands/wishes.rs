//! From what a policy expects of a socket to what it should be changed to.

use crate::change::mode::Limit;
use crate::model::{Gid, Lookup, Mode, Names, Ownership, Uid};
use crate::policy::rule::ModeRule;
use crate::policy::{Effective, Owner, OwnerAlternative, Rule, Set, Who, builtin, check_name};

/// The widest mode that the policy allows.
pub(super) fn limit(expected: &Effective<'_>) -> Option<Limit> {
    expected.mode.as_ref().map(|key| Limit {
        mode: match key.value {
            ModeRule::Exactly(mode) | ModeRule::AtMost(mode) => mode,
        },
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
    let mut troubles = Vec::new();
    // One whose user fits goes before one that takes another user.
    for keep_user in [true, false] {
        for OwnerAlternative { user, group } in &owner.0 {
            let uid = chosen("user", user.as_ref(), now.uid.map(Uid::as_raw), &|name| {
                raw(names.user_id(name), Uid::as_raw)
            });
            let gid = chosen("group", group.as_ref(), now.gid.map(Gid::as_raw), &|name| {
                raw(names.group_id(name), Gid::as_raw)
            });
            match (uid, gid) {
                (Ok(uid), Ok(gid)) => {
                    let chosen = Ownership {
                        uid: uid.and_then(Uid::new),
                        gid: gid.and_then(Gid::new),
                    };
                    if chosen.uid == now.uid || !keep_user {
                        return Ok(chosen);
                    }
                }
                (uid, gid) => {
                    for trouble in [uid.err(), gid.err()].into_iter().flatten() {
                        if !troubles.contains(&trouble) {
                            troubles.push(trouble);
                        }
                    }
                }
            }
        }
    }
    Err(troubles)
}

/// The owner that the policy gives a file that is yet to be made: as far as it names one, and no
/// more than one, user or group.
pub(super) fn definite(owner: &Owner, names: &dyn Names) -> Result<Ownership, Vec<String>> {
    let [OwnerAlternative { user, group }] = owner.0.as_slice() else {
        return Ok(Ownership::default());
    };
    let one = |who: &Option<Who>| match who {
        Some(Who::Range(..) | Who::Dynamic) => None,
        who => who.clone(),
    };
    let only = Owner(vec![OwnerAlternative {
        user: one(user),
        group: one(group),
    }]);
    self::owner(&only, Ownership::default(), names)
}

/// Whether the policy is content with an owner.
pub(super) fn fits(expected: &Owner, now: Ownership, names: &dyn Names) -> bool {
    owner(expected, now, names) == Ok(now)
}

/// Systemd's range for `DynamicUser=` (systemd.exec(5)).
const DYNAMIC: (u32, u32) = (61184, 65519);

/// The id that fits: the one that is there, or else the one that is named.
fn chosen(
    what: &str,
    who: Option<&Who>,
    now: Option<u32>,
    id_of: &dyn Fn(&str) -> Lookup<u32>,
) -> Result<Option<u32>, String> {
    let within = |first: u32, last: u32| {
        let fits = now.filter(|id| (first..=last).contains(id));
        fits.map(Some).ok_or_else(|| {
            format!("the policy gives a range for the {what}, {first}-{last}, and no one of it")
        })
    };
    match who {
        None => Ok(now),
        Some(Who::Id(id)) => Ok(Some(*id)),
        Some(Who::Range(first, last)) => within(*first, *last),
        Some(Who::Dynamic) => within(DYNAMIC.0, DYNAMIC.1),
        Some(Who::Name(name)) => match check_name(name).map(|()| id_of(name)) {
            Err(why) => Err(format!("`{name}` names no {what}: {why}")),
            Ok(Lookup::Found(id)) => Ok(Some(id)),
            Ok(Lookup::Unknown) => Err(format!("there is no {what} {name} on this host")),
            Ok(Lookup::Failed(why)) => {
                Err(format!("the {what} {name} could not be looked up: {why}"))
            }
        },
    }
}

fn raw<T>(lookup: Lookup<T>, number: fn(T) -> u32) -> Lookup<u32> {
    match lookup {
        Lookup::Found(id) => Lookup::Found(number(id)),
        Lookup::Unknown => Lookup::Unknown,
        Lookup::Failed(why) => Lookup::Failed(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Table;

    impl Names for Table {
        fn user_id(&self, name: &str) -> Lookup<Uid> {
            match name {
                "app" => Uid::new(1000).map_or(Lookup::Unknown, Lookup::Found),
                _ => Lookup::Unknown,
            }
        }

        fn group_id(&self, name: &str) -> Lookup<Gid> {
            match name {
                "www" => Gid::new(33).map_or(Lookup::Unknown, Lookup::Found),
                _ => Lookup::Unknown,
            }
        }

        fn user_name(&self, _: Uid) -> Option<String> {
            None
        }

        fn group_name(&self, _: Gid) -> Option<String> {
            None
        }
    }

    fn named(name: &str) -> Who {
        Who::Name(name.to_owned())
    }

    fn of(list: Vec<(Option<Who>, Option<Who>)>, uid: u32, gid: u32) -> Result<(u32, u32), String> {
        let alternatives = list
            .into_iter()
            .map(|(user, group)| OwnerAlternative { user, group });
        let now = Ownership {
            uid: Uid::new(uid),
            gid: Gid::new(gid),
        };
        let Ownership { uid, gid } = owner(&Owner(alternatives.collect()), now, &Table)
            .map_err(|troubles| troubles.join("; "))?;
        Ok((uid.unwrap().as_raw(), gid.unwrap().as_raw()))
    }

    #[test]
    fn what_fits_stays_and_the_first_that_can_be_had_is_taken() {
        assert_eq!(of(vec![(Some(named("app")), None)], 5, 6), Ok((1000, 6)));
        assert_eq!(of(vec![(None, Some(named("www")))], 5, 6), Ok((5, 33)));
        let two = vec![
            (Some(named("app")), Some(named("www"))),
            (Some(Who::Id(0)), None),
        ];
        assert_eq!(of(two.clone(), 0, 6), Ok((0, 6)));
        assert_eq!(of(two.clone(), 5, 6), Ok((1000, 33)));
        assert_eq!(of(two, 1000, 6), Ok((1000, 33)));
        let unknown = vec![(Some(named("ghost")), None), (Some(named("app")), None)];
        assert_eq!(of(unknown, 5, 6), Ok((1000, 6)));
        let range = vec![(Some(Who::Range(100, 200)), Some(named("www")))];
        assert_eq!(of(range.clone(), 150, 6), Ok((150, 33)));
        assert!(of(range, 99, 33).unwrap_err().contains("100-200"));
        assert!(
            of(vec![(Some(named("ghost")), None)], 0, 0)
                .unwrap_err()
                .contains("no user ghost")
        );
    }
}
