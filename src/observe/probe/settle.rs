//! What the kernel's list adds to the tests: queue and backlog, and whether the listener is in
//! our network namespace at all.

use crate::model::{Probed, SocketName, SocketType, State};
use crate::sys::diag::{self, Row};
use crate::sys::peer;

use super::elsewhere::Elsewhere;
use super::list::List;
use super::{Options, layers, listener, run};

/// Of connect tests the list is read before them, so that the queues are without our own
/// connections.
pub(super) fn list_before(options: &Options) -> Option<List> {
    (!options.silent).then(|| read().ok()).flatten()
}

fn read() -> Result<List, String> {
    diag::dump()
        .map(List::of)
        .map_err(|error| error.to_string())
}

/// Completes the answers. `list` may be older than the tests: who is not in it is looked for in
/// a new one.
pub(super) fn settle(probed: &mut [Probed], options: &Options, list: Option<List>) {
    layers::distrust(probed);
    let mut left: Vec<usize> = (0..probed.len())
        .filter(|&place| is_bound(&probed[place]))
        .collect();
    if let Some(list) = list {
        left.retain(|&place| !join(&mut probed[place], options, &list));
    }
    if !left.is_empty() {
        look_again(probed, options, left);
    }
    hint_at_other_namespaces(probed);
    if !options.silent {
        listener::name(probed);
    }
}

/// Whether somebody is bound to it.
fn is_bound(probed: &Probed) -> bool {
    matches!(
        probed.socket.state,
        State::Live | State::Saturated | State::NotListening | State::WrongType
    )
}

fn look_again(probed: &mut [Probed], options: &Options, mut left: Vec<usize>) {
    let list = match read() {
        Ok(list) => list,
        Err(why) => return without_list(probed, options, &left, &why),
    };
    left.retain(|&place| !join(&mut probed[place], options, &list));
    if options.silent {
        // It may have been closed between the test and the list.
        let names: Vec<SocketName> = left
            .iter()
            .map(|&place| probed[place].socket.name.clone())
            .collect();
        for (&place, again) in left.iter().zip(run::all(&names, options)) {
            probed[place] = again;
        }
        left.retain(|&place| is_bound(&probed[place]));
    }
    // Whoever is reached by an abstract name is in our own namespace.
    left.retain(|&place| probed[place].socket.name.as_path().is_some());
    if left.is_empty() {
        return;
    }
    let elsewhere = Elsewhere::look();
    let own = peer::own_netns().ok();
    for place in left {
        outside(&mut probed[place], options, &elsewhere, own);
    }
}

fn without_list(probed: &mut [Probed], options: &Options, left: &[usize], why: &str) {
    for &place in left {
        let socket = &mut probed[place].socket;
        if options.silent && socket.kind.is_none() {
            socket.why = Some(format!(
                "bound (EPROTOTYPE from connect); it may be just starting, for {why}"
            ));
        }
        check_type(&mut probed[place], options);
    }
}

/// Whether the list has it.
fn join(probed: &mut Probed, options: &Options, list: &List) -> bool {
    let socket = &probed.socket;
    let Some(row) = list.find(&socket.name, socket.real_path(), socket.inode) else {
        return false;
    };
    fill_in(probed, options, row);
    true
}

fn fill_in(probed: &mut Probed, options: &Options, row: &Row) {
    let socket = &mut probed.socket;
    socket.kernel_ino = Some(row.ino);
    socket.kind = socket.kind.or(row.kind);
    socket.queue = row.rqueue;
    socket.backlog = row.wqueue.filter(|_| row.is_listening());
    if options.silent {
        judge_silently(probed, row);
        check_type(probed, options);
    }
}

/// What a client would meet, told from the list alone.
fn judge_silently(probed: &mut Probed, row: &Row) {
    let socket = &mut probed.socket;
    if row.kind == Some(SocketType::Dgram) {
        return;
    }
    let (state, why) = if !row.is_listening() {
        let why = format!("bound, and does not listen (state {})", row.state_word());
        (State::NotListening, why)
    } else if row.is_deaf() {
        let why = "its listener has shut down for receiving".to_owned();
        (State::NotListening, why)
    } else {
        match (socket.queue, socket.backlog) {
            // The kernel lets one more in than listen(2) was given.
            (Some(queue), Some(backlog)) if queue > backlog => {
                let why = format!("its backlog is full: {queue} wait, and it was to be {backlog}");
                (State::Saturated, why)
            }
            _ => return,
        }
    };
    socket.state = state;
    socket.why = Some(why);
}

fn check_type(probed: &mut Probed, options: &Options) {
    let socket = &mut probed.socket;
    if let (Some(asked), Some(kind), true) = (options.kind, socket.kind, options.silent)
        && asked != kind
    {
        socket.state = State::WrongType;
        socket.why = Some(format!("a {kind} socket, and {asked} was asked for"));
    }
}

/// It is bound, and our own namespace's list does not have it.
fn outside(probed: &mut Probed, options: &Options, elsewhere: &Elsewhere, own: Option<u64>) {
    let socket = &probed.socket;
    let found = elsewhere.find(&socket.name, socket.real_path(), socket.inode);
    let peer = probed.peer.and_then(|peer| peer.pid);
    let netns = match found {
        Some((netns, row)) => {
            fill_in(probed, options, row);
            Some(netns)
        }
        None => peer.and_then(|pid| peer::netns_of(pid).ok()),
    };
    if netns.is_some() && netns == own {
        return;
    }
    let socket = &mut probed.socket;
    socket.netns = netns;
    if socket.state == State::Live {
        socket.state = State::Foreign;
        socket.why = Some(match netns {
            Some(netns) => format!("its listener is in network namespace {netns}"),
            None => "its listener is not in this network namespace's list".to_owned(),
        });
    }
}

/// A name that is missing here may well exist in another namespace, and that is worth knowing.
fn hint_at_other_namespaces(probed: &mut [Probed]) {
    let missing = |probed: &&mut Probed| {
        probed.socket.state == State::Missing && probed.socket.name.as_path().is_none()
    };
    let mut missing = probed.iter_mut().filter(missing).peekable();
    if missing.peek().is_none() {
        return;
    }
    let elsewhere = Elsewhere::look();
    for Probed { socket, .. } in missing {
        if let Some((netns, _)) = elsewhere.find(&socket.name, None, None)
            && let Some(why) = &mut socket.why
        {
            why.push_str("; network namespace ");
            why.push_str(&netns.to_string());
            why.push_str(" has one, where this process is not");
        }
    }
}
