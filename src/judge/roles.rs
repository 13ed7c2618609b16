//! Whom a list of roles speaks of.

use std::collections::BTreeMap;

use crate::access::Insiders;
use crate::model::account::Unresolved;
use crate::model::{Account, Gid, Lookup, Members, Uid};
use crate::policy::rule::Role;

/// Those whom a list of roles names.
#[derive(Debug, Default)]
pub(super) struct Meant {
    /// In numbers.
    pub(super) insiders: Insiders,
    /// The users whose groups are known, in the order of the policy.
    pub(super) users: Vec<Uid>,
    /// The groups whose members are known, in the order of the policy.
    pub(super) groups: Vec<Gid>,
    /// What they are called in the policy: `www-data`, `group nginx`.
    pub(super) words: Vec<String>,
    /// Names that could not be looked up, with the reason. Nobody of whom there is no entry can
    /// do anything, so what is merely unknown is left out.
    pub(super) unsure: Vec<String>,
}

impl Meant {
    /// By the names of the roles.
    pub(super) fn by(
        list: &[String],
        roles: &BTreeMap<String, Role>,
        members: &dyn Members,
    ) -> Meant {
        let mut meant = Meant::default();
        for role in list.iter().filter_map(|name| roles.get(name)) {
            for name in &role.users {
                let uid = account(name).map(|account| account.uid(members));
                if let Some(uid) = meant.found(uid) {
                    meant.insiders.uids.insert(uid);
                    match members.groups_of(uid) {
                        Lookup::Failed(why) => meant.unsure.push(format!(
                            "the groups of {name} could not be looked up: {why}"
                        )),
                        Lookup::Found(_) | Lookup::Unknown => meant.users.push(uid),
                    }
                }
                meant.words.push(name.clone());
            }
            for name in &role.groups {
                let gid = account(name).map(|account| account.gid(members));
                if let Some(gid) = meant.found(gid) {
                    meant.insiders.gids.insert(gid);
                    match members.members(gid) {
                        Lookup::Failed(why) => meant.unsure.push(format!(
                            "the members of {name} could not be looked up: {why}"
                        )),
                        Lookup::Found(_) | Lookup::Unknown => meant.groups.push(gid),
                    }
                }
                meant.words.push(format!("group {name}"));
            }
        }
        meant
    }

    fn found<T>(&mut self, id: Option<Result<T, Unresolved>>) -> Option<T> {
        match id? {
            Ok(id) => Some(id),
            Err(Unresolved::Unknown { .. }) => None,
            Err(failed @ Unresolved::Failed { .. }) => {
                self.unsure.push(failed.to_string());
                None
            }
        }
    }
}

fn account(name: &str) -> Option<Account> {
    name.parse().ok()
}
