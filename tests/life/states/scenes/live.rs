//! Somebody is bound to it.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::{Shutdown, SocketAddrUnix, SocketType, accept, connect, shutdown};

use super::{
    Scene, bound, client_of, given_to_a_stopped_process, held_by, in_a_new_namespace, listening, s,
    scene, stream,
};

pub(crate) fn a_listener(directory: &Path) -> Scene {
    scene(s(directory), stream(&s(directory)))
}

pub(crate) fn a_seqpacket_listener(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::SEQPACKET, 8);
    scene(s(directory), listener)
}

pub(crate) fn a_datagram_socket(directory: &Path) -> Scene {
    scene(s(directory), bound(&s(directory), SocketType::DGRAM))
}

/// It takes from nobody else.
pub(crate) fn a_datagram_socket_with_a_peer(directory: &Path) -> Scene {
    let peer = bound(&directory.join("peer"), SocketType::DGRAM);
    let socket = bound(&s(directory), SocketType::DGRAM);
    let address = SocketAddrUnix::new(directory.join("peer")).expect("a short path");
    connect(&socket, &address).expect("connect");
    scene(s(directory), (socket, peer))
}

/// `listen(n)` holds n + 1.
pub(crate) fn a_backlog_with_room_for_one(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::STREAM, 1);
    scene(s(directory), (listener, client_of(&s(directory))))
}

pub(crate) fn a_full_backlog(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::STREAM, 1);
    let clients = [(); 2].map(|()| client_of(&s(directory)));
    scene(s(directory), (listener, clients))
}

pub(crate) fn a_backlog_full_of_closed_clients(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::STREAM, 1);
    drop([(); 2].map(|()| client_of(&s(directory))));
    scene(s(directory), listener)
}

pub(crate) fn a_stopped_server(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::STREAM, 1);
    scene(s(directory), given_to_a_stopped_process(listener))
}

pub(crate) fn a_stopped_server_with_a_full_backlog(directory: &Path) -> Scene {
    let listener = listening(&s(directory), SocketType::STREAM, 1);
    let server = given_to_a_stopped_process(listener);
    let clients = [(); 2].map(|()| client_of(&s(directory)));
    scene(s(directory), (server, clients))
}

pub(crate) fn bound_and_not_listening(directory: &Path) -> Scene {
    scene(s(directory), bound(&s(directory), SocketType::STREAM))
}

pub(crate) fn seqpacket_and_not_listening(directory: &Path) -> Scene {
    scene(s(directory), bound(&s(directory), SocketType::SEQPACKET))
}

fn bound_client(directory: &Path) -> [OwnedFd; 2] {
    let server = directory.join("server");
    let listener = stream(&server);
    let client = bound(&s(directory), SocketType::STREAM);
    let address = SocketAddrUnix::new(&server).expect("a short path");
    connect(&client, &address).expect("connect");
    [client, listener]
}

pub(crate) fn a_client_that_is_bound(directory: &Path) -> Scene {
    scene(s(directory), bound_client(directory))
}

pub(crate) fn a_client_that_is_bound_and_accepted(directory: &Path) -> Scene {
    let [client, listener] = bound_client(directory);
    let session = accept(&listener).expect("accept");
    scene(s(directory), (client, session, listener))
}

pub(crate) fn a_listener_shut_down(directory: &Path) -> Scene {
    let listener = stream(&s(directory));
    shutdown(&listener, Shutdown::Read).expect("shutdown");
    scene(s(directory), listener)
}

pub(crate) fn a_datagram_socket_shut_down(directory: &Path) -> Scene {
    let socket = bound(&s(directory), SocketType::DGRAM);
    let address = SocketAddrUnix::new(s(directory)).expect("a short path");
    connect(&socket, &address).expect("to itself, for only what is connected can be shut down");
    shutdown(&socket, Shutdown::Read).expect("shutdown");
    scene(s(directory), socket)
}

pub(crate) fn in_another_network_namespace(directory: &Path) -> Scene {
    scene(s(directory), held_by(&["unshare", "-n"], &s(directory)))
}

/// A session is in the namespace of its client: it is all that our list has of that listener.
pub(crate) fn there_with_a_client_from_here(directory: &Path) -> Scene {
    let (listener, keeper) = in_a_new_namespace(|| stream(&s(directory)));
    let client = client_of(&s(directory));
    let session = accept(&listener).expect("accept");
    scene(s(directory), (client, session, listener, keeper))
}

pub(crate) fn renamed(directory: &Path) -> Scene {
    let listener = stream(&directory.join("before"));
    fs::rename(directory.join("before"), s(directory)).expect("rename");
    scene(s(directory), listener)
}

pub(crate) fn a_hard_link(directory: &Path) -> Scene {
    let listener = stream(&directory.join("first"));
    fs::hard_link(directory.join("first"), s(directory)).expect("link");
    scene(s(directory), listener)
}

pub(crate) fn hard_linked(directory: &Path) -> Scene {
    let listener = stream(&s(directory));
    fs::hard_link(s(directory), directory.join("second")).expect("link");
    scene(s(directory), listener)
}

pub(crate) fn unlinked(directory: &Path) -> Scene {
    let ghost = stream(&s(directory));
    fs::remove_file(s(directory)).expect("unlink");
    scene(s(directory), ghost)
}

pub(crate) fn bound_again_by_another(directory: &Path) -> Scene {
    let ghost = stream(&s(directory));
    fs::remove_file(s(directory)).expect("unlink");
    scene(s(directory), (ghost, stream(&s(directory))))
}

pub(crate) fn a_listener_with_mode_0000(directory: &Path) -> Scene {
    let listener = stream(&s(directory));
    crate::support::chmod(&s(directory), 0);
    scene(s(directory), listener)
}
