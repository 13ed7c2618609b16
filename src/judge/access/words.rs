//! Users and groups in words.

use crate::access::Outsiders;
use crate::model::{Gid, Names, Uid};

/// As many are worth reading.
pub(super) const MOST: usize = 8;

pub(in crate::judge) fn user(uid: Uid, names: &dyn Names) -> String {
    names.user_name(uid).unwrap_or_else(|| uid.to_string())
}

pub(super) fn group(gid: Gid, names: &dyn Names) -> String {
    names.group_name(gid).unwrap_or_else(|| gid.to_string())
}

/// `a`, `a and b`, `a, b and 12 more`.
pub(in crate::judge) fn listed(words: &[String]) -> String {
    listed_as(words, Clone::clone)
}

/// The same of anything; what is not shown is not put into words either, for names have to be
/// looked up.
fn listed_as<T>(all: &[T], word: impl Fn(&T) -> String) -> String {
    let words = |some: &[T]| some.iter().map(&word).collect::<Vec<_>>().join(", ");
    match all {
        [] => String::new(),
        [one] => word(one),
        [most @ .., last] if all.len() <= MOST => format!("{} and {}", words(most), word(last)),
        many => {
            let (shown, rest) = many.split_at(MOST - 1);
            format!("{} and {} more", words(shown), rest.len())
        }
    }
}

/// `everyone`; `the user mallory; members of docker (alice and bob)`.
pub(in crate::judge) fn who(outsiders: &Outsiders, names: &dyn Names) -> String {
    if outsiders.everyone {
        return "everyone".to_owned();
    }
    let users = |uids: &[Uid]| listed_as(uids, |&uid| user(uid, names));
    let mut parts = Vec::new();
    match outsiders.users.as_slice() {
        [] => {}
        // There may be one who is called `nobody`.
        [_] => parts.push(format!("the user {}", users(&outsiders.users))),
        several => parts.push(format!("the users {}", users(several))),
    }
    let (groups, unsaid) = outsiders.groups.split_at(outsiders.groups.len().min(MOST));
    for (gids, members) in groups {
        let set = listed_as(gids, |&gid| group(gid, names));
        let set = if gids.len() == 1 {
            set
        } else {
            format!("all of {set}")
        };
        parts.push(if members.is_empty() {
            format!("whoever is put into the group {set}")
        } else {
            format!("members of {set} ({})", users(members))
        });
    }
    if !unsaid.is_empty() {
        parts.push(format!("members of {} more groups", unsaid.len()));
    }
    for (uid, why) in outsiders.unsure.iter().take(MOST) {
        let name = user(*uid, names);
        parts.push(format!(
            "the user {name}, whose groups could not be looked up ({why})"
        ));
    }
    for (gid, why) in outsiders.unknown.iter().take(MOST) {
        let name = group(*gid, names);
        parts.push(format!(
            "members of {name}, who could not be looked up ({why})"
        ));
    }
    parts.join("; ")
}
