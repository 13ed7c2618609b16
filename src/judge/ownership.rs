//! How an owner compares with the list that a policy gives.

use std::ops::RangeInclusive;

use crate::model::{Gid, Lookup, Names, Uid};
use crate::policy::words::DYNAMIC_IDS;
use crate::policy::{BadName, Owner, OwnerAlternative, Who, check_name};

/// What is wrong with an owner. Nothing is, where every field is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ownership {
    /// The users that would be right, none of which it is.
    pub(super) user: Option<Wrong>,
    /// The groups that would be right, none of which it is.
    pub(super) group: Option<Wrong>,
    /// Users and groups that it should belong to and that cannot be found here, with the reason.
    pub(super) unknown: Vec<String>,
}

/// Another id than one of those expected.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is there: the name, or the number where there is none.
    pub(super) actual: String,
    /// What would be right, in the policy's words, with ` or ` between.
    pub(super) expected: String,
}

/// Whether an id is the one that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// There is no such name here.
    Unknown,
    /// The name services could not say.
    Failed(String),
    /// A path says so, and nobody can have such a name.
    NoName(BadName),
}

/// Users and groups are compared in the same way.
struct Side<'a> {
    what: &'static str,
    id: Option<u32>,
    id_of: &'a dyn Fn(&str) -> Lookup<u32>,
}

impl Side<'_> {
    /// Numbers first: a name is looked up only where there is no other way. A fact that is not
    /// known fits.
    fn fit(&self, who: Option<&Who>) -> Fit {
        let (Some(id), Some(who)) = (self.id, who) else {
            return Fit::Yes;
        };
        let within = |ids: RangeInclusive<u32>| ids.contains(&id);
        let fits = match who {
            Who::Id(wanted) => id == *wanted,
            Who::Range(first, last) => within(*first..=*last),
            Who::Dynamic => within(DYNAMIC_IDS),
            Who::Name(name) if name == "root" => id == 0,
            Who::Name(name) => match check_name(name).map(|()| (self.id_of)(name)) {
                Ok(Lookup::Found(wanted)) => id == wanted,
                Ok(Lookup::Unknown) => return Fit::Unknown,
                Ok(Lookup::Failed(why)) => return Fit::Failed(why),
                Err(why) => return Fit::NoName(why),
            },
        };
        if fits { Fit::Yes } else { Fit::No }
    }

    /// What there is to say when none of these fits: a name that could not be looked up might
    /// have been the one, and names that all do not exist cannot be asked for; else it is wrong.
    fn complain(
        &self,
        wanted: &[(Option<&Who>, Fit)],
        actual: impl FnOnce(u32) -> String,
        unknown: &mut Vec<String>,
    ) -> Option<Wrong> {
        let id = self.id?;
        let undecided = wanted
            .iter()
            .any(|(_, fit)| matches!(fit, Fit::Failed(_) | Fit::NoName(_)));
        let nobody = wanted.iter().all(|(_, fit)| *fit == Fit::Unknown);
        if !undecided && !nobody {
            let expected: Vec<String> =
                wanted.iter().filter_map(|(who, _)| who.map(word)).collect();
            return Some(Wrong {
                actual: actual(id),
                expected: joined(expected),
            });
        }
        for (who, fit) in wanted {
            let name = who.map(word).unwrap_or_default();
            match fit {
                Fit::Failed(why) => unknown.push(format!(
                    "the {} {name} could not be looked up: {why}",
                    self.what
                )),
                Fit::NoName(why) => {
                    unknown.push(format!("`{name}` names no {}: {why}", self.what));
                }
                Fit::Unknown if nobody => {
                    unknown.push(format!("there is no {} {name} on this host", self.what));
                }
                _ => {}
            }
        }
        None
    }
}

/// Holds the owner of a file or directory against `owner`. An id that is `None` is not judged;
/// `None` is returned where both are.
pub(super) fn compare(
    owner: &Owner,
    uid: Option<Uid>,
    gid: Option<Gid>,
    names: &dyn Names,
) -> Option<Ownership> {
    if uid.is_none() && gid.is_none() {
        return None;
    }
    let user_id = |name: &str| raw(names.user_id(name), Uid::as_raw);
    let group_id = |name: &str| raw(names.group_id(name), Gid::as_raw);
    let users = Side {
        what: "user",
        id: uid.map(Uid::as_raw),
        id_of: &user_id,
    };
    let groups = Side {
        what: "group",
        id: gid.map(Gid::as_raw),
        id_of: &group_id,
    };

    let mut found = Ownership::default();
    let fits = |alternative: &&OwnerAlternative| {
        users.fit(alternative.user.as_ref()) == Fit::Yes
            && groups.fit(alternative.group.as_ref()) == Fit::Yes
    };
    if owner.0.iter().any(|alternative| fits(&alternative)) {
        return Some(found);
    }
    let by_user = |alternative: &OwnerAlternative| users.fit(alternative.user.as_ref());
    let user_is_right = owner
        .0
        .iter()
        .any(|alternative| by_user(alternative) == Fit::Yes);
    if !user_is_right {
        let wanted: Vec<_> = owner
            .0
            .iter()
            .map(|alternative| (alternative.user.as_ref(), by_user(alternative)))
            .collect();
        found.user = users.complain(&wanted, |id| user_word(id, names), &mut found.unknown);
    }
    let wanted: Vec<_> = owner
        .0
        .iter()
        .filter(|alternative| !user_is_right || by_user(alternative) == Fit::Yes)
        .map(|alternative| {
            let group = alternative.group.as_ref();
            (group, groups.fit(group))
        })
        .collect();
    if wanted.iter().all(|(_, fit)| *fit != Fit::Yes) {
        found.group = groups.complain(&wanted, |id| group_word(id, names), &mut found.unknown);
    }
    Some(found)
}

/// The user as a policy would call it: by name, or by number where there is no name.
pub(super) fn user_word(id: u32, names: &dyn Names) -> String {
    Uid::new(id)
        .and_then(|uid| names.user_name(uid))
        .unwrap_or_else(|| id.to_string())
}

fn group_word(id: u32, names: &dyn Names) -> String {
    Gid::new(id)
        .and_then(|gid| names.group_name(gid))
        .unwrap_or_else(|| id.to_string())
}

/// One user or group as the policy writes it.
pub(super) fn word(who: &Who) -> String {
    match who {
        Who::Name(name) => name.clone(),
        Who::Id(id) => id.to_string(),
        Who::Range(first, last) => format!("{first}-{last}"),
        Who::Dynamic => "dynamic".to_owned(),
    }
}

/// The words with ` or ` between, each once.
pub(super) fn joined(words: Vec<String>) -> String {
    let mut distinct: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        if !distinct.contains(&word) {
            distinct.push(word);
        }
    }
    distinct.join(" or ")
}

/// Whether one user is one of these. The error says of which one the name services could not
/// tell, where no other fits.
pub(super) fn is_one_of(uid: Uid, users: &[Who], names: &dyn Names) -> Result<bool, String> {
    let user_id = |name: &str| raw(names.user_id(name), Uid::as_raw);
    let side = Side {
        what: "user",
        id: Some(uid.as_raw()),
        id_of: &user_id,
    };
    let mut failed = None;
    for who in users {
        match side.fit(Some(who)) {
            Fit::Yes => return Ok(true),
            Fit::No | Fit::Unknown | Fit::NoName(_) => {}
            Fit::Failed(why) => {
                failed = Some(format!(
                    "the user {} could not be looked up: {why}",
                    word(who)
                ));
            }
        }
    }
    failed.map_or(Ok(false), Err)
}

fn raw<T>(found: Lookup<T>, number: impl FnOnce(T) -> u32) -> Lookup<u32> {
    match found {
        Lookup::Found(id) => Lookup::Found(number(id)),
        Lookup::Unknown => Lookup::Unknown,
        Lookup::Failed(why) => Lookup::Failed(why),
    }
}

/// `user:group` as a policy would write it.
pub(super) fn pair(uid: Uid, gid: Gid, names: &dyn Names) -> String {
    format!(
        "{}:{}",
        user_word(uid.as_raw(), names),
        group_word(gid.as_raw(), names)
    )
}

/// The whole list as the policy writes it, with ` or ` between.
pub(super) fn list(owner: &Owner) -> String {
    let one = |alternative: &OwnerAlternative| {
        let user = alternative.user.as_ref().map(word).unwrap_or_default();
        match &alternative.group {
            Some(group) => format!("{user}:{}", word(group)),
            None => user,
        }
    };
    joined(owner.0.iter().map(one).collect())
}
