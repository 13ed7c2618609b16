//! Socket files of ours while the command runs: the kernel tells when one is changed, moved or
//! removed, and nothing is looked at until it does.
//!
//! What is watched is the inode itself, and every directory and link on the way to it; what else
//! happens in those directories wakes nobody. Only while a path leads to nothing of ours, the last
//! directory of the way is watched for names.

use std::collections::{BTreeSet, HashMap};
use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::change::own::Own;
use crate::model::{Inode, Mode, Ownership};
use crate::sys::dir::{Facts, Failure, Kind};
use crate::sys::inotify::{Event, Watch, Watcher};
use crate::sys::way;

/// How long a path has to lead elsewhere before it is told: who ends removes it before it closes
/// its socket, and who starts anew removes it before it binds the next one.
const GRACE: Duration = Duration::from_millis(50);

/// A file that is changed again and again is looked at that often at most.
const BREATH: Duration = Duration::from_millis(100);

/// Files that are guarded. Each has a number, in the order in which they were added.
#[derive(Debug, Default)]
pub struct Guard {
    watcher: Option<Watcher>,
    watched: Watched,
    files: Vec<Guarded>,
}

/// Whom what is watched concerns.
type Watched = HashMap<Watch, BTreeSet<usize>>;

/// A file that is guarded.
#[derive(Debug)]
pub struct Guarded {
    /// The file.
    pub own: Own,
    /// The kernel's number of the socket that is bound to it, where that is known.
    pub number: Option<u32>,
    /// As it was when it was last looked at.
    pub seen: Look,
    place: Place,
    /// When it is to be looked at; `None`: when something happens.
    due: Option<Instant>,
    /// Something has happened to its inode.
    touched: bool,
    looked: Option<Instant>,
}

/// What can change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its permission bits.
    pub mode: Mode,
    /// Its owner.
    pub owner: Ownership,
}

impl From<Facts> for Look {
    fn from(facts: Facts) -> Look {
        Look {
            mode: facts.mode,
            owner: Ownership {
                uid: facts.uid,
                gid: facts.gid,
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Here,
    /// And what was told of it last.
    Elsewhere(Option<Elsewhere>),
}

/// Where a path leads that does not lead to the file any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// Nowhere.
    Nowhere,
    /// To another file.
    To(Inode),
}

/// What has happened to the file of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Mode, owner or ACL, or none of them but something else of its inode: how many names it has,
    /// or when it was used.
    Changed {
        /// Of which.
        file: usize,
        /// What it was like before.
        from: Look,
        /// What it is like now.
        to: Look,
    },
    /// Its path leads elsewhere, and still does after a while.
    Lost(usize, Elsewhere),
    /// Its path leads to it again.
    Back(usize),
}

impl Guard {
    /// What becomes readable when something has happened. It may be another one after a turn.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.watcher.as_ref().map(AsFd::as_fd)
    }

    /// When a look is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.files.iter().filter_map(|file| file.due).min()
    }

    /// All of them.
    pub fn files(&self) -> &[Guarded] {
        &self.files
    }

    /// No longer guards anything, and hands everything over.
    pub fn into_files(self) -> impl Iterator<Item = Guarded> {
        self.files.into_iter()
    }

    /// Guards one more. The error says what of it cannot be watched; it is guarded as far as can
    /// be.
    pub fn add(&mut self, own: Own, number: Option<u32>) -> Result<usize, Failure> {
        let facts = own.facts()?;
        self.files.push(Guarded {
            own,
            number,
            seen: facts.into(),
            place: Place::Here,
            // What happened before it was watched.
            due: Some(Instant::now()),
            touched: false,
            looked: None,
        });
        let index = self.files.len() - 1;
        self.watch(index)?;
        Ok(index)
    }

    /// In the place of one that is gone the same path leads to another one of ours.
    pub fn replace(&mut self, index: usize, own: Own, number: Option<u32>) -> Result<(), Failure> {
        let seen = own.facts()?.into();
        let file = &mut self.files[index];
        (file.own, file.number, file.seen) = (own, number, seen);
        file.place = Place::Here;
        self.watch_anew(Instant::now())
    }

    /// Gives it its name back, where it has only been renamed.
    pub fn put_back(&mut self, index: usize) -> Result<(), String> {
        let file = &mut self.files[index];
        file.own.put_back()?;
        file.place = Place::Here;
        file.due = Some(Instant::now());
        // What cannot be watched now is told by what was before.
        let _ = self.watch_anew(Instant::now());
        Ok(())
    }

    /// What was told of where its path leads is to be told again after a while, if it is still so.
    pub fn ask_again(&mut self, index: usize, at: Instant) {
        if let Some(file) = self.files.get_mut(index)
            && let Place::Elsewhere(told) = &mut file.place
        {
            *told = None;
            file.due = Some(at);
        }
    }

    /// It was changed by ourselves.
    pub fn forgive(&mut self, index: usize) {
        if let Some(file) = self.files.get_mut(index)
            && let Ok(facts) = file.own.facts()
        {
            file.seen = facts.into();
        }
    }

    /// Reads what has happened, and looks at what is due.
    pub fn turn(&mut self, now: Instant) -> Vec<Happening> {
        self.read(now);
        let is_due = |file: &Guarded| file.due.is_some_and(|due| due <= now);
        let due: Vec<usize> = (0..self.files.len())
            .filter(|&index| is_due(&self.files[index]))
            .collect();
        let mut happenings = Vec::new();
        for index in due {
            self.look(index, now, &mut happenings);
        }
        happenings
    }

    fn read(&mut self, now: Instant) {
        if let Some(watcher) = &mut self.watcher {
            // What cannot be read now is read the next time.
            let events = watcher.wait(Duration::ZERO).unwrap_or_default();
            Guard::mark(&mut self.files, &self.watched, &events, now);
        }
    }

    /// Sees to it that whatever events concern is looked at.
    fn mark(files: &mut [Guarded], watched: &Watched, events: &[Event], now: Instant) {
        for event in events {
            let concerned: Vec<usize> = match event {
                Event::Lost => (0..files.len()).collect(),
                Event::Named(watch, _) | Event::Changed(watch) | Event::Gone(watch) => {
                    watched.get(watch).into_iter().flatten().copied().collect()
                }
            };
            for index in concerned {
                let file = &mut files[index];
                // In a directory that is watched for names, most are those of others.
                let other =
                    |name: &CString| file.place == Place::Here && *name != file.own.named().name;
                if matches!(event, Event::Named(_, name) if other(name)) {
                    continue;
                }
                file.touched |= !matches!(event, Event::Named(..));
                let earliest = file.looked.map_or(now, |looked| looked + BREATH).max(now);
                file.due = Some(file.due.map_or(earliest, |due| due.min(earliest)));
            }
        }
    }

    fn look(&mut self, index: usize, now: Instant, happenings: &mut Vec<Happening>) {
        let file = &mut self.files[index];
        (file.due, file.looked) = (None, Some(now));
        let touched = std::mem::take(&mut file.touched);
        if let Ok(facts) = file.own.facts() {
            let to = Look::from(facts);
            let from = std::mem::replace(&mut file.seen, to);
            if touched || from != to {
                happenings.push(Happening::Changed {
                    file: index,
                    from,
                    to,
                });
            }
        }
        let place = where_to(&file.own);
        match (place, file.place) {
            (None, Place::Here) => return,
            (None, Place::Elsewhere(told)) => {
                file.place = Place::Here;
                if told.is_some() {
                    happenings.push(Happening::Back(index));
                }
            }
            (Some(_), Place::Here) => {
                file.place = Place::Elsewhere(None);
                file.due = Some(now + GRACE);
            }
            (Some(place), Place::Elsewhere(told)) => {
                if told != Some(place) {
                    file.place = Place::Elsewhere(Some(place));
                    happenings.push(Happening::Lost(index, place));
                }
            }
        }
        // The way leads through other directories, or ends in another one. What cannot be watched
        // now is told by what was before.
        let _ = self.watch_anew(now);
        let file = &mut self.files[index];
        if where_to(&file.own) != place {
            file.due = Some(now);
        }
    }

    /// Watches everything anew; nothing that happens meanwhile is missed.
    fn watch_anew(&mut self, now: Instant) -> Result<(), Failure> {
        let before = self.watcher.replace(Watcher::new()?);
        let concerned = std::mem::take(&mut self.watched);
        for index in 0..self.files.len() {
            self.watch(index)?;
        }
        if let Some(mut before) = before {
            let events = before.wait(Duration::ZERO).unwrap_or_default();
            Guard::mark(&mut self.files, &concerned, &events, now);
        }
        Ok(())
    }

    /// Watches the file, and all that leads to it.
    fn watch(&mut self, index: usize) -> Result<(), Failure> {
        let watcher = match &mut self.watcher {
            Some(watcher) => watcher,
            none => none.insert(Watcher::new()?),
        };
        let file = &self.files[index];
        let mut found = Vec::new();
        // It takes `r` on the file; its directory tells the most of it, too.
        match watcher.watch_inode(file.own.pinned()) {
            Ok(watch) => found.push(watch),
            Err(_) => found.push(watcher.watch_names(file.own.dir().as_fd())?),
        }
        let mut last = None;
        let way = way::reach_through(file.own.path(), &mut |place| {
            // Where a directory may not be read it is not told that it is moved.
            found.extend(watcher.watch_place(place.as_fd()));
            let is_directory = |facts: Facts| facts.kind == Kind::Directory;
            if place.facts().is_ok_and(is_directory) {
                last = place.try_clone().ok();
            }
        });
        // What is missing has to come there.
        if let Some(last) = last.filter(|_| file.place != Place::Here || way.is_err()) {
            found.extend(watcher.watch_names(last.as_fd()));
        }
        for watch in found {
            self.watched.entry(watch).or_default().insert(index);
        }
        Ok(())
    }
}

/// `None`: to the file, or nobody can tell.
fn where_to(own: &Own) -> Option<Elsewhere> {
    match way::reach(own.path()) {
        Ok(reached) => {
            let inode = reached.pinned.facts().ok()?.inode;
            (inode != own.inode()).then_some(Elsewhere::To(inode))
        }
        Err(broken) => broken.failure.is_gone().then_some(Elsewhere::Nowhere),
    }
}

#[cfg(test)]
mod tests;
