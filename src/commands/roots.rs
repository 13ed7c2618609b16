//! Where to look when nobody says where, and how places are named.

use std::path::{Path, PathBuf};

use crate::model::Pattern;

const DEFAULT_ROOTS: [&str; 6] = [
    "/run",
    "/tmp",
    "/var/tmp",
    "/var/lib",
    "/var/spool",
    "/dev/shm",
];

/// The paths given, or the places where sockets are usually kept. They are absolute, with every
/// link kept, so that a report says the same wherever it is read, and in the words of policies
/// and of the kernel's list.
pub(super) fn or_default(given: &[PathBuf]) -> Vec<PathBuf> {
    if given.is_empty() {
        return DEFAULT_ROOTS.iter().map(PathBuf::from).collect();
    }
    given.iter().map(|path| absolute(path)).collect()
}

/// Whether a directory is one of the places where everybody keeps sockets.
pub(super) fn is_common(directory: &Path) -> bool {
    DEFAULT_ROOTS
        .iter()
        .any(|root| directory == Path::new(root))
}

/// A path as it is told, and as policies know it: with every link kept. Without a working directory
/// it stays as it is, and looking at it tells why that fails.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// What to leave out below such paths: a pattern with a slash that is relative is meant from the
/// working directory, as a path is.
pub(super) fn left_out(patterns: &[Pattern]) -> Vec<Pattern> {
    let here = std::env::current_dir().ok();
    let meant = |pattern: &Pattern| here.as_deref().and_then(|here| from_here(pattern, here));
    let mut all = patterns.to_vec();
    all.extend(patterns.iter().filter_map(meant));
    all
}

/// `None` where it says nothing else from there, or cannot be said.
fn from_here(pattern: &Pattern, here: &Path) -> Option<Pattern> {
    let mut text = pattern.as_str();
    if text.starts_with('/') || !text.contains('/') {
        return None;
    }
    while let Some(rest) = text.strip_prefix("./") {
        text = rest.trim_start_matches('/');
    }
    let here = here.to_str()?.trim_end_matches('/');
    format!("{}/{text}", Pattern::escape(here)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_absolute_and_keep_their_links() {
        let here = std::env::current_dir().unwrap();
        let given = ["/run/../tmp", "a/b", "."].map(PathBuf::from);
        let expected = [PathBuf::from("/run/../tmp"), here.join("a/b"), here];
        assert_eq!(or_default(&given), expected);
        assert_eq!(or_default(&[])[0], Path::new("/run"));
    }

    #[test]
    fn a_relative_pattern_is_meant_from_here() {
        let meant = |text: &str| {
            let pattern = from_here(&text.parse().unwrap(), Path::new("/srv/a*b"))?;
            Some(pattern.as_str().to_owned())
        };
        assert_eq!(meant("run/*.sock").unwrap(), r"/srv/a\*b/run/*.sock");
        assert_eq!(meant("././run/a").unwrap(), r"/srv/a\*b/run/a");
        assert_eq!(meant("/run/a"), None);
        assert_eq!(meant("*.sock"), None);
    }
}
