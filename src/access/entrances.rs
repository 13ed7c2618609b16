//! By what one gets in, worked out from the facts alone: nobody's name has to be looked up.
//!
//! Whoever owns nothing on the way and is named nowhere differs from others only by the groups of
//! the way that they are in. So it is enough to ask for one such stranger with each set of those
//! groups, and for each user who owns something or is named.

use std::collections::BTreeSet;

use crate::model::{Gid, Node, Subject, Uid, Way};

/// With more groups than these, not every set of them is asked for: there would be too many.
const MOST_GROUPS: usize = 6;

/// With more groups than these, not even every pair. Whoever owns a socket says how many its ACL
/// names, up to some thousands.
const MOST_IN_PAIRS: usize = 24;

/// Those whom something on the way, or the socket at its end, speaks of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// Owners, and users that an ACL names; never root.
    pub uids: Vec<Uid>,
    /// Groups that make a difference, and those that an ACL names.
    pub gids: Vec<Gid>,
    stranger: Option<Uid>,
}

/// By what one gets in. Who everyone is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entrances {
    /// Somebody who owns nothing, is named nowhere and is in no group gets in. The rest is empty
    /// then.
    pub everyone: bool,
    /// Users that are named, who get in with some groups at least.
    pub users: Vec<Uid>,
    /// Groups all of which one has to be in: none of these sets is part of another.
    pub groups: Vec<Vec<Gid>>,
    /// Groups so many that not each set of them was asked for: whoever is in one of them has to
    /// be asked for by name.
    pub unsettled: Vec<Gid>,
}

impl Named {
    /// Of a way and the socket at its end.
    pub fn on(way: &Way, socket: &Node) -> Named {
        let (mut uids, mut gids) = (BTreeSet::new(), BTreeSet::new());
        for node in way.nodes().chain([socket]) {
            uids.extend(node.uid);
            if let Some(acl) = node.acl.as_ref().filter(|_| asks_entries(node)) {
                uids.extend(acl.users.iter().map(|entry| entry.0));
                gids.extend(acl.groups.iter().map(|entry| entry.0));
            }
            gids.extend(node.gid.filter(|_| minds_its_group(node)));
        }
        uids.remove(&Uid::ROOT);
        let numbers = (1..u32::MAX).rev().filter_map(Uid::new);
        Named {
            stranger: numbers.into_iter().find(|uid| !uids.contains(uid)),
            uids: uids.into_iter().collect(),
            gids: gids.into_iter().collect(),
        }
    }

    /// Somebody who owns nothing, is named nowhere and is in no other groups than these.
    pub fn stranger(&self, gids: impl IntoIterator<Item = Gid>) -> Subject {
        Subject::user(self.stranger.unwrap_or(Uid::ROOT), gids)
    }

    /// By what one gets in.
    pub fn entrances(&self, may: impl Fn(&Subject) -> bool) -> Entrances {
        if may(&self.stranger([])) {
            return Entrances {
                everyone: true,
                ..Entrances::default()
            };
        }
        let sets = self.sets();
        let mut groups: Vec<Vec<Gid>> = Vec::new();
        for set in &sets {
            let is_more = |known: &Vec<Gid>| known.iter().all(|gid| set.contains(gid));
            if !groups.iter().any(is_more) && may(&self.stranger(set.iter().copied())) {
                groups.push(set.clone());
            }
        }
        let is_let_in = |uid: &Uid| {
            let mut sets = [Vec::new()].into_iter().chain(sets.iter().cloned());
            sets.any(|set| may(&Subject::user(*uid, set)))
        };
        let is_settled = self.gids.len() <= MOST_GROUPS;
        let users = self.uids.iter().copied();
        Entrances {
            everyone: false,
            users: users.filter(|uid| !is_settled || is_let_in(uid)).collect(),
            groups,
            unsettled: if is_settled {
                Vec::new()
            } else {
                self.gids.clone()
            },
        }
    }

    /// Whether nobody who is in all of these groups is kept out for being in others too.
    pub(super) fn is_open_to_all_in(&self, set: &[Gid], may: impl Fn(&Subject) -> bool) -> bool {
        if self.gids.len() > MOST_GROUPS {
            return false;
        }
        let sets = self.sets();
        let mut larger = sets
            .iter()
            .filter(|larger| set.iter().all(|gid| larger.contains(gid)));
        larger.all(|set| may(&self.stranger(set.iter().copied())))
    }

    /// Sets of the groups, none of them empty, smaller ones first: all there are, or where there
    /// are too many, single ones and pairs, or single ones.
    fn sets(&self) -> Vec<Vec<Gid>> {
        let gids = &self.gids;
        if gids.len() > MOST_GROUPS {
            let single = gids.iter().map(|&gid| vec![gid]);
            if gids.len() > MOST_IN_PAIRS {
                return single.collect();
            }
            let pairs = gids.iter().enumerate().flat_map(|(index, &first)| {
                let others = gids[index + 1..].iter();
                others.map(move |&second| vec![first, second])
            });
            return single.chain(pairs).collect();
        }
        let chosen = |bits: usize| {
            let all = gids.iter().enumerate();
            all.filter(move |(index, _)| bits >> index & 1 == 1)
                .map(|(_, &gid)| gid)
                .collect::<Vec<_>>()
        };
        let mut sets: Vec<Vec<Gid>> = (1..1_usize << gids.len()).map(chosen).collect();
        sets.sort_by_key(Vec::len);
        sets
    }
}

/// With no bit for the group, which is the mask, the kernel asks the mode alone.
fn asks_entries(node: &Node) -> bool {
    node.mode.bits() & 0o070 != 0
}

/// Whether it makes a difference to be in the group of that inode.
fn minds_its_group(node: &Node) -> bool {
    if node.acl.is_some() && asks_entries(node) {
        return true;
    }
    let mode = node.mode.bits();
    // Nobody reads a directory to go through it, or reads a socket to connect.
    ((mode >> 3) ^ mode) & 3 != 0
}
