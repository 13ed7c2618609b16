//! How one gets to some of the sockets: the way to each directory, gone once, and what of the
//! file itself the walk did not look at.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{Approach, Inode, Mode, Socket, State, Unreadable, in_shares_mut};
use crate::sys::dir::Facts;
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

/// How one would get to a file of that path, which is absolute, if it were made without an ACL;
/// `None` where the way to its directory cannot be looked at.
pub fn approach_to_be(path: &Path) -> Option<Approach> {
    let mut ways = Ways::new(Gaze::Everybody).ok()?;
    let doorstep = ways.to(path.parent()?).ok()?;
    Some(Approach {
        way: Arc::clone(&doorstep.way),
        acl: None,
        keeps_acls: false,
        immutable: false,
        append_only: false,
        mount_point: false,
    })
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
        let Some(path) = absolute(&mut self.working_directory, path) else {
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
            Err(untold) => {
                let refusal = (gaze, directory.to_owned());
                return self.refuse(refusal, &untold);
            }
        };
        match ways.to(directory) {
            Ok(mut doorstep) => {
                let mode = socket.mode.filter(|_| asked.connect);
                let outcome = arrive(&mut doorstep, name, inode, mode);
                let path = outcome.is_err().then(|| path.to_path_buf());
                match outcome {
                    Ok(Some((facts, approach))) => {
                        // They are newer, and have to fit to the ACL.
                        socket.mode = Some(facts.mode);
                        (socket.uid, socket.gid) = (facts.uid, facts.gid);
                        socket.approach = Some(approach);
                    }
                    Ok(None) => {}
                    Err(why) => self
                        .unreadable
                        .extend(path.map(|path| Unreadable { path, why })),
                }
            }
            Err(untold) => {
                let refusal = (gaze, directory.to_owned());
                self.refuse(refusal, &untold);
            }
        }
    }

    fn refuse(&mut self, refusal: (Gaze, PathBuf), untold: &Untold) {
        if !untold.is_gone() {
            self.unreadable.push(Unreadable {
                path: refusal.1.clone(),
                why: format!("cannot tell who gets here: {untold}"),
            });
        }
        self.refused = Some(refusal);
    }
}

/// Below a root that was given so, names are relative.
fn absolute<'p>(here: &mut Option<PathBuf>, path: &'p Path) -> Option<Cow<'p, Path>> {
    if path.is_absolute() {
        return Some(Cow::Borrowed(path));
    }
    if here.is_none() {
        *here = std::env::current_dir().ok();
    }
    Some(Cow::Owned(here.as_ref()?.join(path)))
}

/// What is there, and how one gets to it; `None` where it is gone. Its ACL is read for the sake of
/// the mode that it is thought to have.
fn arrive(
    doorstep: &mut Doorstep<'_>,
    name: &OsStr,
    inode: Inode,
    mode: Option<Mode>,
) -> Result<Option<(Facts, Approach)>, String> {
    let file = doorstep
        .look(name, mode)
        .map_err(|unread| format!("cannot tell who may connect: {unread}"))?;
    let Some(file) = file else { return Ok(None) };
    if file.facts.inode != inode {
        return Err("it was replaced while it was being looked at".to_owned());
    }
    let approach = Approach {
        way: Arc::clone(&doorstep.way),
        acl: file.acl.map(Arc::new),
        keeps_acls: file.keeps_acls,
        immutable: file.immutable,
        append_only: file.append_only,
        mount_point: file.mount_point,
    };
    Ok(Some((file.facts, approach)))
}
