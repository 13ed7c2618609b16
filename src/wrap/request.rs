//! What is asked for.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::bound::{Expected, OnViolation};
use crate::change::mode::Limit;
use crate::change::name::Named;
use crate::model::{
    Account, Backlog, CapSet, FdName, FdNumber, LimitSpec, Mode, Ownership, ReadySpec, Signal,
    SocketType, UserSpec,
};

/// Everything that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
// Flags of a command line.
#[allow(clippy::struct_excessive_bools)]
pub struct Request {
    /// The command and its arguments; never empty.
    pub command: Vec<OsString>,
    /// Who to be; `None`: whoever we are, unless that is root.
    pub user: Option<UserSpec>,
    /// In which supplementary groups.
    pub groups: Groups,
    /// Which capabilities to keep, in all five sets. The full set stands for all that we have.
    pub keep_caps: CapSet,
    /// Whether the bounding set stays.
    pub keep_bounding: bool,
    /// Whether what it executes may give it more rights.
    pub allow_new_privs: bool,
    /// Sockets that are made and passed on, in this order.
    pub listen: Vec<Listen>,
    /// Sockets that the command binds itself.
    pub expect: Vec<Expected>,
    /// `None`: as it is where we make the sockets, else nobody but the user gets in.
    pub umask: Option<Mode>,
    /// The directory to run in.
    pub directory: Option<PathBuf>,
    /// Variables to set.
    pub variables: Vec<(OsString, OsString)>,
    /// Whether the environment is left out, but for what a service manager says in it.
    pub clear_variables: bool,
    /// Limits to set.
    pub limits: Vec<LimitSpec>,
    /// Descriptors that it gets under their numbers.
    pub pass: Vec<FdNumber>,
    /// How we stay as its parent; `None`: we become it.
    pub stay: Option<Stay>,
}

/// How the parent of a command looks after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    /// What asks it to end.
    pub stop_signal: Signal,
    /// How long it may take to end; `None`: as long as the asker has patience.
    pub stop_timeout: Option<Duration>,
    /// When it counts as ready; `None`: as is usual.
    pub ready: Option<ReadySpec>,
    /// How long that may take; else it is stopped.
    pub ready_timeout: Duration,
    /// What is done about what a policy says against its sockets.
    pub on_violation: OnViolation,
    /// Whether socket files stay at the end.
    pub keep: bool,
}

/// Supplementary groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Groups {
    /// Those of the user, if we are able to set them; else they stay.
    #[default]
    Usual,
    /// Those of the user.
    Init,
    /// Exactly these.
    Only(Vec<Account>),
}

/// A socket that is made and passed on: as it was asked for, else as its policy has it, else as
/// is usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// Where.
    pub named: Named,
    /// The same from the root directory on.
    pub absolute: PathBuf,
    /// As the command finds it in `LISTEN_FDNAMES`.
    pub name: FdName,
    /// Its type.
    pub kind: SocketType,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner; what nobody says is the user that the command runs as.
    pub owner: Ownership,
    /// How many clients may wait.
    pub backlog: Backlog,
    /// The widest that its policy allows.
    pub limit: Option<Limit>,
    /// Whether entries that it inherits from its directory's default ACL stay.
    pub keep_acl: bool,
}
