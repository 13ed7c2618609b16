//! Owners: in words, and when a new one is refused.

use super::target::Target;
use crate::model::{Gid, Names, Outcome, Ownership, Uid};

/// `user:group`, by name where there is one; `user` or `:group` where only one is said.
pub fn words(owner: Ownership, names: &dyn Names) -> String {
    let user = owner.uid.map(|uid| user_word(uid, names));
    let group = owner.gid.map(|gid| group_word(gid, names));
    match (user, group) {
        (user, Some(group)) => format!("{}:{group}", user.unwrap_or_default()),
        (user, None) => user.unwrap_or_default(),
    }
}

fn user_word(uid: Uid, names: &dyn Names) -> String {
    names.user_name(uid).unwrap_or_else(|| uid.to_string())
}

fn group_word(gid: Gid, names: &dyn Names) -> String {
    names.group_name(gid).unwrap_or_else(|| gid.to_string())
}

/// Refuses a socket with several names: whoever has given it the others may not want the change
/// for theirs, or may have made them so that we make it. `otherwise`: what insists.
pub fn refuse_links(target: &Target, otherwise: &str) -> Result<(), Outcome> {
    match target.links() {
        0 | 1 => Ok(()),
        links => Err(Outcome::Refused(format!(
            "it has {links} names (hard links), and would change under all of them; \
             {otherwise}"
        ))),
    }
}
