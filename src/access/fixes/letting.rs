//! What might let somebody in.

use std::collections::BTreeSet;

use super::super::People;
use super::super::change::{Change, Spot, at};
use super::super::class::{By, may_connect, may_search};
use crate::model::{Gid, Mode, Node, Subject, Trail};

/// A user may be in very many groups.
const MOST_GROUPS: usize = 16;

/// Sets of changes, some of which may turn a no.
pub(super) fn candidates(subject: &Subject, trail: &Trail, people: &People) -> Vec<Vec<Change>> {
    let Some(blocked) = blocked(subject, trail) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    // Only who has an entry can join what has one; a process need not be in all groups of its user,
    // and to join one of those once more changes nothing.
    let mut groups = Vec::new();
    if let Some(entry) = people.entry(subject.uid) {
        groups = groups_of(trail, &blocked, people);
        groups.retain(|&gid| !entry.subject.is_in(gid));
    }
    for &gid in &groups {
        candidates.extend(joining(subject, trail, &[gid]));
    }
    for (index, &first) in groups.iter().enumerate() {
        for &second in &groups[index + 1..] {
            candidates.extend(joining(subject, trail, &[first, second]));
        }
    }
    candidates.extend(each(&blocked, |spot| entry(subject, trail, spot)));
    let own: Vec<Gid> = subject.gids.iter().copied().take(MOST_GROUPS).collect();
    for gid in own {
        candidates.extend(each(&blocked, |spot| match spot {
            Spot::Socket => with_group(at(trail, spot), spot, gid),
            Spot::Directory(_) => entry(subject, trail, spot),
        }));
    }
    candidates
}

/// The spots that say no; `None` where one says so for a reason that no right changes.
fn blocked(subject: &Subject, trail: &Trail) -> Option<Vec<Spot>> {
    let mut blocked = Vec::new();
    for check in super::super::trail::checks(subject, &trail.way, &trail.socket) {
        if check.verdict.allowed {
            continue;
        }
        if !matches!(check.verdict.by, By::Class(_)) {
            return None;
        }
    }
    for number in 0..trail.way.directories.len() {
        let verdict = may_search(trail.way.directory(number), subject);
        if !verdict.allowed {
            blocked.push(Spot::Directory(number));
        }
    }
    if !may_connect(&trail.socket, subject).allowed {
        blocked.push(Spot::Socket);
    }
    Some(blocked)
}

/// Groups that come close to being root: what is the host's own is open to them.
/// `staff` writes to /usr/local on Debian.
const POWERFUL: [&str; 8] = [
    "root", "disk", "kmem", "shadow", "sudo", "wheel", "adm", "staff",
];

/// Groups that something on the way is open to. Those of root and its kind let into far too much.
fn groups_of(trail: &Trail, blocked: &[Spot], people: &People) -> Vec<Gid> {
    let mut gids = BTreeSet::new();
    for &spot in blocked {
        let node = at(trail, spot);
        gids.extend(node.gid);
        if let Some(acl) = &node.acl {
            gids.extend(acl.groups.iter().map(|entry| entry.0));
        }
    }
    gids.remove(&Gid::ROOT);
    let may_be_joined = |gid: &Gid| {
        let name = people.group_name(*gid);
        name.is_some_and(|name| !POWERFUL.contains(&name))
    };
    gids.into_iter()
        .filter(may_be_joined)
        .take(MOST_GROUPS)
        .collect()
}

/// Groups to join, and entries for what they do not open.
fn joining(subject: &Subject, trail: &Trail, groups: &[Gid]) -> Option<Vec<Change>> {
    if groups.iter().any(|&gid| subject.is_in(gid)) {
        return None;
    }
    let joined = groups
        .iter()
        .fold(subject.clone(), |it, &gid| it.joined(gid));
    let still = blocked(&joined, trail)?;
    let opens = blocked(subject, trail)?.len() > still.len();
    let mut changes: Vec<Change> = groups.iter().copied().map(Change::Join).collect();
    changes.extend(each(&still, |spot| entry(&joined, trail, spot))?);
    opens.then_some(changes)
}

/// Something for each of the spots, or nothing.
fn each(spots: &[Spot], change: impl Fn(Spot) -> Option<Vec<Change>>) -> Option<Vec<Change>> {
    let changes: Option<Vec<Vec<Change>>> = spots.iter().map(|&spot| change(spot)).collect();
    changes.map(|changes| changes.concat())
}

/// What this user alone gets: an entry of the ACL, or bits of the owner's.
fn entry(subject: &Subject, trail: &Trail, spot: Spot) -> Option<Vec<Change>> {
    let node = at(trail, spot);
    let needed = match spot {
        Spot::Directory(_) => 1,
        Spot::Socket => 6,
    };
    let mode = node.mode.bits();
    if node.uid == Some(subject.uid) {
        let mode = widened(mode, needed << 6, spot);
        return Some(vec![Change::Mode { spot, mode }]);
    }
    if !node.keeps_acls {
        // Then everybody may search the directory; the socket still has its own rights.
        let mode = Mode::from_st_mode(u32::from(mode | needed));
        return matches!(spot, Spot::Directory(_)).then(|| vec![Change::Mode { spot, mode }]);
    }
    Some(vec![Change::Entry {
        spot,
        uid: subject.uid,
        bits: super::bits_with(node, subject, needed),
        mask: ((mode >> 3) & 7) | needed,
    }])
}

/// With these bits, too. What lets everybody write to a socket goes, for nobody is to be told to
/// leave it there.
fn widened(mode: u16, bits: u16, spot: Spot) -> Mode {
    let mode = mode | bits;
    let opens = matches!(spot, Spot::Socket) && mode & 0o002 != 0;
    Mode::from_st_mode(u32::from(if opens { mode & !0o007 } else { mode }))
}

/// The socket given to a group, which may write to it from then on.
fn with_group(node: &Node, spot: Spot, gid: Gid) -> Option<Vec<Change>> {
    if node.acl.is_some() {
        return None;
    }
    let mode = widened(node.mode.bits(), 0o060, spot);
    let group = (node.gid != Some(gid)).then_some(Change::Group { spot, gid });
    let mode = (node.mode != mode).then_some(Change::Mode { spot, mode });
    Some(group.into_iter().chain(mode).collect())
}
