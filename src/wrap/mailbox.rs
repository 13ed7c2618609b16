//! Where the command's notifications come in: the socket that its `NOTIFY_SOCKET` names.
//!
//! It is a file in a directory of our own:
//!
//! ```text
//! /run/.notify.sockctl-1f0c5a9e     root, 0711: nobody can list it
//!     2f6b..c3 (32 digits)          the command's user, 0600
//! ```
//!
//! Not an abstract name, which has no permissions, so that anybody may fill its queue, and which
//! is not to be reached from another network namespace, as the command or a part of it may be in.
//! A file works there, too, and under `PrivateTmp=`, for the command has our mounts.
//!
//! Its name is a secret. Whoever knows it was told by us: it is in the environment of the command
//! and of what descends from it, which only their user and root can read, and the kernel's list of
//! sockets has the name without the way to it. So a process that had ended before anybody could
//! look from whom it descends is believed on the word of its user.
//!
//! Of the places that there are, the first is taken in which we can make it and, with no capability
//! left, take it away again. With `ProtectSystem=strict` or a root file system that is read-only
//! that is `RUNTIME_DIRECTORY` or `/dev/shm`. Where there is none of them, an abstract name has to
//! do.
//!
//! A lock (flock(2)) is held on the directory as long as we live, so that what we leave when we are
//! killed is known for what it is by the next one, and removed.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::model::{Mode, Uid};
use crate::sys::dir::{Buffer, Dir, Facts, Failure, Kind};
use crate::sys::lock::{Lock, try_lock};
use crate::sys::mkdir::{self, NotMade, Wish};
use crate::sys::notify::Receiver;
use crate::sys::{aside, perm, random};

/// What the directories are named after.
const NAME: &CStr = c"notify";

/// What every client can connect to: `sun_path` less a NUL, unix(7).
const LONGEST: usize = 107;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speakers {
    /// Processes of this user, and root.
    Only(Uid),
    /// Of any user: the command is able to become others.
    Anybody,
}

/// The socket. Dropping it removes the file.
#[derive(Debug)]
pub struct Mailbox {
    receiver: Receiver,
    address: OsString,
    speakers: Speakers,
    _kept: Option<Kept>,
}

/// What is to be removed.
#[derive(Debug)]
struct Kept {
    base: Dir,
    own_name: CString,
    own: Dir,
    _lock: Lock,
}

impl Mailbox {
    /// Makes it in the first of the places that will do.
    pub fn new(places: &[PathBuf], own: Uid, speakers: Speakers) -> Result<Mailbox, Failure> {
        for place in places {
            match in_directory(place, own, speakers) {
                Ok(Some(mailbox)) => return Ok(mailbox),
                Ok(None) => {}
                Err(failure) => {
                    tracing::debug!(
                        "no socket for notifications in {}: {failure}",
                        place.display()
                    );
                }
            }
        }
        let name = format!("sockctl/notify/{}", random::secret()?);
        Ok(Mailbox {
            receiver: Receiver::in_abstract_space(name.as_bytes())?,
            address: OsString::from(format!("@{name}")),
            speakers,
            _kept: None,
        })
    }

    /// What `NOTIFY_SOCKET` is to be for the command.
    pub fn address(&self) -> &OsStr {
        &self.address
    }

    /// Where they come in.
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// Whether a process of that user can have got here on its own.
    pub fn may_be_of(&self, user: Option<Uid>) -> bool {
        match (self.speakers, user) {
            (Speakers::Anybody, _) => true,
            (Speakers::Only(uid), Some(user)) => user == uid || user.is_root(),
            (Speakers::Only(_), None) => false,
        }
    }
}

/// Where it may be, from what the environment says, in the order of preference.
pub fn places<'a>(variable: impl Fn(&str) -> Option<&'a OsStr>) -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("/run")];
    // systemd.exec(5): several, with colons. The other one is of a user's session.
    let named = [variable("RUNTIME_DIRECTORY"), variable("XDG_RUNTIME_DIR")];
    for value in named.into_iter().flatten() {
        let first = value.as_bytes().split(|&byte| byte == b':').next();
        places.extend(first.map(|path| PathBuf::from(OsStr::from_bytes(path))));
    }
    places.extend(["/dev/shm", "/tmp"].map(PathBuf::from));
    places.retain(|place| place.is_absolute());
    places
}

fn in_directory(place: &Path, own: Uid, speakers: Speakers) -> Result<Option<Mailbox>, Failure> {
    let base = Dir::open(place)?;
    if !will_do(base.facts()?, own, speakers) {
        return Ok(None);
    }
    sweep(&base, own)?;
    let own_name = aside::name_beside(NAME);
    let secret = random::secret()?;
    let mut address = place.join(OsStr::from_bytes(own_name.to_bytes()));
    address.push(&secret);
    if address.as_os_str().len() > LONGEST {
        return Ok(None);
    }
    let wish = Wish {
        uid: None,
        gid: None,
        mode: Mode::from_st_mode(0o711),
    };
    let made = match mkdir::make(&base, &own_name, true, wish) {
        Ok(made) => made,
        Err(NotMade::Taken | NotMade::Swapped) => return Ok(None),
        Err(NotMade::Failed(failure)) => return Err(failure),
    };
    // Somebody who sweeps may have come first; then it is not there any more.
    let Ok(lock) = try_lock(&made) else {
        return Ok(None);
    };
    let kept = Kept {
        base,
        own_name,
        own: made,
        _lock: lock,
    };
    let name = CString::new(secret).unwrap_or_default();
    let receiver = open(&kept.own, &name, own, speakers)?;
    Ok(Some(Mailbox {
        receiver,
        address: OsString::from_vec(address.into_os_string().into_vec()),
        speakers,
        _kept: Some(kept),
    }))
}

/// Whether we can make and remove something there without a capability, nobody else can swap it,
/// and those who speak get through.
fn will_do(base: Facts, own: Uid, speakers: Speakers) -> bool {
    let has = |bits: u16| base.mode.bits() & bits == bits;
    let is_ours = base.uid == Some(own);
    let closed = is_ours && has(0o300) && base.mode.bits() & 0o022 == 0;
    let sticky = has(0o1003) && (is_ours || base.uid == Some(Uid::ROOT));
    let through = has(0o001) || matches!(speakers, Speakers::Only(uid) if base.uid == Some(uid));
    base.kind == Kind::Directory && (closed || sticky) && through
}

/// The socket, as it should be: nobody knows its name yet.
fn open(dir: &Dir, name: &CStr, own: Uid, speakers: Speakers) -> Result<Receiver, Failure> {
    let closed = Mode::from_st_mode(0o600);
    let receiver = Receiver::in_directory(dir, name, closed)?;
    let pinned = dir.pin(name)?;
    match speakers {
        Speakers::Only(uid) if uid == own => perm::chmod(&pinned, closed)?,
        Speakers::Only(uid) => {
            perm::chmod(&pinned, closed)?;
            perm::chown(&pinned, Some(uid), None)?;
        }
        Speakers::Anybody => perm::chmod(&pinned, Mode::from_st_mode(0o666))?,
    }
    Ok(receiver)
}

/// Removes what those who were killed have left.
fn sweep(base: &Dir, own: Uid) -> Result<(), Failure> {
    let mut left = Vec::new();
    base.enter_mounted(c".")?
        .read(&mut Buffer::default(), |name, kind| {
            if matches!(kind, Kind::Directory | Kind::Unknown) && aside::is_beside(NAME, name) {
                left.push(name.to_owned());
            }
        })?;
    for name in left {
        // What cannot be removed is in nobody's way.
        let _ = sweep_one(base, &name, own);
    }
    Ok(())
}

fn sweep_one(base: &Dir, name: &CStr, own: Uid) -> Result<(), Failure> {
    let dir = base.enter(name)?;
    if dir.facts()?.uid != Some(own) {
        return Ok(());
    }
    let Ok(_lock) = try_lock(&dir) else {
        return Ok(());
    };
    empty(&dir)?;
    aside::remove_directory(base, name)
}

/// Removes the sockets in it.
fn empty(dir: &Dir) -> Result<(), Failure> {
    let mut names = Vec::new();
    dir.enter_mounted(c".")?
        .read(&mut Buffer::default(), |name, kind| {
            if matches!(kind, Kind::Socket | Kind::Unknown) {
                names.push(name.to_owned());
            }
        })?;
    names.iter().try_for_each(|name| aside::unlink(dir, name))
}

impl Drop for Kept {
    fn drop(&mut self) {
        let removed =
            empty(&self.own).and_then(|()| aside::remove_directory(&self.base, &self.own_name));
        if let Err(failure) = removed {
            tracing::debug!("the socket for notifications is left behind: {failure}");
        }
    }
}

#[cfg(test)]
mod tests;
