//! A plan to run a command, as it is shown to whoever asks what would be done.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Action, Credentials, FdNumber};

/// What would be done, in order, and what the command would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Of socket files.
    pub actions: Vec<Action>,
    /// Of everything else.
    pub steps: Vec<OutlineStep>,
    /// What is executed.
    pub program: PathBuf,
    /// Its name and its arguments.
    pub command: Vec<OsString>,
    /// Who it would be.
    pub identity: Credentials,
    /// What it gets beside standard input, output and error.
    pub descriptors: Vec<OutlineFd>,
    /// Variables that it gets and we do not have, or with another value.
    pub set: Vec<(OsString, OutlineValue)>,
    /// Variables that we have and it does not get.
    pub removed: Vec<OsString>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineStep {
    /// The system call, or a word for what is done.
    pub step: &'static str,
    /// With what, or to what end.
    pub what: String,
}

/// A descriptor that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutlineFd {
    /// Its number.
    pub number: FdNumber,
    /// Its name in `LISTEN_FDNAMES`; `None` where it is not a socket that is passed on.
    pub name: Option<OsString>,
    /// Of a socket that we make.
    pub path: Option<PathBuf>,
}

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutlineValue {
    /// This.
    Text(OsString),
    /// The pid of the command.
    Pid,
}
