//! The keys of each place of a policy file: one table, from which the reader knows what is
//! unknown and the JSON Schema is made.

use crate::model::{Code, Severity, SocketType, State};

use super::rule::{Liveness, Permit, Presence};

/// A place where keys may stand.
#[derive(Debug)]
pub(crate) struct Table {
    /// With its article: `a rule`.
    pub(crate) name: &'static str,
    pub(crate) keys: &'static [Key],
}

/// A key of a [`Table`].
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// One line, for editors.
    pub(crate) about: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Version,
    Text,
    Flag,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// One word or several.
    Words(fn() -> Vec<&'static str>),
    Mode,
    Id,
    Date,
    Path,
    /// A single one or a list.
    Paths,
    /// Globs of absolute paths and abstract names, a single one or a list.
    Patterns,
    /// Globs, a single one or a list.
    Globs,
    /// A single one or a list.
    Texts,
    Owner,
    OwnerPair,
    /// Users, a single one or a list.
    Users,
    /// Names of roles, a single one or a list.
    Roles,
    /// A severity, or a map from codes to severities.
    Severity,
    Table(&'static Table),
    ListOf(&'static Table),
    MapOf(&'static Table),
    /// Names of users by the name of their group.
    MapOfUsers,
    /// Entries of an ACL, a single one or a list.
    Entries,
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        about,
        shape,
        required: false,
    }
}

const fn required(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key {
        name,
        about,
        shape,
        required: true,
    }
}

/// The words of the finding codes.
pub(crate) fn codes() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).collect()
}

/// The words of the severities.
pub(crate) fn severities() -> Vec<&'static str> {
    Severity::ALL.iter().map(|word| word.as_str()).collect()
}

pub(crate) fn types() -> Vec<&'static str> {
    SocketType::ALL.iter().map(|word| word.as_str()).collect()
}

pub(crate) fn states() -> Vec<&'static str> {
    State::ALL.iter().map(|word| word.as_str()).collect()
}

fn permits() -> Vec<&'static str> {
    Permit::WORDS.iter().map(|word| word.0).collect()
}

fn presences() -> Vec<&'static str> {
    Presence::WORDS.iter().map(|word| word.0).collect()
}

fn livenesses() -> Vec<&'static str> {
    Liveness::WORDS.iter().map(|word| word.0).collect()
}

/// The whole file.
pub(crate) static POLICY: Table = Table {
    name: "a policy",
    keys: &[
        required("version", Shape::Version, "The version of the language: 1."),
        key("description", Shape::Text, "What the policy is for."),
        key(
            "include",
            Shape::Texts,
            "Policies whose rules come before those of this one: paths relative to this file, or builtin:NAME.",
        ),
        key(
            "roles",
            Shape::MapOf(&ROLE),
            "Groups of people, by name, for connect and replace.",
        ),
        key(
            "rules",
            Shape::ListOf(&RULE),
            "The last rule that matches a path and sets a key decides that key.",
        ),
        key(
            "waivers",
            Shape::ListOf(&WAIVER),
            "Findings that somebody has decided to live with.",
        ),
        key(
            "tests",
            Shape::ListOf(&TEST),
            "Facts, and the findings that they must give.",
        ),
    ],
};

pub(crate) static ROLE: Table = Table {
    name: "a role",
    keys: &[
        key("users", Shape::Texts, "These users, by name or number."),
        key(
            "groups",
            Shape::Texts,
            "The members of these groups, by name or number.",
        ),
    ],
};

pub(crate) static RULE: Table = Table {
    name: "a rule",
    keys: &[
        required("id", Shape::Id, "Unique among all that is loaded."),
        key("description", Shape::Text, "What the rule is about."),
        required(
            "paths",
            Shape::Patterns,
            "Globs; *, ?, [...], {a,b} and <capture> stop at /, ** crosses. @name is an abstract socket.",
        ),
        key(
            "not-paths",
            Shape::Patterns,
            "The rule does not speak of what one of these matches.",
        ),
        key("type", Shape::Word(types), "The type of the socket."),
        key(
            "mode",
            Shape::Mode,
            "The mode, exactly; always octal, or symbolic (u=rw,g=rw,o=).",
        ),
        key(
            "max-mode",
            Shape::Mode,
            "The mode, at most, compared bit by bit.",
        ),
        key(
            "owner",
            Shape::Owner,
            "user, user:group, :group, a number, a range of numbers, dynamic, or a list of these; <capture> is put in.",
        ),
        key(
            "parent",
            Shape::Table(&PARENT),
            "The directory that the socket is in.",
        ),
        key(
            "acl",
            Shape::Word(permits),
            "Whether ACL entries may let somebody in.",
        ),
        key(
            "world",
            Shape::Word(permits),
            "Whether everyone may connect.",
        ),
        key(
            "connect",
            Shape::Roles,
            "Roles that can connect, besides the owner and root; nobody else can.",
        ),
        key(
            "replace",
            Shape::Roles,
            "Roles that can remove or swap the path, besides the owner and root.",
        ),
        key(
            "presence",
            Shape::Word(presences),
            "Whether the socket has to be there.",
        ),
        key(
            "liveness",
            Shape::Word(livenesses),
            "Whether a stale file is a finding.",
        ),
        key(
            "listener",
            Shape::Table(&LISTENER),
            "Who listens; any of the holders satisfies it.",
        ),
        key(
            "severity",
            Shape::Severity,
            "Of the findings that this rule's keys decide: one word, or one by code.",
        ),
        key("because", Shape::Text, "Why; printed with findings."),
        key(
            "when",
            Shape::Table(&WHEN),
            "The rule speaks only on hosts of which this is true.",
        ),
        key(
            "reset",
            Shape::Flag,
            "Drops what rules before this one say of the paths that it matches.",
        ),
    ],
};

pub(crate) static PARENT: Table = Table {
    name: "`parent`",
    keys: &[
        key("owner", Shape::Owner, "Who owns the directory."),
        key(
            "max-mode",
            Shape::Mode,
            "Its mode, at most; set-id and sticky bits count only where the mode names them.",
        ),
    ],
};

pub(crate) static LISTENER: Table = Table {
    name: "`listener`",
    keys: &[
        key("user", Shape::Users, "It runs as one of these users."),
        key(
            "exe",
            Shape::Globs,
            "Its program matches one of these globs.",
        ),
        key(
            "unit",
            Shape::Globs,
            "Its systemd unit matches one of these globs.",
        ),
    ],
};

pub(crate) static WHEN: Table = Table {
    name: "`when`",
    keys: &[
        key("exists", Shape::Paths, "One of these paths exists."),
        key(
            "host",
            Shape::Globs,
            "The host's name matches one of these globs.",
        ),
    ],
};

pub(crate) static WAIVER: Table = Table {
    name: "a waiver",
    keys: &[
        required("finding", Shape::Word(codes), "The code of the finding."),
        required("paths", Shape::Patterns, "Of which paths."),
        key(
            "until",
            Shape::Date,
            "The last day on which it holds, YYYY-MM-DD, UTC.",
        ),
        required("reason", Shape::Text, "Why this is accepted."),
    ],
};

pub(crate) static TEST: Table = Table {
    name: "a test",
    keys: &[
        required("name", Shape::Text, "What is tested."),
        required(
            "socket",
            Shape::Table(&TEST_SOCKET),
            "The facts; what is not given is not judged.",
        ),
        key(
            "directories",
            Shape::MapOf(&TEST_DIRECTORY),
            "Directories by path; others are root's, 0755.",
        ),
        key(
            "groups",
            Shape::MapOfUsers,
            "Who is in which group, as text; each user is in the group of the same name besides.",
        ),
        required("expect", Shape::Words(codes), "The exact set of findings."),
    ],
};

pub(crate) static TEST_SOCKET: Table = Table {
    name: "the socket of a test",
    keys: &[
        required("path", Shape::Path, "A path, or @name."),
        key("mode", Shape::Mode, "Its mode."),
        key("owner", Shape::OwnerPair, "user:group, compared as text."),
        key("type", Shape::Word(types), "Its type."),
        key(
            "state",
            Shape::Word(states),
            "What became of it; missing: it is not there.",
        ),
        key("listener", Shape::Table(&TEST_LISTENER), "Who listens."),
        key(
            "acl",
            Shape::Entries,
            "Entries of its ACL, user:NAME:rw-, group:NAME:r-- or group::r--; the mask is what the mode has for the group.",
        ),
    ],
};

pub(crate) static TEST_LISTENER: Table = Table {
    name: "the listener of a test",
    keys: &[
        key("user", Shape::Text, "Its user, compared as text."),
        key("exe", Shape::Path, "Its program."),
        key("unit", Shape::Text, "Its systemd unit."),
    ],
};

pub(crate) static TEST_DIRECTORY: Table = Table {
    name: "a directory of a test",
    keys: &[
        key("mode", Shape::Mode, "Its mode; 0755 where none is given."),
        key(
            "owner",
            Shape::OwnerPair,
            "user:group; root:root where none is given.",
        ),
        key(
            "acl",
            Shape::Entries,
            "Entries of its ACL, as for a socket.",
        ),
    ],
};
