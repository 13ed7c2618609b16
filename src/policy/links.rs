//! Patterns whose directory leads through a link: `/var/run/x.sock` is `/run/x.sock`.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::model::{Host, Pattern};

/// Links that are followed for one directory, as the kernel has it.
const MOST_LINKS: usize = 40;

/// An absolute path without links, those followed that lead to what is not there yet, and no more
/// of them than the kernel follows.
pub fn real_directory(path: &Path, host: &dyn Host) -> PathBuf {
    Links::new(host).follow(PathBuf::from("/"), path, &mut 0)
}

/// Resolves directories, each component of each once.
pub(super) struct Links<'h> {
    host: &'h dyn Host,
    /// By their bytes: a path is hashed component by component.
    real: HashMap<OsString, PathBuf>,
    /// What stands for the directories of patterns, many of which have the same; `None` for one
    /// that no link leads through.
    directories: HashMap<Vec<u8>, Option<String>>,
}

impl<'h> Links<'h> {
    pub(super) fn new(host: &'h dyn Host) -> Self {
        Links {
            host,
            real: HashMap::new(),
            directories: HashMap::new(),
        }
    }

    /// The same pattern with the links of its literal directory resolved, where there are any.
    pub(super) fn resolved(&mut self, pattern: &Pattern) -> Option<Pattern> {
        let (directory, rest) = pattern.literal_directory();
        // Abstract names are in no directory.
        if directory.first() != Some(&b'/') {
            return None;
        }
        let real = if let Some(known) = self.directories.get(&directory) {
            known.clone()?
        } else {
            let real = self.elsewhere(&directory);
            self.directories.insert(directory, real.clone());
            real?
        };
        format!("{}{rest}", Pattern::escape(&real)).parse().ok()
    }

    /// Where a directory really is, if that is not where it is named.
    fn elsewhere(&mut self, directory: &[u8]) -> Option<String> {
        // What is not UTF-8 stands in no policy.
        let directory = Path::new(str::from_utf8(directory).ok()?);
        let mut followed = 0;
        let real = self.real(directory, &mut followed);
        if real == directory {
            return None;
        }
        Some(real.to_str()?.trim_end_matches('/').to_owned())
    }

    /// Of a path without `.` and `..`.
    fn real(&mut self, path: &Path, followed: &mut usize) -> PathBuf {
        if let Some(known) = self.real.get(path.as_os_str()) {
            return known.clone();
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return path.to_path_buf();
        };
        let parent = self.real(parent, followed);
        let here = parent.join(name);
        let real = match self.host.read_link(&here) {
            Some(target) if *followed < MOST_LINKS => {
                *followed += 1;
                self.follow(parent, &target, followed)
            }
            _ => here,
        };
        self.real.insert(path.as_os_str().to_owned(), real.clone());
        real
    }

    fn follow(&mut self, from: PathBuf, target: &Path, followed: &mut usize) -> PathBuf {
        let mut at = from;
        for component in target.components() {
            match component {
                Component::RootDir | Component::Prefix(_) => at = PathBuf::from("/"),
                Component::CurDir => {}
                Component::ParentDir => {
                    at.pop();
                }
                Component::Normal(name) => at = self.real(&at.join(name), followed),
            }
        }
        at
    }
}
