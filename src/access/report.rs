//! All that `access` has to say of one socket.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Fix, People, Who};
use crate::model::{Process, Subject, Trail};

/// One socket, everybody, and those who were asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The path as it was given.
    pub given: PathBuf,
    /// Where it leads us.
    pub trail: Trail,
    /// Nobody is bound to it: who may connect is refused all the same.
    pub is_stale: bool,
    /// Everybody.
    pub people: People,
    /// Who may connect.
    pub connect: May,
    /// Who may replace.
    pub replace: May,
    /// Processes that could not be asked.
    pub unknown: Vec<u32>,
    /// Why there may be more users and groups than those listed.
    pub incomplete: Option<String>,
    /// The Linux security modules that are on, and that were not asked.
    pub modules: Vec<String>,
    /// Those who were asked about, in the order given.
    pub answers: Vec<Answer>,
}

/// Who may do one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct May {
    /// Of the users and groups.
    pub who: Who,
    /// Of the processes that run now; `None` where they were not looked at.
    pub processes: Option<Vec<Arc<Process>>>,
}

/// What is to be said of one user or process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The name; `None` for a number without an entry.
    pub user: Option<String>,
    /// The process that was asked about.
    pub pid: Option<u32>,
    /// As the kernel takes them.
    pub subject: Subject,
    /// Where the path leads that process, where that is not where it leads us.
    pub elsewhere: Option<Trail>,
    /// May connect.
    pub connect: bool,
    /// May replace the path.
    pub replace: bool,
    /// What would turn the first of these.
    pub fixes: Vec<Fix>,
}

impl Report {
    /// The way that an answer speaks of.
    pub fn trail_of<'a>(&'a self, answer: &'a Answer) -> &'a Trail {
        answer.elsewhere.as_ref().unwrap_or(&self.trail)
    }
}
