//! How one gets to some of the sockets: the way to each directory, gone once, and what of the
//! file itself the walk did not look at.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{Approach, Inode, Socket, State, Unreadable, in_shares_mut};
use crate::sys::way::{Doorstep, Gaze, Untold, Ways};

/// Of whom it is asked whether they get to a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Approaching {
    /// Somebody who owns nothing, is named nowhere and is in no group.
    pub stranger: bool,
    /// Anybody, to connect to it.
    pub connect: bool,
    /// Anybody, to put something else in its place.
    pub replace: bool,
}

impl Approaching {
    fn gaze(self) -> Option<Gaze> {
        if self.connect || self.replace {
            Some(Gaze::Everybody)
        } else {
            self.stranger.then_some(Gaze::Stranger)
        }
    }
}

/// Looks at how one gets to those sockets of which that is asked. What could not be looked at is
/// the answer, and is left out of the sockets; what is gone is neither.
pub fn approach(
    sockets: &mut [Socket],
    asked: impl Fn(&Socket) -> Approaching + Sync,
    jobs: Option<NonZeroUsize>,
) -> Vec<Unreadable> {
    let shares = in_shares_mut(sockets, jobs, |share| {
        let mut scout = Scout::default();
        for socket in share {
            let asked = asked(socket);
            scout.look(socket, asked);
        }
        scout.unreadable
    });
    let mut unreadable = shares.concat();
    unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    unreadable.dedup();
    unreadable
}

/// Goes to one directory after the other.
#[derive(Default)]
struct Scout {
    of_strangers: Option<Ways>,
    of_everybody: Option<Ways>,
    /// The directories that could not be reached last, so that each is said once.
    refused: Option<(Gaze, PathBuf)>,
    unreadable: Vec<Unreadable>,
    working_directory: Option<PathBuf>,
}

impl Scout {
    fn look(&mut self, socket: &mut Socket, asked: Approaching) {
        let Some(gaze) = asked.gaze() else { return };
        let (Some(path), Some(inode)) = (socket.name.as_path(), socket.inode) else {
            return;
        };
        // Of a ghost the path leads elsewhere.
        if socket.state == State::Ghost {
            return;
        }
        let Some(path) = self.absolute(path) else {
            return;
        };
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return;
        };
        let is_known = |(known, at): &(Gaze, PathBuf)| *known == gaze && at == directory;
        if self.refused.as_ref().is_some_and(is_known) {
            return;
        }
        let ways = match gaze {
            Gaze::Stranger => &mut self.of_strangers,
            Gaze::Everybody => &mut self.of_everybody,
        };
        let ways = match ways.take().map_or_else(|| Ways::new(gaze), Ok) {
            Ok(fresh) => ways.insert(fresh),
            Err(untold) => return self.refuse(gaze, directory, &untold),
        };
        let mut doorstep = match ways.to(directory) {
            Ok(doorstep) => doorstep,
            Err(untold) => return self.refuse(gaze, directory, &untold),
        };
        // Where others have no `w`, no stranger gets in, whatever else there is.
        let is_shut =
            gaze == Gaze::Stranger && socket.mode.is_some_and(|mode| mode.bits() & 0o002 == 0);
        let outcome = if is_shut {
            Ok(Some(unlooked(doorstep.way)))
        } else {
            arrive(socket, inode, &mut doorstep, name, asked.connect)
        };
        match outcome {
            Ok(approach) => socket.approach = approach,
            Err(why) => self.unreadable.push(Unreadable { path, why }),
        }
    }

    fn refuse(&mut self, gaze: Gaze, directory: &Path, untold: &Untold) {
        self.refused = Some((gaze, directory.to_owned()));
        if !untold.is_gone() {
            self.unreadable.push(Unreadable {
                path: directory.to_owned(),
                why: format!("cannot tell who gets here: {untold}"),
            });
        }
    }

    /// Below a root that was given so, names are relative.
    fn absolute(&mut self, path: &Path) -> Option<PathBuf> {
        if path.is_absolute() {
            return Some(path.to_owned());
        }
        if self.working_directory.is_none() {
            self.working_directory = std::env::current_dir().ok();
        }
        Some(self.working_directory.as_ref()?.join(path))
    }
}

fn unlooked(way: Arc<crate::model::Way>) -> Approach {
    Approach {
        way,
        acl: None,
        keeps_acls: false,
        immutable: false,
        append_only: false,
        mount_point: false,
    }
}

/// `None` where it is gone.
fn arrive(
    socket: &mut Socket,
    inode: Inode,
    doorstep: &mut Doorstep<'_>,
    name: &std::ffi::OsStr,
    acl: bool,
) -> Result<Option<Approach>, String> {
    let file = doorstep
        .look(name, acl)
        .map_err(|unread| format!("cannot tell who may connect: {unread}"))?;
    let Some(file) = file else { return Ok(None) };
    if file.facts.inode != inode {
        return Err("it was replaced while it was being looked at".to_owned());
    }
    // They are newer, and have to fit to the ACL.
    socket.mode = Some(file.facts.mode);
    socket.uid = file.facts.uid;
    socket.gid = file.facts.gid;
    Ok(Some(Approach {
        way: Arc::clone(&doorstep.way),
        acl: file.acl.map(Arc::new),
        keeps_acls: file.keeps_acls,
        immutable: file.immutable,
        append_only: file.append_only,
        mount_point: file.mount_point,
    }))
}
