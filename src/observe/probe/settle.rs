//! What the kernel's list adds to the tests: queue and backlog, and whether the listener is in
//! our network namespace at all.

use super::super::ground;
use super::super::kernel::{self, Listing};
use super::super::state;
use super::listed::{Finder, elsewhere};
use super::{Options, listener, run};
use crate::model::{Probed, Socket, SocketType, State};
use crate::sys::diag::Row;
use crate::sys::peer;
use crate::sys::silent::Answer;

/// Of connect tests the list is read before them, so that the queues are without our own
/// connections.
pub(super) fn list_before(options: &Options) -> Option<Listing> {
    (!options.silent).then(|| kernel::list(false))
}

/// Completes the answers. `list` may be older than the tests: who is not in it is looked for in
/// a new one.
pub(super) fn settle(probed: &mut [Probed], options: &Options, list: Option<Listing>) {
    settle_here(probed, options, list);
    hint_at_other_namespaces(probed);
    if !options.silent {
        listener::name(probed);
    }
}

/// The same without what costs more and does not change the state, for tests that follow each
/// other closely.
pub(super) fn settle_here(probed: &mut [Probed], options: &Options, list: Option<Listing>) {
    ground::distrust(probed.iter_mut().map(|probed| &mut probed.socket));
    let mut left: Vec<usize> = (0..probed.len())
        .filter(|&place| is_open(&probed[place].socket))
        .collect();
    if let Some(list) = list.filter(|list| list.known) {
        let finder = Finder::new(&list);
        left.retain(|&place| {
            is_refused_by_name(&probed[place].socket) || {
                !join(&mut probed[place], options, &finder)
            }
        });
    }
    if !left.is_empty() {
        look_again(probed, options, left);
    }
}

/// Whether the list can say more of it.
fn is_open(socket: &Socket) -> bool {
    let is_bound = matches!(
        socket.state,
        State::Live | State::Saturated | State::NotListening | State::WrongType
    );
    is_bound || is_refused_by_name(socket)
}

/// An abstract name has no inode that would tell who is bound from who is not.
fn is_refused_by_name(socket: &Socket) -> bool {
    socket.state == State::Missing && socket.name.as_path().is_none()
}

fn look_again(probed: &mut [Probed], options: &Options, mut left: Vec<usize>) {
    let list = kernel::list(false);
    if !list.known {
        let why = list.notes.first().map_or("", String::as_str);
        for place in left {
            without_list(&mut probed[place], options, why);
        }
        return;
    }
    let finder = Finder::new(&list);
    left.retain(|&place| !join(&mut probed[place], options, &finder));
    // Whoever answers to an abstract name is in our own namespace.
    left.retain(|&place| probed[place].socket.name.as_path().is_some());
    // They may have been closed between the test and the list.
    left.retain(|&place| is_still_there(&mut probed[place], options));
    if left.is_empty() {
        return;
    }
    let elsewhere = elsewhere();
    let finder = Finder::new(&elsewhere);
    let own = peer::own_netns().ok();
    for place in left {
        outside(&mut probed[place], options, &finder, own);
    }
}

/// Whether the inode tested is still bound, which a silent test tells.
fn is_still_there(probed: &mut Probed, options: &Options) -> bool {
    let silently = Options {
        silent: true,
        ..options.clone()
    };
    let names = [probed.socket.name.clone()];
    let Some(again) = run::all(&names, &silently).pop() else {
        return false;
    };
    let same = again.socket.inode == probed.socket.inode && is_open(&again.socket);
    // What a client met when it was there is still the answer of a connect test.
    if !same && options.silent {
        *probed = again;
        without_list(probed, options, "");
    }
    same
}

fn without_list(probed: &mut Probed, options: &Options, why: &str) {
    let socket = &mut probed.socket;
    if is_refused_by_name(socket) {
        socket.state = State::Unknown;
        socket.why = Some(format!("connect: ECONNREFUSED; {why}").into());
    } else if options.silent && socket.state == State::Live {
        let answer = answer(socket);
        state::of_file(socket, &answer, None, false);
        check_type(socket, options);
    }
}

/// What the silent test had said.
fn answer(socket: &Socket) -> Answer {
    match socket.kind {
        Some(SocketType::Dgram) => Answer::Datagram,
        _ => Answer::Connectionful,
    }
}

/// Whether the list has it.
fn join(probed: &mut Probed, options: &Options, finder: &Finder<'_>) -> bool {
    let listed = finder.find(&probed.socket);
    if let Some(listed) = listed {
        fill_in(&mut probed.socket, options, listed);
    }
    listed.is_some()
}

fn fill_in(socket: &mut Socket, options: &Options, listed: &Row) {
    if !options.silent {
        return after_a_connect(socket, options, listed);
    }
    if socket.inode.is_some() {
        state::of_file(socket, &answer(socket), Some(listed), true);
    } else {
        state::of_row(socket, listed);
    }
    check_type(socket, options);
}

/// What a client met counts for more than what the list makes of it.
fn after_a_connect(socket: &mut Socket, options: &Options, listed: &Row) {
    let (met, kind, why) = (socket.state, socket.kind, socket.why.take());
    state::of_row(socket, listed);
    socket.kind = kind.or(socket.kind);
    match met {
        // No client of any type got in, so it does not listen.
        State::Missing => {
            let listed_as = socket.why.take().unwrap_or_default();
            socket.state = State::NotListening;
            socket.why = Some(format!("connect: ECONNREFUSED; {listed_as}").into());
            check_type(socket, options);
        }
        // A datagram client gets its connection also from a server that takes nothing any more.
        State::Live if kind == Some(SocketType::Dgram) && socket.state != State::Live => {}
        _ => (socket.state, socket.why) = (met, why),
    }
}

fn check_type(socket: &mut Socket, options: &Options) {
    if let (Some(asked), Some(kind)) = (options.kind, socket.kind)
        && asked != kind
    {
        socket.state = State::WrongType;
        socket.why = Some(format!("a {kind} socket, and {asked} was asked for").into());
    }
}

/// Our own namespace's list does not have it.
fn outside(probed: &mut Probed, options: &Options, finder: &Finder<'_>, own: Option<u64>) {
    let found = finder.find(&probed.socket);
    if let Some(listed) = found {
        fill_in(&mut probed.socket, options, listed);
    }
    let socket = &mut probed.socket;
    if socket.netns.is_none() {
        let peer = probed.peer.and_then(|peer| peer.pid);
        socket.netns = peer.and_then(|pid| peer::netns_of(pid).ok());
    }
    if own.is_some() && socket.netns == own {
        // The list does not have it, and still it is ours: a file system that numbers its files
        // otherwise than the kernel's list does.
        socket.netns = None;
        return;
    }
    if options.silent && found.is_none() {
        state::of_file(socket, &answer(socket), None, true);
        check_type(socket, options);
    } else if socket.state == State::Live {
        socket.state = State::Foreign;
    }
    if socket.state == State::Foreign && !options.silent {
        socket.why = Some(match socket.netns {
            Some(netns) => format!("its listener is in network namespace {netns}").into(),
            None => "the kernel does not list it in this network namespace".into(),
        });
    }
}

/// A name that is missing here may exist in another namespace, and that is worth knowing.
fn hint_at_other_namespaces(probed: &mut [Probed]) {
    let missing = probed.iter_mut().map(|probed| &mut probed.socket);
    let mut missing = missing.filter(|it| is_refused_by_name(it)).peekable();
    if missing.peek().is_none() {
        return;
    }
    let elsewhere = elsewhere();
    let finder = Finder::new(&elsewhere);
    for socket in missing {
        let netns = finder.find(socket).and_then(|listed| listed.netns);
        if let (Some(netns), Some(why)) = (netns, &mut socket.why) {
            *why = format!("{why}; network namespace {netns} has one").into();
        }
    }
}
