//! A user or a group as somebody types it: a name or a number, and nothing that is only nearly so.

use std::fmt;
use std::str::FromStr;

use super::host::{Lookup, Names};
use super::ids::{BadId, Gid, Uid};

/// A user or a group. A text of digits alone is a number, and is never looked up as a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// To be looked up.
    Name(String),
    /// Fit for a [`Uid`] and for a [`Gid`].
    Number(u32),
}

impl Account {
    /// The number of the user meant. A number needs no entry.
    pub fn uid(&self, names: &dyn Names) -> Result<Uid, Unresolved> {
        match self {
            Account::Number(raw) => Uid::new(*raw).ok_or_else(|| Unresolved::number("user", *raw)),
            Account::Name(name) => found("user", name, names.user_id(name)),
        }
    }

    /// The number of the group meant. A number needs no entry.
    pub fn gid(&self, names: &dyn Names) -> Result<Gid, Unresolved> {
        match self {
            Account::Number(raw) => Gid::new(*raw).ok_or_else(|| Unresolved::number("group", *raw)),
            Account::Name(name) => found("group", name, names.group_id(name)),
        }
    }
}

fn found<T>(what: &'static str, name: &str, lookup: Lookup<T>) -> Result<T, Unresolved> {
    match lookup {
        Lookup::Found(id) => Ok(id),
        Lookup::Unknown => Err(Unresolved::Unknown {
            what,
            name: name.to_owned(),
        }),
        Lookup::Failed(why) => Err(Unresolved::Failed {
            what,
            name: name.to_owned(),
            why,
        }),
    }
}

/// Why a name has no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The name services say that there is none.
    #[error("there is no {what} {name:?} on this host")]
    Unknown {
        /// `user` or `group`
        what: &'static str,
        /// As it was given.
        name: String,
    },
    /// They could not say.
    #[error("the {what} {name:?} could not be looked up: {why}")]
    Failed {
        /// `user` or `group`
        what: &'static str,
        /// As it was given.
        name: String,
        /// What the name services said.
        why: String,
    },
}

impl Unresolved {
    fn number(what: &'static str, raw: u32) -> Unresolved {
        Unresolved::Unknown {
            what,
            name: raw.to_string(),
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Name(name) => f.write_str(name),
            Account::Number(raw) => raw.fmt(f),
        }
    }
}

/// Why a text names neither a user nor a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAccount {
    /// Nothing.
    #[error("an empty name names nobody")]
    Empty,
    /// Digits that are no id.
    #[error(transparent)]
    Number(#[from] BadId),
    /// What no name looks like, and what may be a slip.
    #[error(
        "a name does not begin with a sign, begin or end with a blank, or hold colons, control characters or /"
    )]
    Name,
}

impl FromStr for Account {
    type Err = BadAccount;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(BadAccount::Empty);
        }
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Account::Number(text.parse::<Uid>()?.as_raw()));
        }
        let unfit = text.starts_with(['+', '-'])
            || text.trim() != text
            || text.contains(|letter: char| letter.is_control() || letter == '/' || letter == ':');
        if unfit {
            Err(BadAccount::Name)
        } else {
            Ok(Account::Name(text.to_owned()))
        }
    }
}
