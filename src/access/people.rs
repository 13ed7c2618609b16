//! Everybody on the host, each asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Accounts, Gid, Subject, Trail, Uid};

/// A user that is worth asking about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// `None` for a number without an entry.
    pub name: Option<String>,
    /// The primary group; `None` without an entry.
    pub primary: Option<Gid>,
    /// With all groups.
    pub subject: Subject,
}

/// All users that the host lists and all that own something on the way or are named there, and
/// the groups of the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// Sorted by number, then name.
    pub all: Vec<Person>,
    /// The groups that own something on the way or are named there, and what they are called.
    pub groups: BTreeMap<Gid, Option<String>>,
}

/// Who may do something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    /// Somebody who owns nothing, is named nowhere and in no group may.
    pub everyone: bool,
    /// Where not everyone may: the users who may, as indices of [`People::all`], sorted.
    pub users: Vec<usize>,
    /// Where not everyone may: the groups each of which is enough for anybody.
    pub groups: Vec<Gid>,
    /// Where everyone may: the users who may not, as indices, sorted.
    pub except_users: Vec<usize>,
    /// Where everyone may: the groups whose members may not.
    pub except_groups: Vec<Gid>,
}

impl People {
    /// Takes them together.
    pub fn new(accounts: &Accounts, trail: &Trail) -> People {
        let subjects = accounts.subjects();
        let mut all: Vec<Person> = accounts
            .users
            .iter()
            .zip(subjects)
            .map(|(user, subject)| Person {
                name: Some(user.name.clone()),
                primary: Some(user.gid),
                subject,
            })
            .collect();
        let mut uids = BTreeSet::from([Uid::ROOT]);
        let mut gids = BTreeSet::new();
        for node in trail.judged() {
            uids.extend(node.uid);
            gids.extend(node.gid);
            if let Some(acl) = &node.acl {
                uids.extend(acl.users.iter().map(|entry| entry.0));
                gids.extend(acl.groups.iter().map(|entry| entry.0));
            }
        }
        for person in &all {
            uids.remove(&person.subject.uid);
        }
        all.extend(uids.into_iter().map(|uid| Person {
            name: None,
            primary: None,
            subject: Subject::user(uid, []),
        }));
        all.sort_by(|a, b| (a.subject.uid, &a.name).cmp(&(b.subject.uid, &b.name)));
        let mut groups: BTreeMap<Gid, Option<String>> =
            gids.into_iter().map(|gid| (gid, None)).collect();
        for group in &accounts.groups {
            if let Some(name @ None) = groups.get_mut(&group.gid) {
                *name = Some(group.name.clone());
            }
        }
        People { all, groups }
    }

    /// Somebody who owns nothing, is named nowhere and is in no group.
    pub fn stranger(&self) -> Subject {
        let is_taken = |uid: &Uid| {
            let found = self.all.binary_search_by_key(uid, |it| it.subject.uid);
            found.is_ok()
        };
        let numbers = (1..u32::MAX).rev().filter_map(Uid::new);
        let free = numbers.into_iter().find(|uid| !is_taken(uid));
        Subject::user(free.unwrap_or(Uid::ROOT), [])
    }

    /// The entry of a user, where there is one.
    pub fn entry(&self, uid: Uid) -> Option<&Person> {
        let entries = self.all.iter().filter(|person| person.name.is_some());
        entries.into_iter().find(|person| person.subject.uid == uid)
    }

    /// The name of a group, where it has an entry.
    pub fn group_name(&self, gid: Gid) -> Option<&str> {
        self.groups.get(&gid)?.as_deref()
    }

    /// Whether that group has an entry.
    pub fn has_group(&self, gid: Gid) -> bool {
        self.groups.get(&gid).is_some_and(Option::is_some)
    }

    /// Asks each of them.
    pub fn who(&self, may: impl Fn(&Subject) -> bool) -> Who {
        let stranger = self.stranger();
        let everyone = may(&stranger);
        let is_other = |&index: &usize| may(&self.all[index].subject) != everyone;
        let users: Vec<usize> = (0..self.all.len()).filter(is_other).collect();
        let gids = self.groups.keys().copied();
        let groups = gids.filter(|&gid| may(&stranger.joined(gid)) != everyone);
        let groups: Vec<Gid> = groups.collect();
        if everyone {
            Who {
                everyone,
                except_users: users,
                except_groups: groups,
                ..Who::default()
            }
        } else {
            Who {
                users,
                groups,
                ..Who::default()
            }
        }
    }
}
