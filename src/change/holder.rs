//! Who is bound to a socket file that is in the way: in one sentence.

use std::path::Path;

use crate::model::{Inode, Names, Process, Socket, State};
use crate::observe::{self, walk};
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
    let at = |all_netns| look(path, all_netns).filter(|socket| socket.inode == Some(inode));
    // Other namespaces take their time, and are seldom the answer.
    let found = match at(false) {
        Some(socket) if socket.state == State::Foreign => at(true).or(Some(socket)),
        found => found,
    };
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

/// The socket as an audit would see it.
fn look(path: &Path, all_netns: bool) -> Option<Socket> {
    let roots = [path.to_owned()];
    let request = observe::Request {
        walk: walk::Request {
            roots: &roots,
            defaults: false,
            one_file_system: false,
            exclude: &[],
            jobs: None,
            parents: false,
        },
        abstract_names: false,
        all_netns,
        beyond_roots: false,
        holders: true,
        jobs: None,
    };
    let survey = observe::survey(&request, &walk::Progress::default());
    let mut sockets = survey.sockets;
    // A ghost has the same name, and no file.
    sockets.retain(|socket| socket.state != State::Ghost);
    sockets.into_iter().next()
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
