//! Who is bound to a socket file that is in the way: in one sentence.

use std::num::NonZeroUsize;
use std::path::Path;

use crate::model::{Inode, Names, Process, Socket, SocketName, SocketType, State};
use crate::observe::{self, walk};
use crate::sys::diag::{self, Row};
use crate::sys::unit;

/// What is known of a live socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// `it is live: nginx (pid 812, user www-data) has it`
    pub sentence: String,
    /// The service manager has it, and we run as a command of a unit.
    pub is_managers: bool,
}

/// Looks for the one who is bound to the inode to which `path` leads. That takes some
/// milliseconds, so it is not to be done under a lock.
pub fn of(path: &Path, inode: Inode, names: &dyn Names) -> Holder {
    let found = near(path, inode).or_else(|| far(path, inode));
    let Some(socket) = found else {
        return Holder {
            sentence: "it is live; who has it could not be found out".to_owned(),
            is_managers: false,
        };
    };
    let by_manager = socket.holders.iter().any(|process| process.pid == 1);
    let passed = socket.kernel_ino.is_some_and(unit::was_passed);
    Holder {
        sentence: sentence(&socket, names),
        is_managers: unit::is_command_of_unit() && (by_manager || passed),
    }
}

/// The type of the socket that is bound to the inode, where the kernel's list has it.
pub fn kind_of(inode: Inode) -> Option<SocketType> {
    row_of(inode)?.kind
}

/// From the kernel's list of our network namespace.
fn row_of(inode: Inode) -> Option<Row> {
    let low = u32::try_from(inode.ino & u64::from(u32::MAX)).ok()?;
    let is_bound = |row: &Row| row.vfs == Some((inode.dev, low)) && !row.is_connected();
    let rows = diag::dump().ok()?.rows.into_iter();
    rows.filter(is_bound).max_by_key(Row::is_listening)
}

/// In the kernel's list of our network namespace.
fn near(path: &Path, inode: Inode) -> Option<Socket> {
    let row = row_of(inode)?;
    let mut socket = Socket::named(SocketName::Path(path.to_owned()));
    socket.kernel_ino = Some(row.ino);
    socket.state = match (row.rqueue, row.wqueue) {
        _ if row.kind == Some(SocketType::Dgram) => State::Live,
        _ if !row.is_listening() || row.is_deaf() => State::NotListening,
        (Some(queue), Some(backlog)) if queue > backlog => State::Saturated,
        _ => State::Live,
    };
    // What could not be looked at is told by there being no holder.
    drop(observe::name_holders(
        [&mut socket],
        Some(NonZeroUsize::MIN),
    ));
    Some(socket)
}

/// In the lists of all namespaces, and where the kernel counts inodes in another way (overlayfs).
fn far(path: &Path, inode: Inode) -> Option<Socket> {
    let roots = [path.to_owned()];
    let request = observe::Request {
        walk: walk::Request {
            roots: &roots,
            defaults: false,
            one_file_system: false,
            exclude: &[],
            jobs: None,
            parents: false,
            acls: false,
        },
        abstract_names: false,
        all_netns: true,
        beyond_roots: false,
        holders: true,
        jobs: None,
    };
    let survey = observe::survey(&request, &walk::Progress::default());
    // A ghost has the same name, and no file.
    let is_it = |socket: &Socket| socket.inode == Some(inode) && socket.state != State::Ghost;
    survey.sockets.into_iter().find(is_it)
}

fn sentence(socket: &Socket, names: &dyn Names) -> String {
    let state = match socket.state {
        State::NotListening => "somebody is bound to it, and does not listen yet or any more",
        State::Saturated => "it is live, and its backlog is full",
        State::Foreign => "it is live in another network namespace",
        _ => "it is live",
    };
    match socket.listener() {
        Some(process) => format!("{state}: {} has it", words(process, names)),
        None if socket.holders_known => format!("{state}; no process has it: it is on its way"),
        None => format!("{state}; root can see who has it"),
    }
}

fn words(process: &Process, names: &dyn Names) -> String {
    let user = names
        .user_name(process.uid)
        .unwrap_or_else(|| process.uid.to_string());
    format!("{} (pid {}, user {user})", process.comm, process.pid)
}
