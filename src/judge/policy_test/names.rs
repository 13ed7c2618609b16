//! Users and groups of a test: names compared as text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{Gid, Lookup, Members, Names, Uid};
use crate::policy::rule::{Role, Test};

/// Each name gets a number of its own the first time it is seen, as a user and as a group. A text
/// that is a number stays that number, and `root` is 0.
///
/// Each user is in the group of the same name, and in those that the test puts them into. Whoever
/// is nowhere named as a user is none.
#[derive(Debug, Default)]
pub(super) struct TextNames {
    seen: Mutex<Vec<String>>,
    users: BTreeSet<u32>,
    /// User and group.
    members: Vec<(u32, u32)>,
}

impl TextNames {
    /// Above every id that hosts give out, so that no number in a policy means a name.
    const FIRST: u32 = 4_000_000_000;

    pub(super) fn of(test: &Test, roles: &BTreeMap<String, Role>) -> TextNames {
        let names = TextNames::default();
        let directories = test.directories.values();
        let owners = directories.clone().map(|it| &it.owner.0);
        let owners = owners.chain(test.socket.owner.iter().map(|owner| &owner.0));
        let entries = directories.flat_map(|it| &it.acl).chain(&test.socket.acl);
        let entries = entries.filter(|entry| !entry.is_group);
        let users = owners
            .chain(entries.map(|entry| &entry.name))
            .chain(test.groups.values().flatten())
            .chain(roles.values().flat_map(|role| &role.users))
            .map(|user| names.id(user))
            .chain([0])
            .collect();
        let groups = test.groups.iter();
        let pairs = groups.flat_map(|(group, users)| users.iter().map(move |user| (user, group)));
        let members = pairs.map(|(user, group)| (names.id(user), names.id(group)));
        let members = members.collect();
        TextNames {
            users,
            members,
            ..names
        }
    }

    pub(super) fn id(&self, text: &str) -> u32 {
        if text == "root" {
            return 0;
        }
        if let Ok(id) = text.parse::<Uid>() {
            return id.as_raw();
        }
        let mut seen = self.seen();
        let index = seen
            .iter()
            .position(|name| name == text)
            .unwrap_or_else(|| {
                seen.push(text.to_owned());
                seen.len() - 1
            });
        // A test has a handful of names.
        u32::try_from(index).map_or(Self::FIRST, |index| Self::FIRST.saturating_add(index))
    }

    /// A user without a group has the one of the same name.
    pub(super) fn owner(&self, (user, group): &(String, Option<String>)) -> (Uid, Gid) {
        let group = group.as_ref().unwrap_or(user);
        (
            Uid::new(self.id(user)).unwrap_or(Uid::ROOT),
            Gid::new(self.id(group)).unwrap_or(Gid::ROOT),
        )
    }

    fn seen(&self) -> MutexGuard<'_, Vec<String>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, id: u32) -> Option<String> {
        if id == 0 {
            return Some("root".to_owned());
        }
        let index = usize::try_from(id.checked_sub(Self::FIRST)?).ok()?;
        self.seen().get(index).cloned()
    }
}

impl Names for TextNames {
    fn user_id(&self, name: &str) -> Lookup<Uid> {
        Uid::new(self.id(name)).map_or(Lookup::Unknown, Lookup::Found)
    }

    fn group_id(&self, name: &str) -> Lookup<Gid> {
        Gid::new(self.id(name)).map_or(Lookup::Unknown, Lookup::Found)
    }

    fn user_name(&self, uid: Uid) -> Option<String> {
        self.name(uid.as_raw())
    }

    fn group_name(&self, gid: Gid) -> Option<String> {
        self.name(gid.as_raw())
    }
}

impl Members for TextNames {
    fn members(&self, gid: Gid) -> Lookup<Vec<Uid>> {
        let of = |&&(_, group): &&(u32, u32)| group == gid.as_raw();
        let listed = self.members.iter().filter(of).map(|(user, _)| *user);
        let its_own = self.users.get(&gid.as_raw()).copied();
        let users = listed.chain(its_own);
        let mut users: Vec<Uid> = users.filter_map(Uid::new).collect();
        users.sort_unstable();
        users.dedup();
        Lookup::Found(users)
    }

    fn groups_of(&self, uid: Uid) -> Lookup<Vec<Gid>> {
        let of = |&&(user, _): &&(u32, u32)| user == uid.as_raw();
        let listed = self.members.iter().filter(of).map(|(_, group)| *group);
        Lookup::Found(listed.chain([uid.as_raw()]).filter_map(Gid::new).collect())
    }
}
