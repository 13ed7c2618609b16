//! Names that appear in directories, inotify(7).

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use super::dir::Failure;

/// A directory that is watched. Two paths of one directory have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Watch(i32);

/// Something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A name has come into the directory, or what it leads to has got other permissions.
    Named(Watch, CString),
    /// The directory itself has gone or was moved: it is watched no more, or elsewhere.
    Gone(Watch),
    /// More has happened than the kernel could keep: anything may have changed.
    Lost,
}

/// Watches directories.
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

fn read(watch: i32, events: ReadFlags, name: Option<&CStr>) -> Option<Event> {
    let gone = ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF;
    if events.contains(ReadFlags::QUEUE_OVERFLOW) {
        Some(Event::Lost)
    } else if events.intersects(gone) {
        Some(Event::Gone(Watch(watch)))
    } else {
        name.map(|name| Event::Named(Watch(watch), name.to_owned()))
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
}
