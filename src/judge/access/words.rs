//! Users and groups in words.

use crate::access::Outsiders;
use crate::model::{Gid, Names, Uid};

/// As many are worth reading.
const MOST: usize = 8;

pub(in crate::judge) fn user(uid: Uid, names: &dyn Names) -> String {
    names.user_name(uid).unwrap_or_else(|| uid.to_string())
}

pub(super) fn group(gid: Gid, names: &dyn Names) -> String {
    names.group_name(gid).unwrap_or_else(|| gid.to_string())
}

/// `a`, `a and b`, `a, b and 12 more`.
pub(in crate::judge) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] if words.len() <= MOST => format!("{} and {last}", most.join(", ")),
        many => {
            let (shown, rest) = many.split_at(MOST - 1);
            format!("{} and {} more", shown.join(", "), rest.len())
        }
    }
}

/// `everyone`; `the user mallory; members of docker (alice and bob)`.
pub(in crate::judge) fn who(outsiders: &Outsiders, names: &dyn Names) -> String {
    if outsiders.everyone {
        return "everyone".to_owned();
    }
    let users = |uids: &[Uid]| {
        let words: Vec<String> = uids.iter().map(|&uid| user(uid, names)).collect();
        listed(&words)
    };
    let mut parts = Vec::new();
    match outsiders.users.as_slice() {
        [] => {}
        // There may be one who is called `nobody`.
        [_] => parts.push(format!("the user {}", users(&outsiders.users))),
        several => parts.push(format!("the users {}", users(several))),
    }
    for (gids, members) in &outsiders.groups {
        let words: Vec<String> = gids.iter().map(|&gid| group(gid, names)).collect();
        let set = match words.as_slice() {
            [one] => one.clone(),
            several => format!("all of {}", listed(several)),
        };
        parts.push(if members.is_empty() {
            format!("whoever is put into the group {set}")
        } else {
            format!("members of {set} ({})", users(members))
        });
    }
    for (gid, why) in &outsiders.unknown {
        let name = group(*gid, names);
        parts.push(format!(
            "members of {name}, who could not be looked up ({why})"
        ));
    }
    parts.join("; ")
}
