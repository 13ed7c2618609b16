//! What might shut somebody out.

use super::super::People;
use super::super::change::{Change, Spot, at};
use super::super::class::{By, Class};
use super::super::trail::{Need, checks};
use crate::model::{Gid, Mode, Node, Subject, Trail, Uid};

/// Sets of changes, some of which may turn a yes.
pub(super) fn candidates(subject: &Subject, trail: &Trail, people: &People) -> Vec<Vec<Change>> {
    let mut candidates: Vec<Vec<Change>> = Vec::new();
    let end = Spot::Directory(trail.way.end);
    let spots = (0..trail.way.directories.len())
        .map(Spot::Directory)
        .chain([Spot::Socket]);
    let mut groups: Vec<Gid> = Vec::new();
    for spot in spots {
        // What the whole host goes through is not to be shut for one user.
        let directory = at(trail, spot);
        let is_the_hosts = directory.uid == Some(Uid::ROOT) && directory.mode.bits() & 1 != 0;
        if spot == Spot::Socket || (spot == end && !is_the_hosts) {
            candidates.extend(refusals(subject, trail, spot));
        }
        let node = at(trail, spot);
        groups.extend(node.gid);
        let named = node.acl.iter().flat_map(|acl| &acl.groups);
        groups.extend(named.map(|entry| entry.0));
    }
    groups.sort_unstable();
    groups.dedup();
    if let Some(entry) = people.entry(subject.uid) {
        // Nobody leaves the primary group, nor one that only the process is in.
        let can_leave = |gid: &Gid| {
            subject.is_in(*gid)
                && entry.subject.is_in(*gid)
                && entry.primary != Some(*gid)
                && people.has_group(*gid)
        };
        let left = groups.into_iter().filter(can_leave);
        candidates.extend(left.map(|gid| vec![Change::Leave(gid)]));
    }
    candidates.extend(narrower(subject, trail));
    candidates
}

/// An entry that gives this user less; an owner becomes another user first, which may be enough.
fn refusals(subject: &Subject, trail: &Trail, spot: Spot) -> Vec<Vec<Change>> {
    let entry = refusal(subject, at(trail, spot), spot);
    if at(trail, spot).uid != Some(subject.uid) {
        return entry.map(|entry| vec![entry]).into_iter().collect();
    }
    if spot != Spot::Socket {
        return Vec::new();
    }
    let uid = Uid::ROOT;
    let owner = Change::Owner { spot, uid };
    let both = entry.map(|entry| vec![owner, entry]);
    std::iter::once(vec![owner]).chain(both).collect()
}

fn refusal(subject: &Subject, node: &Node, spot: Spot) -> Option<Change> {
    if !node.keeps_acls {
        return None;
    }
    let bits = match spot {
        Spot::Directory(_) => super::bits_of(node, subject) & !1,
        Spot::Socket => 0,
    };
    // With an empty mask the kernel does not ask the entries at all.
    let mask = match (node.mode.bits() >> 3) & 7 {
        0 => 4,
        mask => mask,
    };
    let uid = subject.uid;
    Some(Change::Entry {
        spot,
        uid,
        bits,
        mask,
    })
}

/// A mode of the socket without the `w` of the class that lets this user in.
fn narrower(subject: &Subject, trail: &Trail) -> Option<Vec<Change>> {
    let last =
        checks(subject, &trail.way, &trail.socket).find(|check| check.need == Need::Write)?;
    let By::Class(grant) = last.verdict.by else {
        return None;
    };
    let without = match grant.class {
        Class::Owner => return None,
        Class::Others => 0o002,
        // Others come next; they are not to have what the group has not.
        _ => 0o022,
    };
    let mode = Mode::from_st_mode(u32::from(trail.socket.mode.bits() & !without));
    let spot = Spot::Socket;
    Some(vec![Change::Mode { spot, mode }])
}
