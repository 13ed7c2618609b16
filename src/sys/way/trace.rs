//! The same way with all that the kernel looks at when somebody goes it: each directory, each
//! link and the socket at the end, pinned while it is read.

use std::ffi::{CString, OsStr};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::io::Errno;

use super::recorder::{Care, Recorder, os};
use super::untold::Untold;
use super::walk::{Start, Walk};
use super::{broken, components};
use crate::model::{Found, Step, Trail, Way};
use crate::sys::dir::Kind;

/// Somebody who moves directories all the time shall not hold us for ever.
pub(super) const TRIES: usize = 16;

/// Goes the absolute `path` as connect(2) does, links at its end followed too, in our own view
/// of the file system, or in that of a process whose root directory is given.
///
/// # Errors
///
/// Where it does not lead to a socket, or a fact is not to be had.
pub fn trace(path: &Path, root: Option<&OwnedFd>) -> Result<Trail, Untold> {
    let mut outcome = once(path, root);
    for _ in 1..TRIES {
        if !matches!(outcome, Err(Untold::Moved(_))) {
            break;
        }
        outcome = once(path, root);
    }
    outcome
}

/// fs.protected_symlinks, which is asked for only where it counts: of a link that nothing comes
/// after.
pub(super) fn protected_symlinks(steps: &[Arc<Step>]) -> Result<bool, Untold> {
    if !ends_at_a_link(steps) {
        return Ok(false);
    }
    let value = std::fs::read("/proc/sys/fs/protected_symlinks");
    let value = value.map_err(|error| Untold::Settings(error.into()))?;
    Ok(value.trim_ascii() != b"0")
}

fn ends_at_a_link(steps: &[Arc<Step>]) -> bool {
    let is_trailing = |step: &Arc<Step>| matches!(step.found, Found::Link { trailing: true, .. });
    steps.iter().any(is_trailing)
}

fn once(path: &Path, root: Option<&OwnedFd>) -> Result<Trail, Untold> {
    let bytes = path.as_os_str().as_bytes();
    let mut steps: std::collections::VecDeque<_> = components(bytes).collect();
    if bytes.ends_with(b"/") {
        steps.push_back(b".".to_vec());
    }
    let mut recorder = Recorder::new(Care::Everything, true);
    let start = root.map_or(Start::OurRoot, Start::Root);
    let walk = Walk::begin(start, steps, &mut recorder);
    let outcome = walk.and_then(|mut walk| walk.run());
    if let Some(untold) = recorder.untold {
        return Err(untold);
    }
    let missing = outcome.map_err(|(at, errno)| Untold::Broken(broken(&at, errno)))?;
    let end = recorder.end.take();
    let way = Way {
        protected_symlinks: protected_symlinks(&recorder.steps)?,
        directories: recorder.directories,
        steps: recorder.steps,
        end: recorder.here,
    };
    match end {
        Some((Kind::Socket, name, socket)) => Ok(Trail { way, name, socket }),
        Some((kind, ..)) => Err(Untold::NotASocket(kind.as_str())),
        None if missing.is_empty() => Err(Untold::NotASocket(Kind::Directory.as_str())),
        None => Err(ends_nowhere(&way, &missing)),
    }
}

/// The first name that is not there, and the last link before it.
fn ends_nowhere(way: &Way, missing: &[CString]) -> Untold {
    let here = &way.directories[way.end].node.path;
    let at = here.join(missing.first().map_or(OsStr::new(""), |name| os(name)));
    let link = way.steps.iter().rev().find_map(|step| match &step.found {
        Found::Link { node, .. } => Some(node.path.clone()),
        Found::Directory(_) => None,
    });
    match link {
        Some(link) => Untold::DeadLink { link, at },
        None => Untold::Broken(broken(&at, Errno::NOENT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever this host has set, which may be that no link is protected.
    #[test]
    fn the_setting_counts_where_a_link_ends_the_path_and_nowhere_else() {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().canonicalize().unwrap();
        std::fs::create_dir(top.join("a")).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(top.join("a/s")).unwrap();
        std::os::unix::fs::symlink("a", top.join("directory")).unwrap();
        std::os::unix::fs::symlink("a/s", top.join("socket")).unwrap();
        let set = std::fs::read("/proc/sys/fs/protected_symlinks").unwrap();
        let set = set.trim_ascii() != b"0";
        for (name, counts) in [("a/s", false), ("directory/s", false), ("socket", true)] {
            let way = trace(&top.join(name), None).unwrap().way;
            assert_eq!(ends_at_a_link(&way.steps), counts, "{name}");
            assert_eq!(way.protected_symlinks, counts && set, "{name}");
        }
    }
}
