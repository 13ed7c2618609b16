//! What an address leads to: pinned, so that what is tested is what was looked at.

use crate::model::{Host as _, Socket, SocketName, State};
use crate::sys::connect;
use crate::sys::dir::{Failure, Kind, Pinned};
use crate::sys::host::SystemHost;
use crate::sys::rights::{self, Attempt};
use crate::sys::way::{self, Broken};

/// What an address leads to, if it can be a socket at all.
pub(super) enum Target<'a> {
    File(Pinned),
    Abstract(&'a [u8]),
}

impl Target<'_> {
    pub(super) fn to_connect(&self) -> connect::Target<'_> {
        match self {
            Target::File(pinned) => connect::Target::Inode(pinned),
            Target::Abstract(name) => connect::Target::Abstract(name),
        }
    }
}

/// Follows the address as connect(2) does, links included, and fills in what stat(2) says.
/// Without a target the state of the socket says why there is none.
pub(super) fn find(name: &SocketName) -> (Socket, Option<Target<'_>>) {
    let mut socket = Socket::named(name.clone());
    let path = match name {
        SocketName::Abstract(name) => return (socket, Some(Target::Abstract(name))),
        SocketName::Path(path) => path,
    };
    let found = Pinned::open(path).and_then(|pinned| Ok((pinned.facts()?, pinned)));
    let (facts, pinned) = match found {
        Ok(found) => found,
        Err(failure) => {
            let (state, why) = absent(path, failure);
            (socket.state, socket.why) = (state, Some(why.into()));
            return (socket, None);
        }
    };
    socket.inode = Some(facts.inode);
    socket.mode = Some(facts.mode);
    socket.uid = facts.uid;
    socket.gid = facts.gid;
    socket.resolved = pinned.real_path().ok().filter(|real| real != path);
    if facts.kind != Kind::Socket {
        socket.state = State::NotASocket;
        socket.why = Some(format!("a {}", facts.kind.as_str()).into());
        return (socket, None);
    }
    (socket, Some(Target::File(pinned)))
}

fn absent(path: &std::path::Path, failure: Failure) -> (State, String) {
    if failure.is_gone() {
        let why = match SystemHost.read_link(path) {
            Some(target) => format!("a symbolic link to {}: {failure}", target.display()),
            None => failure.to_string(),
        };
        (State::Missing, why)
    } else if failure.is_too_long() && !fits(path) {
        // No directory can hold such a name.
        (State::Missing, failure.to_string())
    } else if failure.is_denied() {
        (State::Denied, denied_on_the_way(path, failure))
    } else {
        (State::Unknown, format!("open(): {failure}"))
    }
}

/// The first directory that does not let us go further.
fn denied_on_the_way(path: &std::path::Path, failure: Failure) -> String {
    match way::reach(path) {
        Err(Broken { at, failure }) if failure.is_denied() => format!(
            "no right to search {}: {failure}{}",
            at.display(),
            rights::hint(Attempt::Pass, failure)
        ),
        _ => failure.to_string(),
    }
}

/// What the kernel says of a socket that does not let us connect.
pub(super) fn denied(failure: &str) -> String {
    let lacking = rights::lacking(Attempt::Pass).map(rights::without);
    let hint = lacking.map_or_else(String::new, |hint| format!("; {hint}"));
    format!("connect(): {failure}{hint}")
}

/// Whether each name on the way is one that a file system could hold: `NAME_MAX`.
fn fits(path: &std::path::Path) -> bool {
    path.components()
        .all(|component| component.as_os_str().len() <= 255)
}
