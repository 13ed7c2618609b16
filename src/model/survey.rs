//! What a look at the host brought home, before anybody judges it.

use std::path::{Path, PathBuf};

use super::Socket;

/// Sockets, and every place that was not looked at, with the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Where the walk began, each real place once.
    pub roots: Vec<Root>,
    /// Sorted by name; abstract names last.
    pub sockets: Vec<Socket>,
    /// Places that could not be looked at, though they should have been.
    pub unreadable: Vec<Unreadable>,
    /// Places that were left out on purpose.
    pub skipped: Vec<Skipped>,
    /// Directories read.
    pub directories: u64,
    /// Entries of any kind seen in them.
    pub entries: u64,
    /// Whether abstract names were asked for and could be listed.
    pub abstract_names: bool,
    /// What could not be had and makes answers poorer (`the kernel's list of sockets: ...`).
    pub notes: Vec<String>,
}

/// Where a walk began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// As it was given.
    pub given: PathBuf,
    /// The same with every link resolved.
    pub real: PathBuf,
}

impl Survey {
    /// Whether `path` is one of the roots, as given or as resolved, or below one.
    pub fn covers(&self, path: &Path) -> bool {
        self.roots
            .iter()
            .any(|root| path.starts_with(&root.given) || path.starts_with(&root.real))
    }

    /// Whether anything at or below `path`, or above it, was not looked at, so that the absence
    /// of a socket there proves nothing.
    pub fn is_blind_to(&self, path: &Path) -> bool {
        let hides = |place: &Path| path.starts_with(place) || place.starts_with(path);
        self.unreadable.iter().any(|place| hides(&place.path))
            || self.skipped.iter().any(|place| hides(&place.path))
    }
}

/// A place that should have been looked at and could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The directory or file.
    pub path: PathBuf,
    /// What failed and why: `cannot open the directory: Permission denied (EACCES)`.
    pub why: String,
}

/// A place that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The directory.
    pub path: PathBuf,
    /// Why.
    pub reason: SkipReason,
}

/// Why a place was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A mount of this file system type, which is not entered unless it is named.
    Mount(String),
    /// `--one-file-system`
    OtherFileSystem,
    /// Images and layers of a container engine: a live socket there answers as a stale one.
    ContainerStore,
    /// An `--exclude` pattern.
    Excluded(String),
}
