//! What one worker gathers, and how the parts become one outcome.

use std::cmp::Ordering;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::model::{Pattern, Root, SkipReason, Skipped, Unreadable};

use super::{Found, Walked};

/// What one worker gathers.
#[derive(Debug, Default)]
pub(super) struct Haul {
    pub(super) found: Vec<Found>,
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) directories: u64,
    pub(super) entries: u64,
}

impl Haul {
    pub(super) fn unreadable(&mut self, path: Vec<u8>, why: String) {
        let path = to_path(path);
        self.unreadable.push(Unreadable { path, why });
    }

    pub(super) fn skipped(&mut self, path: Vec<u8>, reason: SkipReason) {
        let path = to_path(path);
        self.skipped.push(Skipped { path, reason });
    }

    pub(super) fn excluded(&mut self, path: Vec<u8>, pattern: &Pattern) {
        self.skipped(path, SkipReason::Excluded(pattern.as_str().to_owned()));
    }

    /// The outcome of all workers.
    pub(super) fn merge(hauls: Vec<Haul>, roots: Vec<Root>) -> Walked {
        let mut all = Walked {
            roots,
            ..Walked::default()
        };
        for haul in hauls {
            if all.found.is_empty() {
                all.found = haul.found;
            } else {
                all.found.extend(haul.found);
            }
            all.unreadable.extend(haul.unreadable);
            all.skipped.extend(haul.skipped);
            all.directories += haul.directories;
            all.entries += haul.entries;
        }
        all.found.sort_by(|a, b| by_names(&a.path, &b.path));
        // A name that is renamed while its directory is read may be listed twice.
        all.found
            .dedup_by(|a, b| a.inode == b.inode && a.path == b.path);
        all.unreadable.sort_by(|a, b| by_names(&a.path, &b.path));
        all.skipped.sort_by(|a, b| by_names(&a.path, &b.path));
        // What may be a directory or a socket is left out as either.
        all.skipped.dedup();
        all
    }
}

pub(super) fn to_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// The order of [`Path`], name by name, without taking the paths apart: they are of the same
/// making, and the slash only has to sort before every other byte.
fn by_names(a: &Path, b: &Path) -> Ordering {
    let (a, b) = (a.as_os_str().as_bytes(), b.as_os_str().as_bytes());
    let rank = |byte: u8| if byte == b'/' { 0 } else { u16::from(byte) + 1 };
    let start = in_common(a, b);
    match a[start..].iter().zip(&b[start..]).find(|(a, b)| a != b) {
        Some((&a, &b)) => rank(a).cmp(&rank(b)),
        None => a.len().cmp(&b.len()),
    }
}

/// How many bytes at least both begin with. Neighbours share most of their path.
fn in_common(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 16;
    let steps = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    STEP * steps.take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_paths() {
        let ends = ["/a-b", "/a/b", "/a", "/a/b/c", "/a/b-c", "/\u{1}", "/ab"];
        for shared in [
            "",
            "/fifteen--bytes",
            "/sixteen-bytes--",
            "/seventeen-bytes-",
        ] {
            let mut paths = ends.map(|end| PathBuf::from(format!("{shared}{end}")));
            let mut expected = paths.clone();
            expected.sort_unstable();
            paths.sort_by(|a, b| by_names(a, b));
            assert_eq!(paths, expected);
        }
    }
}
