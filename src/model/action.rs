//! One change to one path, planned or done. What a dry run prints is what the executor does.

use std::path::PathBuf;

/// A step of a plan, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Of what.
    pub path: PathBuf,
    /// What kind of change.
    pub kind: ActionKind,
    /// What was there, in the policy's own words (`0777`, `root:root`, `stale`).
    pub from: Option<String>,
    /// What is to be there.
    pub to: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What kind of change. The words are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// A directory is made.
    Mkdir,
    /// A socket file is made.
    Create,
    /// Permission bits are set.
    Chmod,
    /// User or group are set.
    Chown,
    /// Entries of an ACL are removed.
    Acl,
    /// A socket file is removed.
    Remove,
}

impl ActionKind {
    /// The word used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            ActionKind::Mkdir => "mkdir",
            ActionKind::Create => "create",
            ActionKind::Chmod => "chmod",
            ActionKind::Chown => "chown",
            ActionKind::Acl => "acl",
            ActionKind::Remove => "remove",
        }
    }
}

/// What became of an [`Action`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet: a dry run, or its turn has not come.
    Planned,
    /// It is as it should be now, and the kernel was asked afterwards.
    Done,
    /// Nothing was to do.
    AlreadySo,
    /// It stays as it is, as it was asked for: too young for a clean, there already for a create.
    Kept(String),
    /// It was left out on purpose: the world had changed, or it is not ours to touch.
    LeftOut(String),
    /// It was refused: the answer is no.
    Refused(String),
    /// It could not be done.
    Failed(String),
}
