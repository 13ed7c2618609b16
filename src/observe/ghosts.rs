//! Ghosts: sockets that listen where no path leads to them any more.
//!
//! A name that leads nowhere proves nothing: some servers bind under another name and rename the
//! file, and some live in a mount namespace of their own. So a ghost has to be proved by the
//! inode that it is bound to, which a holder of it has to be asked for. What cannot be proved is
//! none.
//!
//! Nor does the name say where a ghost is: whoever bound a relative one can change to any directory
//! afterwards. Its place is the one that the kernel remembers of the inode.

use std::ffi::OsStr;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::abstracts::can_be_reached;
use super::beyond::Met;
use super::holders::in_order;
use super::kernel::Listing;
use super::state;
use super::walk::Exclude;
use crate::model::{Process, Socket, SocketName, State, Survey};
use crate::sys::diag::{Name, Row};
use crate::sys::lookup;
use crate::sys::numbers::NumberMap;
use crate::sys::pidfd::{self, Bound};
use crate::sys::proc::{self, Holding};
use crate::sys::rights;

/// Of which paths ghosts are looked for.
pub(super) struct Scope<'a> {
    /// Those that the walk would have come by ...
    pub(super) survey: &'a Survey,
    /// ... or all.
    pub(super) everywhere: bool,
    pub(super) exclude: &'a Exclude<'a>,
}

impl Scope<'_> {
    fn covers(&self, path: &Path) -> bool {
        // First what is cheap: where every socket of a busy directory is excluded, each of them
        // is in the list and each is a place that was left out.
        let (real, given) = self.names(path);
        let mut names = [path, real.as_path(), given.as_path()].into_iter();
        if names.any(|name| self.exclude.covers_path(name).is_some()) {
            return false;
        }
        self.everywhere || (self.survey.covers(path) && !self.survey.is_blind_to(path))
    }

    /// The real path, as far as the roots tell it, and the one that a walk would have given it.
    fn names(&self, path: &Path) -> (PathBuf, PathBuf) {
        let real = self.survey.real(path).into_owned();
        let given = self.survey.as_given(&real).into_owned();
        (real, given)
    }
}

/// The ghosts among the sockets of the list that are not the ones of a file found.
pub(super) fn find(
    listing: &Listing,
    known: &[Socket],
    scope: &Scope<'_>,
    jobs: NonZeroUsize,
) -> Ghosts {
    let met = Met::new(known);
    let candidates: NumberMap<u32, Candidate<'_>> = listing
        .sockets
        .iter()
        .filter(|listed| !met.contains(listed))
        .filter_map(|listed| Candidate::new(listed, scope))
        .map(|candidate| (candidate.listed.ino, candidate))
        .collect();
    if candidates.is_empty() {
        return Ghosts::default();
    }
    let wanted = candidates.keys().copied().collect();
    let scan = proc::scan(&wanted, jobs, |holding| {
        let candidate = candidates.get(&holding.socket)?;
        Some((holding.socket, testify(candidate, holding, scope)?))
    });
    // Without /proc nothing can be proved.
    let (found, not_all_seen) = match scan {
        Ok(scan) => (scan.found, scan.denied > 0),
        Err(_) => (Vec::new(), true),
    };
    let mut testimonies: NumberMap<u32, Vec<Testimony>> = NumberMap::default();
    for (socket, testimony) in found {
        testimonies.entry(socket).or_default().push(testimony);
    }
    let unchecked = candidates.values().filter(|candidate| {
        // Where a relative name would lead is not known either.
        let heard = testimonies.get(&candidate.listed.ino);
        candidate.name.is_absolute()
            && heard.map_or(not_all_seen, |heard| {
                heard.iter().all(|it| it.shows == Shows::Forbidden)
            })
    });
    Ghosts {
        unchecked: unchecked.count(),
        sockets: testimonies
            .into_iter()
            .filter_map(|(socket, heard)| ghost(candidates.get(&socket)?, heard, scope))
            .collect(),
    }
}

/// What there is of them.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    pub(super) sockets: Vec<Socket>,
    /// Listeners that were met at no path, and whose inode we may not look at.
    unchecked: usize,
}

impl Ghosts {
    /// What could not be looked at.
    pub(super) fn note(&self) -> Option<String> {
        let whose = match self.unchecked {
            0 => return None,
            1 => "1 listener whose file may be gone".to_owned(),
            many => format!("{many} listeners whose file may be gone"),
        };
        let remedy = rights::to_inspect_all();
        Some(format!("{whose} could not be checked: {remedy}"))
    }
}

/// A socket that may be a ghost.
struct Candidate<'a> {
    listed: &'a Row,
    /// As bind(2) was given it.
    name: &'a Path,
}

impl<'a> Candidate<'a> {
    fn new(listed: &'a Row, scope: &Scope<'_>) -> Option<Candidate<'a>> {
        let Some(Name::Path(name)) = &listed.name else {
            return None;
        };
        let name = Path::new(OsStr::from_bytes(name));
        // Where a relative name leads, only its inode tells.
        let in_scope = name.is_relative() || scope.covers(&straight(name));
        (listed.vfs.is_some() && can_be_reached(listed) && !listed.is_deaf() && in_scope)
            .then_some(Candidate { listed, name })
    }
}

/// What one holder's view of the socket shows.
struct Testimony {
    process: Arc<Process>,
    /// Where the inode is, or was.
    path: PathBuf,
    shows: Shows,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    /// No name at all leads to the inode.
    NoLink,
    /// The name leads to another inode, though this one is where it was bound.
    Another,
    /// The name leads to it.
    Itself,
    /// Nothing is there, or what it leads to says nothing.
    Nothing,
    /// We may not look at the inode.
    Forbidden,
}

/// `None`: the holder is gone or cannot be asked, or the inode is none of those asked for.
fn testify(
    candidate: &Candidate<'_>,
    holding: &Holding<'_>,
    scope: &Scope<'_>,
) -> Option<Testimony> {
    let (path, shows) = match pidfd::bound_file(holding) {
        Ok(bound) if !scope.covers(&bound.path) => return None,
        Ok(bound) => {
            let shows = look(candidate, holding, &bound);
            (bound.path, shows)
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            (candidate.name.to_path_buf(), Shows::Forbidden)
        }
        Err(_) => return None,
    };
    Some(Testimony {
        process: holding.process.details()?,
        path,
        shows,
    })
}

fn look(candidate: &Candidate<'_>, holding: &Holding<'_>, bound: &Bound) -> Shows {
    if bound.target.removed {
        return Shows::NoLink;
    }
    if candidate.name.is_relative() {
        return Shows::Nothing;
    }
    match lookup::target_for(holding.process, candidate.name) {
        Ok(there) if there.inode == bound.target.inode => Shows::Itself,
        // Renamed, it is where it is now, and whatever took its old name is no concern of it.
        Ok(_) if bound.path == candidate.name => Shows::Another,
        _ => Shows::Nothing,
    }
}

fn ghost(candidate: &Candidate<'_>, heard: Vec<Testimony>, scope: &Scope<'_>) -> Option<Socket> {
    let shows = |what| heard.iter().find(|testimony| testimony.shows == what);
    let (witness, why) = match (shows(Shows::NoLink), shows(Shows::Another)) {
        (Some(witness), _) => (witness, "its file has no link left"),
        (None, Some(witness)) if shows(Shows::Itself).is_none() => {
            (witness, "its path leads to another inode")
        }
        _ => return None,
    };
    let (real, given) = scope.names(&witness.path);
    let resolved = (real != given).then_some(real);
    let mut socket = Socket::named(SocketName::Path(given));
    socket.resolved = resolved;
    state::of_row(&mut socket, candidate.listed);
    socket.state = State::Ghost;
    socket.why = Some(why.into());
    let holders = heard.into_iter().map(|testimony| testimony.process);
    socket.holders = in_order(holders.collect());
    socket.holders_known = true;
    Some(socket)
}

/// Without `.` and `..`, which say nothing about where a name lies.
fn straight(path: &Path) -> PathBuf {
    let mut straight = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                straight.pop();
            }
            Component::CurDir => {}
            other => straight.push(other),
        }
    }
    straight
}
