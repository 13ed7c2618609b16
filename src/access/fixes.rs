//! The least changes that turn an answer: candidates are made on the facts, and only those stay
//! that turn it there.

mod letting;
mod shutting;

use super::change::{Change, Spot, at};
use super::class::{By, SEARCH, WRITE, may};
use super::people::People;
use super::trail::answer;
use crate::model::{Node, Subject, Trail};

/// As many are worth reading.
const MOST: usize = 6;

/// Changes that together turn the answer for one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// In the order in which they are made.
    pub changes: Vec<Change>,
    /// Who may connect afterwards besides, and could not before.
    pub lets_in: Others,
    /// Who else may not connect afterwards, and could before.
    pub shuts_out: Others,
    /// Whether the user may replace the path afterwards.
    pub replaces: bool,
    /// Who else may replace the path afterwards, and could not before.
    pub lets_replace: Others,
    /// Whether it is still so when the socket file has been made anew.
    pub durable: bool,
}

/// Others than the user that a change is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Others {
    /// Everybody.
    pub everyone: bool,
    /// Some of them, as indices of [`People::all`].
    pub users: Vec<usize>,
}

impl Others {
    /// There is nobody.
    pub fn is_empty(&self) -> bool {
        *self == Others::default()
    }
}

/// What would let `subject` in, or shut it out where it may connect now. The fewest let in come
/// first, before them those that hand nobody the right to replace the path; then the fewest shut
/// out, then what lasts, then what is short.
pub fn fixes(subject: &Subject, trail: &Trail, people: &People) -> Vec<Fix> {
    let (connects, replaces) = answer(subject, trail);
    let candidates = if connects {
        shutting::candidates(subject, trail, people)
    } else {
        letting::candidates(subject, trail, people)
    };
    let before = allowed(people, subject, trail);
    let mut fixes: Vec<Fix> = Vec::new();
    for changes in candidates {
        // What does more than what is enough is not the least.
        let is_within = |fix: &Fix| fix.changes.iter().all(|it| changes.contains(it));
        if !fixes.iter().any(is_within)
            && let Some(fix) = tried(changes, subject, trail, people, &before)
        {
            fixes.push(fix);
        }
    }
    fixes.sort_by_key(|fix| {
        let hands_over = (fix.replaces && !replaces) || !fix.lets_replace.is_empty();
        let let_in = (fix.lets_in.everyone, hands_over, fix.lets_in.users.len());
        let is_short_lived = !fix.durable;
        (
            let_in,
            fix.shuts_out.users.len(),
            fix.replaces,
            is_short_lived,
            fix.changes.len(),
        )
    });
    fixes.truncate(MOST);
    fixes
}

/// Whether everybody may connect and replace, and each of the people; those of the uid of `subject`
/// are left out, for the change is theirs.
struct Allowed {
    everyone: (bool, bool),
    people: Vec<Option<(bool, bool)>>,
}

fn allowed(people: &People, subject: &Subject, trail: &Trail) -> Allowed {
    let all = people.all.iter().map(|person| &person.subject);
    Allowed {
        everyone: answer(&people.stranger(), trail),
        people: all
            .map(|it| (it.uid != subject.uid).then(|| answer(it, trail)))
            .collect(),
    }
}

fn tried(
    changes: Vec<Change>,
    subject: &Subject,
    trail: &Trail,
    people: &People,
    before: &Allowed,
) -> Option<Fix> {
    let spots = changes.iter().filter_map(Change::spot);
    if spots.map(|spot| at(trail, spot)).any(is_fixed) || changes.iter().any(is_open_to_all) {
        return None;
    }
    let (connected, _) = answer(subject, trail);
    let (mut after, mut user) = (trail.clone(), subject.clone());
    for change in &changes {
        change.make(&mut after, &mut user);
    }
    let (connects, replaces) = answer(&user, &after);
    if connects == connected {
        return None;
    }
    let after = allowed(people, subject, &after);
    let turned = |is_turned: fn((bool, bool), (bool, bool)) -> bool| {
        let pairs = before.people.iter().zip(&after.people).enumerate();
        let turned = pairs.filter(|(_, pair)| match pair {
            (Some(before), Some(after)) => is_turned(*before, *after),
            _ => false,
        });
        Others {
            everyone: is_turned(before.everyone, after.everyone),
            users: turned.map(|(index, _)| index).collect(),
        }
    };
    let durable = changes
        .iter()
        .all(|change| change.spot() != Some(super::Spot::Socket));
    Some(Fix {
        lets_in: turned(|before, after| after.0 && !before.0),
        shuts_out: turned(|before, after| before.0 && !after.0),
        replaces,
        lets_replace: turned(|before, after| after.1 && !before.1),
        durable,
        changes,
    })
}

/// A socket to which everybody may write, as it may be now, is nothing to propose.
fn is_open_to_all(change: &Change) -> bool {
    matches!(change, Change::Mode { spot: Spot::Socket, mode } if mode.bits() & 0o002 != 0)
}

/// Whether nobody can change its rights.
fn is_fixed(node: &Node) -> bool {
    node.read_only || node.immutable || node.append_only
}

/// What an entry of their own has to say for them to have what is needed: that, and what they have
/// now. The `w` of a directory is worth nothing without `x`, so whoever is given the `x` loses it.
pub fn bits_with(node: &Node, subject: &Subject, needed: u16) -> u16 {
    let now = bits_of(node, subject);
    let kept = if needed == SEARCH && now & SEARCH == 0 {
        now & !WRITE
    } else {
        now
    };
    kept | needed
}

/// What `subject` has now, in so far as an entry of its own has to say it.
fn bits_of(node: &Node, subject: &Subject) -> u16 {
    let acl = node.acl.iter().flat_map(|acl| &acl.users);
    let named = acl.copied().find(|entry| entry.0 == subject.uid);
    if let Some((_, bits)) = named {
        return bits;
    }
    let has = |bit: u16| may(node, subject, bit, false).by;
    let bits = [4, 2, 1].map(|bit| match has(bit) {
        By::Class(grant) => grant.effective() & bit,
        _ => 0,
    });
    bits.iter().sum()
}
