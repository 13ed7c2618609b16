//! What a look at the host brought home, before anybody judges it.

use std::borrow::Cow;
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
    ///
    /// What lies below a root is compared by its real path too, for the same place may be named
    /// through a link here and without it there.
    pub fn is_blind_to(&self, path: &Path) -> bool {
        let overlap = |a: &Path, b: &Path| a.starts_with(b) || b.starts_with(a);
        let real = self.real(path);
        let hides = |place: &Path| overlap(path, place) || overlap(&real, &self.real(place));
        self.unreadable.iter().any(|place| hides(&place.path))
            || self.skipped.iter().any(|place| hides(&place.path))
    }

    /// The real path of what is named below a root as given. Links further down are not resolved:
    /// a walk follows none.
    pub fn real<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        let ways = self.roots.iter().map(|root| (&root.given, &root.real));
        moved(path, ways)
    }

    /// What has this real path, named below the root as given, as a walk names it.
    pub fn as_given<'p>(&self, real: &'p Path) -> Cow<'p, Path> {
        let ways = self.roots.iter().map(|root| (&root.real, &root.given));
        moved(real, ways)
    }
}

/// The path with the longest of these beginnings replaced by its other half.
fn moved<'p, 'r>(
    path: &'p Path,
    ways: impl Iterator<Item = (&'r PathBuf, &'r PathBuf)>,
) -> Cow<'p, Path> {
    let leading = ways.filter_map(|(from, to)| Some((from, to, path.strip_prefix(from).ok()?)));
    match leading.max_by_key(|(from, ..)| from.components().count()) {
        Some((from, to, rest)) if from != to => {
            let whole = rest.as_os_str().is_empty();
            Cow::Owned(if whole { to.clone() } else { to.join(rest) })
        }
        _ => Cow::Borrowed(path),
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
    /// The directory, or a socket file that is excluded.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn survey() -> Survey {
        let root = |given: &str, real: &str| Root {
            given: given.into(),
            real: real.into(),
        };
        Survey {
            roots: vec![root("/a", "/a"), root("/a/link", "/b"), root("/c/", "/a/d")],
            ..Survey::default()
        }
    }

    #[test]
    fn a_path_can_be_named_by_either_end_of_its_root() {
        let survey = survey();
        for (given, real) in [
            ("/a/link/s", "/b/s"),
            ("/a/link", "/b"),
            ("/a/s", "/a/s"),
            ("/c/s", "/a/d/s"),
            ("/elsewhere", "/elsewhere"),
        ] {
            let (given, real) = (Path::new(given), Path::new(real));
            assert_eq!(survey.real(given), real);
            assert_eq!(survey.as_given(real), given);
        }
    }

    #[test]
    fn a_place_hides_what_is_there_by_any_name() {
        let mut survey = survey();
        survey.unreadable.push(Unreadable {
            path: "/a/link/closed".into(),
            why: String::new(),
        });
        survey.skipped.push(Skipped {
            path: "/c/s".into(),
            reason: SkipReason::OtherFileSystem,
        });
        for hidden in ["/b/closed/s", "/a/link/closed/s", "/b", "/a", "/a/d/s"] {
            assert!(survey.is_blind_to(Path::new(hidden)), "{hidden}");
        }
        for seen in ["/b/s", "/a/link/s", "/b/close", "/a/d/t", "/c/t"] {
            assert!(!survey.is_blind_to(Path::new(seen)), "{seen}");
        }
    }
}
