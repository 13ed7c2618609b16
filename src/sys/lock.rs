//! The lock on a directory that keeps those who make and remove sockets in it apart: flock(2),
//! as systemd-tmpfiles respects it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::dir::{Dir, Failure};
use crate::model::Inode;

/// How long is waited for the lock where a path was named. Whoever can open the directory can
/// hold its lock for ever, so it is no reason to give up.
const PATIENCE: Duration = Duration::from_secs(1);

/// The lock; given back when it is dropped, and by the kernel when we die.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] OwnedFd); // held, not used

/// Why there is no lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotLocked {
    /// Somebody else held it all the time.
    Busy,
    /// The file system has no such locks, or there is no descriptor or thread left.
    Failed(Failure),
}

impl fmt::Display for NotLocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotLocked::Busy => f.write_str("somebody else holds it"),
            NotLocked::Failed(failure) => write!(f, "flock(): {failure}"),
        }
    }
}

impl From<Errno> for NotLocked {
    fn from(errno: Errno) -> NotLocked {
        if errno == Errno::WOULDBLOCK {
            NotLocked::Busy
        } else {
            NotLocked::Failed(errno.into())
        }
    }
}

/// Locks the directory against all others, at once or never.
pub fn try_lock(dir: &Dir) -> Result<Lock, NotLocked> {
    let own = open_again(dir)?;
    rustix::io::retry_on_intr(|| {
        rustix::fs::flock(&own, FlockOperation::NonBlockingLockExclusive)
    })?;
    Ok(Lock(own))
}

/// Locks of directories with many names: each is waited for in vain at most once.
#[derive(Debug, Default)]
pub struct Locks {
    busy: RefCell<BTreeSet<Inode>>,
}

impl Locks {
    /// Locks the directory against all others, and waits a second for it.
    pub fn lock(&self, dir: &Dir) -> Result<Lock, NotLocked> {
        self.lock_within(dir, PATIENCE)
    }

    fn lock_within(&self, dir: &Dir, patience: Duration) -> Result<Lock, NotLocked> {
        let inode = dir.facts().map_err(NotLocked::Failed)?.inode;
        if self.busy.borrow().contains(&inode) {
            return try_lock(dir);
        }
        let outcome = lock(dir, patience);
        if matches!(outcome, Err(NotLocked::Busy)) {
            self.busy.borrow_mut().insert(inode);
        }
        outcome
    }
}

/// Locks the directory against all others, and waits for it for as long as `patience`.
fn lock(dir: &Dir, patience: Duration) -> Result<Lock, NotLocked> {
    match try_lock(dir) {
        Err(NotLocked::Busy) => {}
        outcome => return outcome,
    }
    let own = open_again(dir)?;
    let (sender, receiver) = sync_channel(0);
    // flock(2) has no time limit. Asking again and again would let those who ask less often
    // starve, so somebody waits in the kernel's queue. When nobody receives the lock any more,
    // it is dropped together with the message.
    std::thread::Builder::new()
        .spawn(move || {
            let outcome = rustix::io::retry_on_intr(|| {
                rustix::fs::flock(&own, FlockOperation::LockExclusive)
            });
            drop(sender.send(outcome.map(|()| Lock(own))));
        })
        .map_err(|error| NotLocked::Failed(error.into()))?;
    match receiver.recv_timeout(patience) {
        Ok(outcome) => Ok(outcome?),
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(NotLocked::Busy),
    }
}

/// An open file description of its own: the lock belongs to it and to nothing else.
fn open_again(dir: &Dir) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(dir, c".", flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn one_at_a_time() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let held = try_lock(&dir).unwrap();
        assert_eq!(try_lock(&dir).unwrap_err(), NotLocked::Busy);
        let began = Instant::now();
        let patience = Duration::from_millis(30);
        assert_eq!(lock(&dir, patience).unwrap_err(), NotLocked::Busy);
        assert!(began.elapsed() >= patience);
        drop(held);
        // The one who gave up waiting does not keep it.
        drop(lock(&dir, PATIENCE).unwrap());
        lock(&dir, PATIENCE).unwrap();
    }

    #[test]
    fn nobody_waits_in_vain_twice() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let held = try_lock(&dir).unwrap();
        let locks = Locks::default();
        let first = locks.lock_within(&dir, Duration::from_millis(1));
        assert_eq!(first.unwrap_err(), NotLocked::Busy);
        let second = locks.lock_within(&dir, Duration::from_secs(3600));
        assert_eq!(second.unwrap_err(), NotLocked::Busy);
        drop(held);
        assert!(locks.lock(&dir).is_ok());
    }

    #[test]
    fn whoever_waits_gets_it() {
        let place = tempfile::tempdir().unwrap();
        let dir = Dir::open(place.path()).unwrap();
        let held = try_lock(&dir).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| lock(&dir, Duration::from_secs(60)));
            drop(held);
            assert!(waiting.join().unwrap().is_ok());
        });
    }
}
