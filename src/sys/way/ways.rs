//! Ways to many directories that lie near each other: what they have in common is gone once.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use super::broken;
use super::recorder::{Care, Recorder};
use super::trace::{TRIES, protected_symlinks};
use super::untold::Untold;
use super::walk::{Stand, Start, Walk};
use crate::model::Way;

/// What one call takes, without the NUL.
const LONGEST: usize = 4095;

/// Directories that are kept open at most, for others to be reached from there.
const KEPT: usize = 64;

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaze {
    /// What decides about somebody who owns nothing, is named nowhere and is in no group.
    Stranger,
    /// What decides about anybody.
    Everybody,
}

/// Goes ways in our own view of the file system. Those of directories that follow each other in
/// the order of their paths cost least.
#[derive(Debug)]
pub struct Ways {
    recorder: Recorder,
    /// From the root on, each below the one before it.
    levels: VecDeque<Level>,
}

/// A directory that was reached, and how far the record was then.
#[derive(Debug)]
struct Level {
    /// As it was asked for.
    path: PathBuf,
    stand: Stand,
    /// To here, where it was asked for.
    way: Option<Arc<Way>>,
    directories: usize,
    steps: usize,
    here: usize,
}

impl Ways {
    /// Has gone nowhere yet.
    pub fn new(gaze: Gaze) -> Ways {
        let care = match gaze {
            Gaze::Stranger => Care::Strangers,
            Gaze::Everybody => Care::Everything,
        };
        Ways {
            recorder: Recorder::new(care, false),
            levels: VecDeque::new(),
        }
    }

    /// Goes to the directory that an absolute path leads to, as connect(2) goes to a socket in it.
    ///
    /// # Errors
    ///
    /// Where it leads to none, or a fact is not to be had.
    pub fn to(&mut self, directory: &Path) -> Result<Arc<Way>, Untold> {
        if directory.as_os_str().len() > LONGEST {
            return Err(Untold::TooLong);
        }
        let mut outcome = self.go(directory);
        for _ in 1..TRIES {
            // What is gone may have been renamed, and be back at once.
            let is_unsteady =
                |untold: &Untold| matches!(untold, Untold::Moved(_)) || untold.is_gone();
            if !outcome.as_ref().is_err_and(is_unsteady) {
                break;
            }
            // What was kept may have been moved too.
            self.levels.clear();
            outcome = self.go(directory);
        }
        outcome?;
        let recorder = &self.recorder;
        let protected_symlinks = protected_symlinks(&recorder.steps)?;
        let level = self.levels.back_mut();
        let level = level.ok_or_else(|| gone(directory))?;
        let way = level.way.get_or_insert_with(|| {
            Arc::new(Way {
                directories: recorder.directories.clone(),
                steps: recorder.steps.clone(),
                end: recorder.here,
                protected_symlinks,
            })
        });
        Ok(Arc::clone(way))
    }

    fn go(&mut self, directory: &Path) -> Result<(), Untold> {
        let is_there = |level: &Level| level.path.as_os_str() == directory.as_os_str();
        if self.levels.back().is_some_and(is_there) {
            // The last way may have failed below here.
            self.rewind();
            return Ok(());
        }
        let leads_there = |level: &Level| directory.starts_with(&level.path);
        while self.levels.back().is_some_and(|level| !leads_there(level)) {
            self.levels.pop_back();
        }
        if self.levels.is_empty() {
            self.begin()?;
        }
        let known = self.levels.back().map_or(Path::new("/"), |it| &it.path);
        let mut path = known.to_owned();
        let ahead = directory.strip_prefix(known);
        let ahead = ahead.map_err(|_| gone(directory))?;
        for component in ahead.components() {
            path.push(component);
            self.enter(component.as_os_str(), &path)?;
        }
        self.rewind();
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Untold> {
        self.recorder.directories.clear();
        self.recorder.mounts.clear();
        self.recorder.steps.clear();
        let walk = Walk::begin(Start::OurRoot, VecDeque::new(), &mut self.recorder);
        let stand = walk.map(Walk::into_stand);
        self.reached(PathBuf::from("/"), stand.map(Some))
    }

    /// Takes one more name below the last level.
    fn enter(&mut self, name: &OsStr, path: &Path) -> Result<(), Untold> {
        self.rewind();
        let Some(level) = self.levels.back() else {
            return Err(gone(path));
        };
        // The way does not end there: the name of a socket follows, so a link is none at its end.
        let ahead = VecDeque::from([name.as_bytes().to_vec(), b".".to_vec()]);
        let stand = Walk::from(&level.stand, ahead, &mut self.recorder).and_then(|mut walk| {
            let missing = walk.run()?;
            Ok(missing.is_empty().then(|| walk.into_stand()))
        });
        self.reached(path.to_owned(), stand)
    }

    fn reached(
        &mut self,
        path: PathBuf,
        stand: Result<Option<Stand>, (PathBuf, Errno)>,
    ) -> Result<(), Untold> {
        if let Some(untold) = self.recorder.untold.take() {
            return Err(untold);
        }
        let stand = stand.map_err(|(at, errno)| Untold::Broken(broken(&at, errno)))?;
        let stand = stand.ok_or_else(|| gone(&path))?;
        if self.levels.len() >= KEPT {
            self.levels.pop_front();
        }
        self.levels.push_back(Level {
            path,
            stand,
            way: None,
            directories: self.recorder.directories.len(),
            steps: self.recorder.steps.len(),
            here: self.recorder.here,
        });
        Ok(())
    }

    /// Forgets what lies beyond the last level.
    fn rewind(&mut self) {
        if let Some(level) = self.levels.back() {
            self.recorder.directories.truncate(level.directories);
            self.recorder.mounts.truncate(level.directories);
            self.recorder.steps.truncate(level.steps);
            self.recorder.here = level.here;
        }
    }
}

fn gone(path: &Path) -> Untold {
    Untold::Broken(broken(path, Errno::NOENT))
}
