//! Names that appear in directories, and inodes that are changed or moved, inotify(7).

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use super::dir::{Failure, Pinned};

/// A directory or another inode that is watched. Two paths of one inode have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Watch(i32);

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A name has come into the directory, or gone where that was asked for, or what it leads to
    /// has got other permissions.
    Named(Watch, CString),
    /// The inode itself has other permissions, another owner, or a link more or less.
    Changed(Watch),
    /// The inode itself has gone or was moved: it is watched no more, or elsewhere.
    Gone(Watch),
    /// More has happened than the kernel could keep: anything may have changed.
    Lost,
}

/// Watches directories and other inodes.
#[derive(Debug)]
pub struct Watcher {
    inotify: OwnedFd,
    buffer: Vec<MaybeUninit<u8>>,
}

impl Watcher {
    /// Fails where the user has too many of them (`fs.inotify.max_user_instances`).
    pub fn new() -> Result<Watcher, Failure> {
        Ok(Watcher {
            inotify: inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?,
            buffer: vec![MaybeUninit::uninit(); 16 * 1024],
        })
    }

    /// Watches the directory that `path` leads to, through links. It may be watched already.
    pub fn watch(&self, path: &Path) -> Result<Watch, Failure> {
        let interest = WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        Ok(Watch(inotify::add_watch(&self.inotify, path, interest)?))
    }

    /// Watches the very inode that is pinned, whatever its path leads to by now. That takes `r` on
    /// it.
    pub fn watch_inode(&self, pinned: &Pinned) -> Result<Watch, Failure> {
        let interest = WatchFlags::ATTRIB | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
        self.watch_open(pinned.as_fd(), interest)
    }

    /// Watches whether the directory is moved or removed; what is done in it is not told, unless
    /// it is watched for that, too. That takes `r` on it.
    pub fn watch_place(&self, dir: BorrowedFd<'_>) -> Result<Watch, Failure> {
        let interest = WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF | WatchFlags::MASK_ADD;
        self.watch_open(dir, interest)
    }

    /// Watches for names that come into the directory or go, and what they lead to, too.
    pub fn watch_names(&self, dir: BorrowedFd<'_>) -> Result<Watch, Failure> {
        let names = WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB;
        self.watch_open(dir, names | WatchFlags::MASK_ADD)
    }

    /// What was opened is asked for by its descriptor, which no rename can lead elsewhere.
    fn watch_open(&self, opened: BorrowedFd<'_>, interest: WatchFlags) -> Result<Watch, Failure> {
        let path = format!("/proc/self/fd/{}", opened.as_raw_fd());
        Ok(Watch(inotify::add_watch(&self.inotify, path, interest)?))
    }

    /// Waits until something happens, or that long; then says all that has happened. An
    /// interruption by a signal ends the wait, too.
    pub fn wait(&mut self, longest: Duration) -> Result<Vec<Event>, Failure> {
        wait_for(&mut [PollFd::new(&self.inotify, PollFlags::IN)], longest)?;
        let mut events = Vec::new();
        let mut reader = inotify::Reader::new(&self.inotify, &mut self.buffer);
        loop {
            match reader.next() {
                Ok(event) => events.extend(read(event.wd(), event.events(), event.file_name())),
                Err(Errno::AGAIN) => return Ok(events),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl AsFd for Watcher {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

fn read(watch: i32, events: ReadFlags, name: Option<&CStr>) -> Option<Event> {
    let gone = ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
    if events.contains(ReadFlags::QUEUE_OVERFLOW) {
        Some(Event::Lost)
    } else if events.intersects(gone) {
        Some(Event::Gone(Watch(watch)))
    } else if let Some(name) = name {
        Some(Event::Named(Watch(watch), name.to_owned()))
    } else {
        let changed = events.contains(ReadFlags::ATTRIB);
        changed.then_some(Event::Changed(Watch(watch)))
    }
}

/// Lets that much time pass, or less where a signal comes.
pub fn pause(length: Duration) -> Result<(), Failure> {
    wait_for(&mut [], length)
}

fn wait_for(descriptors: &mut [PollFd<'_>], longest: Duration) -> Result<(), Failure> {
    let timeout = Timespec::try_from(longest).unwrap_or(Timespec {
        tv_sec: i64::MAX,
        tv_nsec: 0,
    });
    match rustix::event::poll(descriptors, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_are_told_and_the_end_of_the_directory() {
        let place = tempfile::tempdir().unwrap();
        let dir = place.path().join("d");
        std::fs::create_dir(&dir).unwrap();
        let mut watcher = Watcher::new().unwrap();
        let watch = watcher.watch(&dir).unwrap();
        assert_eq!(watcher.watch(&dir), Ok(watch));
        assert_eq!(watcher.wait(Duration::ZERO), Ok(Vec::new()));
        std::fs::write(dir.join("a"), "").unwrap();
        let events = watcher.wait(Duration::from_secs(10)).unwrap();
        assert_eq!(events, [Event::Named(watch, c"a".to_owned())]);
        std::fs::remove_dir_all(&dir).unwrap();
        let events = watcher.wait(Duration::from_secs(10)).unwrap();
        assert!(events.contains(&Event::Gone(watch)), "{events:?}");
        assert!(watcher.watch(&dir).unwrap_err().is_missing());
    }

    #[test]
    fn an_inode_is_watched_under_whatever_name() {
        let place = tempfile::tempdir().unwrap();
        let (path, other) = (place.path().join("a"), place.path().join("b"));
        let _server = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let pinned = Pinned::open(&path).unwrap();
        let mut watcher = Watcher::new().unwrap();
        let watch = watcher.watch_inode(&pinned).unwrap();
        let mut happens = |what: &dyn Fn(), expected: Event| {
            what();
            let events = watcher.wait(Duration::from_secs(10)).unwrap();
            assert!(events.contains(&expected), "{events:?}");
        };
        let mode = rustix::fs::Mode::from_raw_mode(0o777);
        let chmod = || rustix::fs::chmod(&path, mode).unwrap();
        happens(&chmod, Event::Changed(watch));
        let link = || std::fs::hard_link(&path, &other).unwrap();
        happens(&link, Event::Changed(watch));
        let unlink = || rustix::fs::unlink(&path).unwrap();
        happens(&unlink, Event::Changed(watch));
        let rename = || std::fs::rename(&other, &path).unwrap();
        happens(&rename, Event::Gone(watch));
        // The last link: somebody is still bound to it.
        happens(&unlink, Event::Changed(watch));
    }

    #[test]
    fn what_happens_in_a_place_is_told_only_where_it_is_wanted() {
        let place = tempfile::tempdir().unwrap();
        let (dir, moved) = (place.path().join("d"), place.path().join("e"));
        std::fs::create_dir(&dir).unwrap();
        let opened = super::super::dir::Dir::open(&dir).unwrap();
        let mut watcher = Watcher::new().unwrap();
        let watch = watcher.watch_place(opened.as_fd()).unwrap();
        std::fs::write(dir.join("a"), "").unwrap();
        assert_eq!(watcher.wait(Duration::ZERO), Ok(Vec::new()));
        assert_eq!(watcher.watch_names(opened.as_fd()), Ok(watch));
        std::fs::write(dir.join("b"), "").unwrap();
        let named = || Event::Named(watch, c"b".to_owned());
        assert_eq!(watcher.wait(Duration::from_secs(10)), Ok(vec![named()]));
        rustix::fs::unlink(dir.join("b")).unwrap();
        assert_eq!(watcher.wait(Duration::from_secs(10)), Ok(vec![named()]));
        std::fs::rename(&dir, &moved).unwrap();
        let events = watcher.wait(Duration::from_secs(10));
        assert_eq!(events, Ok(vec![Event::Gone(watch)]));
    }
}
