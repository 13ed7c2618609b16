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
    /// What was found in shares of busy directories, each sorted.
    pub(super) runs: Vec<Vec<Found>>,
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

    /// The outcome of all workers; what was found apart, one run behind the other.
    pub(super) fn merge(hauls: Vec<Haul>, roots: Vec<Root>) -> (Walked, Vec<Vec<Found>>) {
        let mut all = Walked {
            roots,
            ..Walked::default()
        };
        let mut rest = Vec::new();
        let mut runs = Vec::new();
        for haul in hauls {
            if rest.is_empty() {
                rest = haul.found;
            } else {
                rest.extend(haul.found);
            }
            runs.extend(haul.runs);
            all.unreadable.extend(haul.unreadable);
            all.skipped.extend(haul.skipped);
            all.directories += haul.directories;
            all.entries += haul.entries;
        }
        rest.sort_by(in_order);
        runs.push(rest);
        all.unreadable.sort_by(|a, b| by_names(&a.path, &b.path));
        all.skipped.sort_by(|a, b| by_names(&a.path, &b.path));
        // What may be a directory or a socket is left out as either.
        all.skipped.dedup();
        (all, one_behind_the_other(runs))
    }
}

/// Sorted runs, none of which begins before the last one ends: mostly they are that already, and
/// nothing has to be moved.
fn one_behind_the_other(mut runs: Vec<Vec<Found>>) -> Vec<Vec<Found>> {
    // A name that is renamed while its directory is read may be listed twice.
    let same = |a: &Found, b: &Found| a.inode == b.inode && a.path == b.path;
    runs.retain(|run| !run.is_empty());
    runs.sort_by(|a, b| in_order(&a[0], &b[0]));
    let apart = |pair: &[Vec<Found>]| match (pair[0].last(), pair[1].first()) {
        (Some(last), Some(first)) => in_order(last, first).is_lt(),
        _ => false,
    };
    if !runs.windows(2).all(apart) {
        let mut all: Vec<Found> = runs.into_iter().flatten().collect();
        all.sort_by(in_order);
        runs = vec![all];
    }
    for run in &mut runs {
        run.dedup_by(|a, b| same(a, b));
    }
    runs
}

fn in_order(a: &Found, b: &Found) -> Ordering {
    by_names(&a.path, &b.path)
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
