//! All steps of a way, asked one after the other.

use std::ffi::OsStr;

use super::class::{By, Verdict, may_change, may_connect, may_search};
use crate::model::{Found, Node, Subject, Trail, Way};

/// What a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// `x` on a directory.
    Search,
    /// To follow a link.
    Follow,
    /// `w` on the socket.
    Write,
}

impl Need {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Need::Search => "x",
            Need::Follow => "follow",
            Need::Write => "w",
        }
    }
}

/// One thing that the kernel asks when somebody connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check<'a> {
    /// Of what.
    pub node: &'a Node,
    /// What it says, where it is a link.
    pub target: Option<&'a OsStr>,
    /// What for.
    pub need: Need,
    /// What the kernel says.
    pub verdict: Verdict,
}

/// A name on the way that somebody may put something else in the place of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap<'a> {
    /// What has that name now.
    pub node: &'a Node,
    /// The directory that it is in.
    pub directory: &'a Node,
    /// Whether the kernel lets them, as far as this directory and this name say; and why.
    pub verdict: Verdict,
}

/// What a way to a directory means to somebody: worked out once for all sockets in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage {
    /// They come to its end and may look names up there.
    pub arrives: bool,
    /// They may replace a link or a directory on the way.
    pub swaps: bool,
    /// They may change names in the last directory, the sticky bit aside.
    pub changes: bool,
}

impl Passage {
    /// Goes the way.
    pub fn of(subject: &Subject, way: &Way) -> Passage {
        Passage {
            arrives: way_checks(subject, way).all(|check| check.verdict.allowed),
            swaps: way_swaps(subject, way).any(|swap| swap.verdict.allowed),
            changes: reaches(subject, way, way.end)
                && may_change(way.directory(way.end), subject).allowed,
        }
    }

    /// Whether they may connect to a socket in the last directory.
    pub fn connects(self, subject: &Subject, socket: &Node) -> bool {
        self.arrives && may_connect(socket, subject).allowed
    }

    /// Whether they may put something else where that socket is.
    pub fn replaces(self, subject: &Subject, way: &Way, socket: &Node) -> bool {
        self.swaps
            || (self.changes && may_take_away(subject, way.directory(way.end), socket).allowed)
    }
}

/// Whether `subject` may connect, and whether it may replace.
pub fn answer(subject: &Subject, trail: &Trail) -> (bool, bool) {
    let passage = Passage::of(subject, &trail.way);
    (
        passage.connects(subject, &trail.socket),
        passage.replaces(subject, &trail.way, &trail.socket),
    )
}

/// All that the kernel asks when `subject` connects, in its order; the first no ends it.
pub fn checks<'a>(
    subject: &'a Subject,
    way: &'a Way,
    socket: &'a Node,
) -> impl Iterator<Item = Check<'a>> {
    let last = std::iter::once_with(move || Check {
        node: socket,
        target: None,
        need: Need::Write,
        verdict: may_connect(socket, subject),
    });
    way_checks(subject, way).chain(last)
}

/// Every name on the way, and whether `subject` may replace it; names that it cannot even come to
/// are left out.
pub fn swaps<'a>(
    subject: &'a Subject,
    way: &'a Way,
    socket: &'a Node,
) -> impl Iterator<Item = Swap<'a>> {
    let last = std::iter::once(way.end).filter(|&end| reaches(subject, way, end));
    let last = last.map(|end| swap(subject, way.directory(end), socket));
    way_swaps(subject, way).chain(last)
}

fn way_checks<'a>(subject: &'a Subject, way: &'a Way) -> impl Iterator<Item = Check<'a>> {
    let search = |number: usize| {
        let node = way.directory(number);
        Check {
            node,
            target: None,
            need: Need::Search,
            verdict: may_search(node, subject),
        }
    };
    let mut seen = vec![false; way.directories.len()];
    let mut is_new = move |number: usize| !std::mem::replace(&mut seen[number], true);
    let numbers = way.steps.iter().map(|step| Some(&**step)).chain([None]);
    numbers.flat_map(move |step| {
        let within = step.map_or(way.end, |step| step.within);
        let directory = is_new(within).then(|| search(within));
        let link = step.and_then(|step| match &step.found {
            Found::Link {
                node,
                target,
                trailing,
            } => Some(Check {
                node,
                target: Some(target),
                need: Need::Follow,
                verdict: may_follow(subject, way, within, node, *trailing),
            }),
            Found::Directory(_) => None,
        });
        directory.into_iter().chain(link)
    })
}

/// `may_follow_link` of fs/namei.c. No capability helps.
fn may_follow(subject: &Subject, way: &Way, within: usize, link: &Node, trailing: bool) -> Verdict {
    let directory = way.directory(within);
    let is_everybodys = directory.mode.bits() & 0o1002 == 0o1002;
    let is_the_directorys = link.uid.is_some() && link.uid == directory.uid;
    let is_stopped = trailing
        && way.protected_symlinks
        && is_everybodys
        && link.uid != Some(subject.uid)
        && !is_the_directorys;
    if is_stopped {
        return Verdict::no(By::ProtectedLink);
    }
    let (allowed, by) = (true, By::Nothing);
    Verdict { allowed, by }
}

fn way_swaps<'a>(subject: &'a Subject, way: &'a Way) -> impl Iterator<Item = Swap<'a>> {
    let steps = way.steps.iter().filter(|step| step.name != "..");
    steps.filter_map(move |step| {
        let found = match &step.found {
            Found::Directory(number) => way.directory(*number),
            Found::Link { node, .. } => node,
        };
        reaches(subject, way, step.within).then(|| swap(subject, way.directory(step.within), found))
    })
}

/// Whether the directory can be come to on its own path: the links that led there are not needed.
fn reaches(subject: &Subject, way: &Way, mut number: usize) -> bool {
    while let Some(parent) = way.directories[number].parent {
        if !may_search(way.directory(parent), subject).allowed {
            return false;
        }
        number = parent;
    }
    true
}

fn swap<'a>(subject: &Subject, directory: &'a Node, node: &'a Node) -> Swap<'a> {
    let change = may_change(directory, subject);
    let verdict = if change.allowed {
        let taken = may_take_away(subject, directory, node);
        if taken.allowed { change } else { taken }
    } else {
        change
    };
    Swap {
        node,
        directory,
        verdict,
    }
}

/// `may_delete` of fs/namei.c, for somebody who may change names in the directory, and what
/// vfs_rename and vfs_unlink say of mount points.
fn may_take_away(subject: &Subject, directory: &Node, node: &Node) -> Verdict {
    let is_theirs = [node.uid, directory.uid].contains(&Some(subject.uid));
    let has = &subject.capabilities;
    let is_sticky = directory.mode.bits() & 0o1000 != 0;
    if node.uid.is_none() || node.gid.is_none() {
        Verdict::no(By::Nobody)
    } else if is_sticky && !is_theirs && !(has.fowner && has.reach(node.uid, node.gid)) {
        Verdict::no(By::Sticky)
    } else if node.immutable {
        Verdict::no(By::Immutable)
    } else if node.append_only {
        Verdict::no(By::AppendOnly)
    } else if node.mount_point {
        Verdict::no(By::MountPoint)
    } else {
        let (allowed, by) = (true, By::Nothing);
        Verdict { allowed, by }
    }
}
