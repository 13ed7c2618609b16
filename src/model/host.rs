//! What the pure tiers ask the host for. `sys` answers on a real one, tests with a table.

use std::path::{Path, PathBuf};

use super::{Gid, Inode, Uid};

/// The outcome of looking a name up. "Unknown" and "could not look" are different answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup<T> {
    /// It exists.
    Found(T),
    /// The name services say that there is none.
    Unknown,
    /// They could not say; the text says why.
    Failed(String),
}

/// Users and groups, looked up one at a time and only when needed, by several threads at once.
pub trait Names: Sync {
    /// The user of that name.
    fn user_id(&self, name: &str) -> Lookup<Uid>;
    /// The group of that name.
    fn group_id(&self, name: &str) -> Lookup<Gid>;
    /// The name of a user; `None` where there is none, or none could be had.
    fn user_name(&self, uid: Uid) -> Option<String>;
    /// The name of a group; `None` where there is none, or none could be had.
    fn group_name(&self, gid: Gid) -> Option<String>;
}

/// Who is in which group, looked up for one at a time and only when needed.
pub trait Members: Names {
    /// The users in a group, those whose primary group it is among them, in ascending order.
    fn members(&self, gid: Gid) -> Lookup<Vec<Uid>>;
    /// The groups of a user as they log in, the primary one among them; none for a number
    /// without an entry.
    fn groups_of(&self, uid: Uid) -> Lookup<Vec<Gid>>;
}

/// The host as far as policies ask for it.
pub trait Host {
    /// Whether the path leads to anything (links followed).
    fn exists(&self, path: &Path) -> bool;
    /// The name of the host, as uname(2) says it.
    fn name(&self) -> String;
    /// Where a directory's path really leads: the target of a link, `None` for anything else.
    fn read_link(&self, path: &Path) -> Option<PathBuf>;
    /// The directory that a path leads to, links followed.
    fn directory(&self, path: &Path) -> Option<Inode>;
}
