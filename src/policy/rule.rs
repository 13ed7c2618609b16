//! What a policy file says, as data.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Code, Mode, Pattern, Place, Severity, SocketType};

/// A value, and the line of the key that set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct At<T> {
    /// What the key says.
    pub value: T,
    /// Counted from 1, in the file of the rule.
    pub line: u32,
}

/// One rule: which paths, and what is expected of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Unique among all that is loaded.
    pub id: String,
    /// For people.
    pub description: Option<String>,
    /// Why, for people; printed with findings.
    pub because: Option<String>,
    /// Where the rule begins.
    pub place: Place,
    /// It speaks of what one of these matches ...
    pub paths: Vec<Pattern>,
    /// ... and none of these.
    pub not_paths: Vec<Pattern>,
    /// Rules before this one say nothing about a path that it matches.
    pub reset: bool,
    /// It speaks only on hosts of which this is true.
    pub when: Option<When>,
    /// What is expected.
    pub keys: Keys,
    /// Severities of the findings that its own keys decide.
    pub severity: Severities,
}

/// On which hosts a rule speaks: where each condition given holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// One of these leads to something; empty: no condition.
    pub exists: Vec<PathBuf>,
    /// One of these globs matches the host's name; empty: no condition.
    pub host: Vec<Pattern>,
}

/// The keys that are checked; each is absent where the rule does not set it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// `type`
    pub kind: Option<At<SocketType>>,
    /// `mode` or `max-mode`
    pub mode: Option<At<ModeRule>>,
    /// `owner`
    pub owner: Option<At<Owner>>,
    /// `parent.owner`
    pub parent_owner: Option<At<Owner>>,
    /// `parent.max-mode`
    pub parent_max_mode: Option<At<ParentMode>>,
    /// `acl`
    pub acl: Option<At<Permit>>,
    /// `world`
    pub world: Option<At<Permit>>,
    /// `connect`: names of roles
    pub connect: Option<At<Vec<String>>>,
    /// `replace`: names of roles
    pub replace: Option<At<Vec<String>>>,
    /// `presence`
    pub presence: Option<At<Presence>>,
    /// `liveness`
    pub liveness: Option<At<Liveness>>,
    /// `listener.user`: one of these
    pub listener_user: Option<At<Vec<Who>>>,
    /// `listener.exe`: one of these globs
    pub listener_exe: Option<At<Vec<Pattern>>>,
    /// `listener.unit`: one of these globs
    pub listener_unit: Option<At<Vec<Pattern>>>,
}

impl Keys {
    /// Whether one of them says who may connect, or may put another socket there.
    pub const fn are_about_access(&self) -> bool {
        self.mode.is_some()
            || self.owner.is_some()
            || self.parent_owner.is_some()
            || self.parent_max_mode.is_some()
            || self.acl.is_some()
            || self.world.is_some()
            || self.connect.is_some()
            || self.replace.is_some()
    }
}

impl Keys {
    /// Whether one of them asks of more than everyone whether they get to a socket.
    pub(super) fn ask_of_anybody(&self) -> bool {
        self.name_people() || Keys::forbid(self.acl.as_ref())
    }

    /// They speak of people, and of roles perhaps.
    pub(super) fn name_people(&self) -> bool {
        self.connect.is_some() || self.replace.is_some()
    }

    /// Whether one of them names that role.
    pub(super) fn name_role(&self, role: &str) -> bool {
        let lists = [&self.connect, &self.replace];
        let names = lists.into_iter().flatten().flat_map(|list| &list.value);
        names.into_iter().any(|name| name == role)
    }

    pub(super) fn forbid(key: Option<&At<Permit>>) -> bool {
        key.is_some_and(|at| at.value == Permit::Forbid)
    }
}

/// What a mode is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModeRule {
    /// `mode`: these bits and no others.
    Exactly(Mode),
    /// `max-mode`: none but these bits.
    AtMost(Mode),
}

/// `max-mode` of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ParentMode {
    /// None but these bits.
    pub max: Mode,
    /// It sets one of set-id and sticky, or is written with a fifth digit (`00750`): these are
    /// compared too.
    pub special: bool,
}

impl ParentMode {
    /// The bits of `mode` that it does not allow.
    pub fn beyond(self, mode: Mode) -> Mode {
        let beyond = mode.beyond(self.max);
        if self.special {
            beyond
        } else {
            beyond.without_special()
        }
    }
}

/// `forbid` or `allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permit {
    /// It is a finding.
    Forbid,
    /// It is as it should be.
    Allow,
}

/// Whether a socket has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// It has to.
    Required,
    /// It may.
    Optional,
    /// It must not.
    Forbidden,
}

/// What a stale file means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Liveness {
    /// A finding.
    Live,
    /// Nothing.
    Any,
}

/// One user, or several, or one group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// By name; looked up when a socket needs it. May hold `<capture>`s until it is resolved.
    Name(String),
    /// By number.
    Id(u32),
    /// First and last number, both included.
    Range(u32, u32),
    /// The ids that systemd gives to `DynamicUser=`, 61184 to 65519.
    Dynamic,
}

/// `user`, `user:group` or `:group`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerAlternative {
    /// `None`: any.
    pub user: Option<Who>,
    /// `None`: any.
    pub group: Option<Who>,
}

/// The value of `owner`: one of these fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner(pub Vec<OwnerAlternative>);

/// The value of `severity`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Severities {
    /// One word for all findings of this rule.
    pub all: Option<At<Severity>>,
    /// By code; goes before `all`. Keyed by [`Code::as_str`].
    pub by_code: BTreeMap<String, At<Severity>>,
}

impl Severities {
    /// What is said of `code`.
    pub fn of(&self, code: Code) -> Option<&At<Severity>> {
        self.by_code.get(code.as_str()).or(self.all.as_ref())
    }
}

/// Findings that somebody has decided to live with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The code, as a word.
    pub finding: String,
    /// Of which paths.
    pub paths: Vec<Pattern>,
    /// The last day, `YYYY-MM-DD`, UTC, included.
    pub until: Option<String>,
    /// Never empty.
    pub reason: String,
    /// Where it stands.
    pub place: Place,
}

/// Who may do something: users and groups by name or number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// These users.
    pub users: Vec<String>,
    /// The members of these groups.
    pub groups: Vec<String>,
}

/// A policy file, decoded; what it includes is not in it yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// In the order written, with the line.
    pub include: Vec<At<String>>,
    /// By name, with the line.
    pub roles: BTreeMap<String, At<Role>>,
    /// In the order written.
    pub rules: Vec<Rule>,
    /// In the order written.
    pub waivers: Vec<Waiver>,
    /// In the order written.
    pub tests: Vec<Test>,
    /// As it is named in reports.
    pub name: Option<Arc<str>>,
    /// What it says of itself.
    pub description: Option<String>,
}

/// An entry of `tests:`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    /// For people.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// The facts; what is not given is not judged.
    pub socket: TestSocket,
    /// Directories by path; those not given are root's, 0755.
    pub directories: BTreeMap<PathBuf, TestDirectory>,
    /// Who is in which group, by name; each user is in the group of the same name besides.
    pub groups: BTreeMap<String, Vec<String>>,
    /// The exact set of findings, by code.
    pub expect: Vec<String>,
}

/// The socket of a [`Test`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestSocket {
    /// A path, or `@name`.
    pub path: PathBuf,
    /// Permission bits.
    pub mode: Option<Mode>,
    /// `user:group`, compared as text.
    pub owner: Option<(String, Option<String>)>,
    /// Stream, dgram, seqpacket.
    pub kind: Option<SocketType>,
    /// A word of [`crate::model::State`]; `missing` speaks of a socket that is not there.
    pub state: Option<String>,
    /// Who listens.
    pub listener: Option<TestListener>,
    /// What the mode does not show.
    pub acl: Vec<TestEntry>,
}

/// An entry of the ACL in a test. The mask is what the mode has for the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestEntry {
    /// Of a group, not of a user.
    pub is_group: bool,
    /// Compared as text; empty: the owning group.
    pub name: String,
    /// As in one digit of a mode.
    pub bits: u16,
}

/// The listener of a [`TestSocket`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestListener {
    /// Compared as text.
    pub user: Option<String>,
    /// The program.
    pub exe: Option<PathBuf>,
    /// The unit.
    pub unit: Option<String>,
}

/// A directory of a [`Test`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestDirectory {
    /// Permission bits.
    pub mode: Mode,
    /// `user` and `group`, compared as text.
    pub owner: (String, Option<String>),
    /// What the mode does not show.
    pub acl: Vec<TestEntry>,
}
