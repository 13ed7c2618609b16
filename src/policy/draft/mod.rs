//! A policy drafted from what is there: sockets in, the text of a policy out.
//!
//! ```text
//! sightings ─ groups (same directory, same facts) ─ patterns ─ rules ─ text
//! ```

mod groups;
mod shape;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use crate::model::{Mode, SocketType};

/// A socket that a rule is wanted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// Its path, or `@` and its abstract name.
    pub name: Vec<u8>,
    /// What the rule is to say.
    pub facts: Facts,
    /// Its directory is kept by one server for itself, so that more of the same may come there.
    pub is_private_place: bool,
}

/// What a rule is to say. Sockets of a directory of which the same is to be said share a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::struct_excessive_bools)] // each a fact of its own
pub struct Facts {
    /// `type`
    pub kind: Option<SocketType>,
    /// `mode`
    pub mode: Option<Mode>,
    /// `owner`, in the words of the language.
    pub owner: Option<String>,
    /// `parent`: its owner and mode.
    pub parent: Option<(String, Mode)>,
    /// Entries of an ACL let somebody in.
    pub has_acl: bool,
    /// `world`: whether everyone may connect.
    pub is_open: bool,
    /// `connect`: who may, besides root and the owner; `None` where it is not to be said.
    pub connect: Option<Vec<Principal>>,
    /// `replace`
    pub replace: Option<Replace>,
    /// Nothing is bound to it.
    pub is_stale: bool,
    /// What is loaded forbids it.
    pub is_forbidden: bool,
    /// `listener.user`, in the words of the language.
    pub listener: Option<String>,
}

/// A user, or all members of a group, by name or number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// The members of a group.
    Group(String),
    /// A user.
    User(String),
}

/// Who may put something else in the place of a socket, besides root and its owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replace {
    /// These.
    By(Vec<Principal>),
    /// Everybody, which no role can say.
    Everyone,
}

/// What the draft stands on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ground {
    /// What is said at the head, line by line.
    pub heading: Vec<String>,
    /// `include`
    pub include: Vec<String>,
    /// Sockets that are described already: no pattern of the draft matches one of them.
    pub described: Vec<Vec<u8>>,
    /// Ids of rules that are taken.
    pub ids: BTreeSet<String>,
    /// Names of roles that are taken.
    pub roles: BTreeSet<String>,
}

/// A policy, not yet read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The whole file.
    pub text: String,
    /// How many rules it has.
    pub rules: usize,
}

/// Drafts a policy that expects of these sockets what is there. It depends on nothing but what it
/// is given, in whatever order.
pub fn draft(mut sightings: Vec<Sighting>, ground: &Ground) -> Draft {
    sightings.sort();
    sightings.dedup();
    let rules = groups::rules(&sightings, ground);
    Draft {
        text: text::write(&rules, ground),
        rules: rules.len(),
    }
}

/// A rule of the draft.
#[derive(Debug)]
struct DraftRule<'a> {
    id: String,
    /// Patterns, as they are written.
    paths: Vec<String>,
    facts: &'a Facts,
}
