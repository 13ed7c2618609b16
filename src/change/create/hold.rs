//! Sockets kept listening in the foreground: every client is dropped at once.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::parents::{self, Made};
use crate::change::changes::Changes;
use crate::change::name::Named;
use crate::change::own::{NotOwn, Own};
use crate::change::take_away::{Taken, kept_as, take_away_inode};
use crate::model::{Action, ActionKind, FileAcl, Inode, Outcome};
use crate::sys::acl;
use crate::sys::bind::OwnSocket;
use crate::sys::dir::{Dir, Failure};
use crate::sys::epoll::Readiness;
use crate::sys::lock::Locks;
use crate::sys::seen::Seen;
use crate::sys::signals::EndSignals;

/// A socket file of ours, and the socket that is bound to it. While that lives, its inode is not
/// given out again, so its number is proof enough.
#[derive(Debug)]
pub struct Held {
    pub(super) socket: OwnSocket,
    pub(super) dir: Rc<Dir>,
    pub(super) named: Named,
    pub(super) inode: Inode,
    /// Directories that were made for it.
    pub(super) made: Vec<Made>,
}

impl AsFd for Held {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Held {
    /// The path, as it was given.
    pub fn path(&self) -> &Path {
        &self.named.path
    }

    /// The file as it lies there now; `None` where it is no more.
    ///
    /// # Errors
    ///
    /// Where it cannot be looked at.
    pub fn look(&self) -> Result<Option<(Seen, FileAcl)>, Failure> {
        let name = self.named.name.as_c_str();
        let seen = match Seen::below(&*self.dir, name).map_err(Failure::from) {
            Ok(seen) if seen.facts.inode == self.inode => seen,
            Err(failure) if !failure.is_missing() => return Err(failure),
            Ok(_) | Err(_) => return Ok(None),
        };
        let mut acls = acl::Reader::default();
        let acl = match acls.below(self.inode.dev, &*self.dir, name) {
            Some(acl) => acl,
            None => acls.of(self.inode.dev, &self.dir.pin(name)?),
        };
        Ok(Some((seen, acl)))
    }

    /// The file, to be kept when the socket is given to somebody else.
    pub fn own(&self) -> Result<Own, NotOwn> {
        let path = std::path::absolute(&self.named.path).map_err(Failure::from)?;
        let own = Own::new(&path, self.dir.pin(&self.named.name)?)?;
        (own.inode() == self.inode)
            .then_some(own)
            .ok_or(NotOwn::Replaced)
    }

    /// Removes the file, and only ours: where something else has the name by now, that is not
    /// even moved.
    pub(super) fn remove(&self) -> Taken {
        let name = self.named.name.as_c_str();
        match self.dir.facts_of(name) {
            Ok(facts) if facts.inode == self.inode => {
                take_away_inode(&self.dir, name, name, self.inode)
            }
            Ok(_) => Taken::Other,
            Err(failure) if failure.is_missing() => Taken::Gone,
            Err(failure) => Taken::Failed(failure),
        }
    }

    /// The same under the lock of the directory; the error says why it is still there.
    fn give_up(&self, locks: &Locks) -> Result<(), String> {
        let _lock = locks.lock(&self.dir);
        match self.remove() {
            Taken::Removed | Taken::Gone | Taken::Other => Ok(()),
            Taken::KeptAside(aside) => Err(kept_as(&self.named.beside(&aside))),
            Taken::Failed(failure) => Err(format!("cannot remove it: {failure}")),
        }
    }
}

/// Removes the files of these sockets, which listen no longer than that. Actions are told of
/// those only that could not be removed.
pub fn release(held: Vec<Held>) -> Changes {
    let (mut changes, locks) = (Changes::default(), Locks::default());
    for held in held {
        if let Err(why) = held.give_up(&locks) {
            let outcome = Outcome::Failed(why);
            changes.add(ActionKind::Remove, &held.named.path, None, outcome);
        }
    }
    changes
}

/// Removes all of it again, directories too, and has `changes` say so: for whoever waits for all
/// of several sockets, some are of no use.
pub fn undo(held: Vec<Held>, changes: &mut Changes) {
    let locks = Locks::default();
    for held in held.into_iter().rev() {
        let outcome = match held.give_up(&locks) {
            Ok(()) => {
                let why = "it was removed again, for not all could be had";
                Outcome::LeftOut(why.to_owned())
            }
            Err(why) => Outcome::Failed(why),
        };
        parents::remove(&held.made, changes);
        let is_it = |action: &&mut Action| {
            action.kind == ActionKind::Create && action.path == held.named.path
        };
        for action in changes.actions.iter_mut().filter(is_it) {
            action.outcome = outcome.clone();
        }
    }
}

/// Drops every client and every datagram of these sockets until one of the signals comes.
pub fn serve(held: &[Held], signals: &EndSignals) -> Result<(), Failure> {
    let mut watch = Readiness::new()?;
    watch.add(signals, SIGNALS)?;
    let numbered: Vec<(u64, &OwnSocket)> =
        (1..).zip(held.iter().map(|held| &held.socket)).collect();
    for (number, socket) in &numbered {
        watch.add(socket, *number)?;
    }
    // One may have come before it was watched for.
    while !signals.came()? {
        for number in watch.wait(A_DAY)? {
            let at = numbered.binary_search_by_key(&number, |(number, _)| *number);
            if let Ok(at) = at
                && drain(numbered[at].1, signals)?
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

const SIGNALS: u64 = 0;

/// As good as for ever: then it is looked again.
const A_DAY: Duration = Duration::from_secs(86_400);

/// How many are dropped before anybody asks for signals: clients may come as fast as they go.
const AT_ONCE: usize = 1024;

/// Until there is nobody left, or the kernel has nothing to give for the next one: then they wait
/// until somebody else comes. Whether a signal has come.
fn drain(socket: &OwnSocket, signals: &EndSignals) -> Result<bool, Failure> {
    while !signals.came()? {
        for _ in 0..AT_ONCE {
            if !matches!(socket.drop_one(), Ok(true)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
