//! Which directories have to be watched, so that the coming of a path is seen.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use crate::sys::inotify::{Event, Watch, Watcher};

/// Who waits for which name in which directory. Those who wait are numbers of the caller's.
#[derive(Debug)]
pub struct Lookout {
    /// `None`: the kernel gives none. All is then seen by testing again and again.
    watcher: Option<Watcher>,
    awaited: HashMap<Watch, HashMap<Vec<u8>, BTreeSet<usize>>>,
}

/// Whom an event concerns.
#[derive(Debug, PartialEq, Eq)]
pub enum Woken {
    /// Those who wait for something of it.
    These(BTreeSet<usize>),
    /// More has happened than the kernel could keep.
    Everybody,
}

impl Lookout {
    /// Where the kernel gives nothing to watch with, nobody is ever woken but by time.
    pub fn new() -> Lookout {
        Lookout {
            watcher: Watcher::new().ok(),
            awaited: HashMap::new(),
        }
    }

    /// Watches every directory on the way that exists by now, the outer ones first: what is made
    /// in one of them after it was found missing is then told. Test after this, never before.
    ///
    /// Whether the whole way is watched.
    pub fn watch(&mut self, path: &Path, who: usize) -> bool {
        let Some(watcher) = &self.watcher else {
            return false;
        };
        for (directory, name) in way(path) {
            match watcher.watch(&directory) {
                Ok(watch) => {
                    let names = self.awaited.entry(watch).or_default();
                    names
                        .entry(name.as_bytes().to_vec())
                        .or_default()
                        .insert(who);
                }
                Err(failure) if failure.is_missing() => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// What becomes readable when there is an event; `None`: nothing does.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.watcher.as_ref().map(AsFd::as_fd)
    }

    /// Waits until something concerns somebody, or that long.
    pub fn wait(&mut self, longest: Duration) -> Woken {
        let events = match &mut self.watcher {
            Some(watcher) => watcher.wait(longest),
            None => crate::sys::inotify::pause(longest).map(|()| Vec::new()),
        };
        // What is not told by events is seen by the tests.
        let mut woken = BTreeSet::new();
        for event in events.unwrap_or_default() {
            match event {
                Event::Lost => return Woken::Everybody,
                Event::Changed(_) => {}
                Event::Gone(watch) => {
                    let names = self.awaited.remove(&watch).unwrap_or_default();
                    woken.extend(names.into_values().flatten());
                }
                Event::Named(watch, name) => {
                    let names = self.awaited.get(&watch);
                    let waiting = names.and_then(|names| names.get(name.to_bytes()));
                    woken.extend(waiting.into_iter().flatten());
                }
            }
        }
        Woken::These(woken)
    }
}

impl Default for Lookout {
    fn default() -> Lookout {
        Lookout::new()
    }
}

/// Each directory of the path with the name that is looked up in it.
fn way(path: &Path) -> Vec<(PathBuf, &OsStr)> {
    let mut directory = PathBuf::new();
    if !path.has_root() {
        directory.push(".");
    }
    let mut way = Vec::new();
    for component in path.components() {
        if let Component::Normal(name) = component {
            way.push((directory.clone(), name));
        }
        directory.push(component);
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_from_directory_to_directory() {
        let names = |path: &str| -> Vec<(String, String)> {
            let way = way(Path::new(path));
            way.iter()
                .map(|(dir, name)| (dir.display().to_string(), name.display().to_string()))
                .collect()
        };
        let pair = |dir: &str, name: &str| (dir.to_owned(), name.to_owned());
        assert_eq!(names("/a/b"), [pair("/", "a"), pair("/a", "b")]);
        assert_eq!(names("a/b"), [pair(".", "a"), pair("./a", "b")]);
        assert_eq!(names("../a"), [pair("./..", "a")]);
    }

    #[test]
    fn only_those_who_wait_for_the_name_are_woken() {
        let place = tempfile::tempdir().unwrap();
        let mut lookout = Lookout::new();
        assert!(lookout.watch(&place.path().join("a/s"), 0));
        assert!(lookout.watch(&place.path().join("s"), 1));
        std::fs::write(place.path().join("other"), "").unwrap();
        let nobody = Woken::These(BTreeSet::new());
        assert_eq!(lookout.wait(Duration::from_secs(10)), nobody);
        std::fs::create_dir(place.path().join("a")).unwrap();
        let first = Woken::These(BTreeSet::from([0]));
        assert_eq!(lookout.wait(Duration::from_secs(10)), first);
        assert!(lookout.watch(&place.path().join("a/s"), 0));
        std::fs::write(place.path().join("a/s"), "").unwrap();
        assert_eq!(lookout.wait(Duration::from_secs(10)), first);
    }
}
