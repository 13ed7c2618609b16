//! Who of those that a way is open to is not meant to be let in. Somebody's groups and a group's
//! members are looked up only where the answer hangs on them.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::entrances::{Entrances, Named};
use crate::model::{Gid, Lookup, Members, Subject, Uid};

/// Who is meant to be let in, besides root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Insiders {
    /// These users.
    pub uids: BTreeSet<Uid>,
    /// The members of these groups.
    pub gids: BTreeSet<Gid>,
}

/// Who gets in, and is not meant to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outsiders {
    /// Everyone. The rest is empty then.
    pub everyone: bool,
    /// Users by themselves: they own something, or an ACL names them.
    pub users: Vec<Uid>,
    /// Those who are in all of these groups: who that is now; nobody where the group is empty,
    /// and whoever is put into it gets in.
    pub groups: Vec<(Vec<Gid>, Vec<Uid>)>,
    /// Groups of which the members could not be looked up, and why.
    pub unknown: Vec<(Gid, String)>,
    /// Users on whose groups it hangs, and why these could not be looked up.
    pub unsure: Vec<(Uid, String)>,
}

impl Outsiders {
    /// There is nobody.
    pub fn is_empty(&self) -> bool {
        *self == Outsiders::default()
    }
}

/// Who gets in, and is not meant to.
pub fn outsiders(
    named: &Named,
    may: &dyn Fn(&Subject) -> bool,
    insiders: &Insiders,
    members: &dyn Members,
) -> Outsiders {
    let entrances = named.entrances(may);
    if entrances.everyone {
        return Outsiders {
            everyone: true,
            ..Outsiders::default()
        };
    }
    let mut search = Search {
        named,
        may,
        insiders,
        members,
        found: Outsiders::default(),
        asked: BTreeSet::new(),
        meant: OnceCell::new(),
        unsure: RefCell::default(),
    };
    search.users(&entrances);
    for set in &entrances.groups {
        search.group(set);
    }
    let found = &search.found;
    let in_groups = found.groups.iter().flat_map(|(_, who)| who);
    search.asked = found.users.iter().chain(in_groups).copied().collect();
    for gid in &entrances.unsettled {
        search.each_in(*gid);
    }
    let found = search.found;
    // Who gets in without any group gets in.
    let unsure = search.unsure.into_inner().into_iter();
    let unsure = unsure.filter(|(uid, _)| !found.users.contains(uid));
    Outsiders {
        unsure: unsure.collect(),
        ..found
    }
}

struct Search<'a> {
    named: &'a Named,
    may: &'a dyn Fn(&Subject) -> bool,
    insiders: &'a Insiders,
    members: &'a dyn Members,
    found: Outsiders,
    /// Of whom it is known whether they get in.
    asked: BTreeSet<Uid>,
    /// The members of the insiders' groups.
    meant: OnceCell<BTreeSet<Uid>>,
    unsure: RefCell<BTreeMap<Uid, String>>,
}

impl Search<'_> {
    fn users(&mut self, entrances: &Entrances) {
        for &uid in &entrances.users {
            if self.is_meant(uid) {
                continue;
            }
            let gids = self.groups_of(uid);
            let is_in = |gid: &Gid| self.insiders.gids.contains(gid);
            if !gids.iter().any(is_in) && self.gets_in(uid) {
                self.found.users.push(uid);
            }
        }
    }

    fn group(&mut self, set: &[Gid]) {
        if set.iter().any(|gid| self.insiders.gids.contains(gid)) {
            return;
        }
        let Some(within) = self.in_all(set) else {
            return;
        };
        let is_empty = within.is_empty();
        let may = self.may;
        let all_get_in = self.named.is_open_to_all_in(set, may);
        let gets_in = |&uid: &Uid| {
            let is_named = self.named.uids.contains(&uid);
            (all_get_in && !is_named) || self.gets_in(uid)
        };
        let who = within.into_iter().filter(|&uid| !self.is_meant(uid));
        let who: Vec<Uid> = who
            .filter(|uid| !self.found.users.contains(uid))
            .filter(gets_in)
            .collect();
        if !who.is_empty() || (is_empty && set.len() == 1) {
            self.found.groups.push((set.to_vec(), who));
        }
    }

    /// Who is in one of too many groups.
    fn each_in(&mut self, gid: Gid) {
        let Some(within) = self.in_all(&[gid]) else {
            return;
        };
        for uid in within {
            if self.asked.insert(uid) && !self.is_meant(uid) && self.gets_in(uid) {
                self.found.users.push(uid);
            }
        }
    }

    /// Who is in all of these groups; `None` where that could not be looked up.
    fn in_all(&mut self, set: &[Gid]) -> Option<Vec<Uid>> {
        let mut within: Option<Vec<Uid>> = None;
        for &gid in set {
            let of_group = match self.members.members(gid) {
                Lookup::Found(uids) => uids,
                Lookup::Unknown => Vec::new(),
                Lookup::Failed(why) => {
                    if self.found.unknown.iter().all(|known| known.0 != gid) {
                        self.found.unknown.push((gid, why));
                    }
                    return None;
                }
            };
            within = Some(match within {
                None => of_group,
                Some(mut within) => {
                    within.retain(|uid| of_group.binary_search(uid).is_ok());
                    within
                }
            });
        }
        within
    }

    fn is_meant(&self, uid: Uid) -> bool {
        let of_group = |&gid: &Gid| match self.members.members(gid) {
            Lookup::Found(uids) => uids,
            Lookup::Unknown | Lookup::Failed(_) => Vec::new(),
        };
        let meant = || self.insiders.gids.iter().flat_map(of_group).collect();
        uid.is_root()
            || self.insiders.uids.contains(&uid)
            || self.meant.get_or_init(meant).contains(&uid)
    }

    fn gets_in(&self, uid: Uid) -> bool {
        (self.may)(&Subject::user(uid, self.groups_of(uid)))
    }

    fn groups_of(&self, uid: Uid) -> Vec<Gid> {
        match self.members.groups_of(uid) {
            Lookup::Found(gids) => gids,
            Lookup::Unknown => Vec::new(),
            Lookup::Failed(why) => {
                self.unsure.borrow_mut().insert(uid, why);
                Vec::new()
            }
        }
    }
}
