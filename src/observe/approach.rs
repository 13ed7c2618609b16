//! How one gets to some of the sockets: the way to each directory, gone once.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::{FileAcl, Socket, State, Unreadable, Way, in_shares_mut};
use crate::sys::way::{Gaze, Untold, Ways};

/// Looks at how one gets to those sockets of which that is `asked`, of nobody or of more; and
/// whether it is asked who `connects`, for which their ACL has to be known. What could not be
/// looked at is the answer, and is left out of the sockets; what is gone is neither.
pub fn approach(
    sockets: &mut [Socket],
    (asked, connects): (
        impl Fn(&Socket) -> Option<Gaze> + Sync,
        impl Fn(&Socket) -> bool + Sync,
    ),
    jobs: Option<NonZeroUsize>,
) -> Vec<Unreadable> {
    let shares = in_shares_mut(sockets, jobs, |share| {
        let mut scout = Scout::default();
        for socket in share {
            if let Some(gaze) = asked(socket) {
                scout.look(socket, gaze, &connects);
            }
        }
        scout.unreadable
    });
    let mut unreadable = shares.concat();
    unreadable.sort_by(|a, b| a.path.cmp(&b.path));
    unreadable.dedup();
    unreadable
}

/// The way to the directory of a file that need not be there, by its absolute path; `None` where
/// it cannot be looked at.
pub fn way_to(path: &Path) -> Option<Arc<Way>> {
    Ways::new(Gaze::Everybody).to(path.parent()?).ok()
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
    fn look(&mut self, socket: &mut Socket, gaze: Gaze, connects: &impl Fn(&Socket) -> bool) {
        let Some(path) = socket.name.as_path() else {
            return;
        };
        // Of a ghost the path leads elsewhere.
        if socket.state == State::Ghost {
            return;
        }
        let Some(path) = absolute(&mut self.working_directory, path) else {
            return;
        };
        let Some(directory) = path.parent() else {
            return;
        };
        if let FileAcl::Unread(why) = &socket.acl
            && socket.mode.is_some_and(FileAcl::can_decide)
            && connects(socket)
        {
            let why = format!("cannot tell who may connect: {why}");
            let path = path.into_owned();
            return self.unreadable.push(Unreadable { path, why });
        }
        let is_known = |(known, at): &(Gaze, PathBuf)| *known == gaze && at == directory;
        if self.refused.as_ref().is_some_and(is_known) {
            return;
        }
        let ways = match gaze {
            Gaze::Stranger => &mut self.of_strangers,
            Gaze::Everybody => &mut self.of_everybody,
        };
        let ways = ways.get_or_insert_with(|| Ways::new(gaze));
        match ways.to(directory) {
            Ok(way) => socket.way = Some(way),
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
