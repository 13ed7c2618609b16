//! Which owner of a policy's list it is to be.

use super::words::DYNAMIC_IDS;
use super::{Owner, OwnerAlternative, Who, check_name};
use crate::model::{Gid, Lookup, Names, Ownership, Uid};

/// One of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'p> {
    /// As it stands there.
    pub alternative: &'p OwnerAlternative,
    /// Its ids; what it does not say is `None`.
    pub who: Ownership,
}

impl Owner {
    /// The first of the list that can be had by a file of owner `now`; one whose user is there
    /// already goes before one that takes another user. Of a range only what is there already can
    /// be had.
    ///
    /// # Errors
    ///
    /// Why none can be had: names that nobody has here, and ranges.
    pub fn choose(&self, now: Ownership, names: &dyn Names) -> Result<Choice<'_>, Vec<String>> {
        let (user_now, group_now) = (now.uid.map(Uid::as_raw), now.gid.map(Gid::as_raw));
        let mut troubles = Vec::new();
        for keep_user in [true, false] {
            for alternative in &self.0 {
                let (user, group) = (alternative.user.as_ref(), alternative.group.as_ref());
                let uid = chosen("user", user, user_now, &|name| {
                    raw(names.user_id(name), Uid::as_raw)
                });
                let gid = chosen("group", group, group_now, &|name| {
                    raw(names.group_id(name), Gid::as_raw)
                });
                match (uid, gid) {
                    (Ok(uid), Ok(gid)) => {
                        if uid.is_none() || uid == user_now || !keep_user {
                            let who = Ownership {
                                uid: uid.and_then(Uid::new),
                                gid: gid.and_then(Gid::new),
                            };
                            return Ok(Choice { alternative, who });
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
}

/// The id that fits: the one that is there, or else the one that is named; `None` where nobody is.
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
        None => Ok(None),
        Some(Who::Id(id)) => Ok(Some(*id)),
        Some(Who::Range(first, last)) => within(*first, *last),
        Some(Who::Dynamic) => within(*DYNAMIC_IDS.start(), *DYNAMIC_IDS.end()),
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

    fn of(
        list: Vec<(Option<Who>, Option<Who>)>,
        uid_now: u32,
        gid_now: u32,
    ) -> Result<(u32, u32), String> {
        let alternatives = list
            .into_iter()
            .map(|(user, group)| OwnerAlternative { user, group });
        let now = Ownership {
            uid: Uid::new(uid_now),
            gid: Gid::new(gid_now),
        };
        let owner = Owner(alternatives.collect());
        let Ownership { uid, gid } = owner
            .choose(now, &Table)
            .map_err(|troubles| troubles.join("; "))?
            .who;
        let raw = (uid.map(Uid::as_raw), gid.map(Gid::as_raw));
        Ok((raw.0.unwrap_or(uid_now), raw.1.unwrap_or(gid_now)))
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
