//! The walk over directories that finds every socket file and tells whether anything is bound.
//!
//! ```text
//! root      what was named, opened once, each real place once
//! crew      the workers: one, and more when there is enough to do
//! pool      what they give each other
//! worker    reads one directory after the other
//! looking   looks at each socket in one
//! listing   what is worth a look among the entries of a directory
//! stack     the directories that a worker has begun, parked where descriptors are short
//! reopen    parked ones, opened again by the way they were found
//! node      the way from a root down to a directory: paths are only made where one is wanted
//! places    what is special on the way: mounts, other roots, containers' stores
//! crossing  whether a mount may be entered, without asking a file system that may be dead
//! ```
//!
//! Everything is opened by name below an open directory and no link is followed, so whatever
//! somebody renames or swaps meanwhile, nothing outside the roots is looked at. What vanishes
//! between being listed and being opened was not there: that is no error.

mod batch;
mod crew;
mod crossing;
mod exclude;
mod haul;
mod listing;
mod looking;
mod node;
mod places;
mod pool;
mod reopen;
mod root;
mod stack;
mod stores;
#[cfg(test)]
mod tests;
mod worker;

pub(super) use exclude::Exclude;
pub use stores::{is_in_store, is_remote};

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use crate::model::{
    Attributes, FileAcl, Gid, Inode, Mode, Parent, Pattern, Root, Skipped, Uid, Unreadable,
};
use crate::sys::silent::Answer;

/// What to walk, and how.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each a question of its own
pub struct Request<'a> {
    /// Directories, or socket files. Links on the way to one are followed.
    pub roots: &'a [PathBuf],
    /// Nobody named them: one that is missing is left out without a word, and one that is a
    /// remote mount itself is skipped.
    pub defaults: bool,
    /// Enter no mount but those that are roots.
    pub one_file_system: bool,
    /// Left out: whole paths, as given or real, or names where the pattern has no `/`.
    pub exclude: &'a [Pattern],
    /// How many threads at most; `None` for as many as there are processors for us.
    pub jobs: Option<NonZeroUsize>,
    /// Look at the directory of each socket too.
    pub parents: bool,
    /// Read the ACL of each socket too.
    pub acls: bool,
}

/// Knows of inodes to which something is bound, so that nobody has to be asked.
pub trait Known: fmt::Debug + Sync {
    /// The number, among those that are known, of what is bound to that inode.
    fn bound(&self, inode: Inode) -> Option<u32>;
}

/// A socket file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Below the root as given.
    pub path: PathBuf,
    /// The same with every link resolved, where that differs.
    pub resolved: Option<PathBuf>,
    /// The inode that was looked at.
    pub inode: Inode,
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub uid: Uid,
    /// Its group.
    pub gid: Gid,
    /// What else keeps it where it is.
    pub attributes: Attributes,
    /// Its ACL, where that was asked for.
    pub acl: FileAcl,
    /// Its directory, where that was asked for and could be had.
    pub parent: Option<Parent>,
    /// Whether anything is bound to it.
    pub bound: Bound,
}

/// How it is known whether anything is bound to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    /// Something is, of that number: see [`Known`]. Nobody was asked.
    Known(u32),
    /// The test has shown it.
    Tested(Answer),
}

/// What a walk brought home. Every list is sorted by path, name by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// Where it began, in the order given, each real place once.
    pub roots: Vec<Root>,
    /// The sockets.
    pub found: Vec<Found>,
    /// What could not be looked at.
    pub unreadable: Vec<Unreadable>,
    /// What was left out on purpose.
    pub skipped: Vec<Skipped>,
    /// Directories read.
    pub directories: u64,
    /// Entries of any kind seen in them.
    pub entries: u64,
}

/// How far a walk has come, for whoever looks on from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Directories read.
    pub directories: AtomicU64,
    /// Entries of any kind seen in them.
    pub entries: AtomicU64,
    /// Sockets found.
    pub sockets: AtomicU64,
}

/// Walks all roots to their ends. What fails is part of the outcome.
pub fn walk(request: &Request<'_>, progress: &Progress) -> Walked {
    whole(walk_knowing(request, None, progress))
}

fn whole((mut walked, runs): (Walked, Vec<Vec<Found>>)) -> Walked {
    walked.found = runs.into_iter().flatten().collect();
    walked
}

/// The same. What `known` vouches for is not tested, which spares most of the system calls. What
/// is found stands apart, one sorted run behind the other.
pub(super) fn walk_knowing(
    request: &Request<'_>,
    known: Option<&dyn Known>,
    progress: &Progress,
) -> (Walked, Vec<Vec<Found>>) {
    crew::Walk::new(request, known, progress).run()
}
