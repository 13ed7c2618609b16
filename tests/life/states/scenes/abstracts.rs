//! Names of a network namespace, without a file.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::net::{SocketAddrUnix, SocketType, listen};

use super::{Scene, bound_to, client, in_a_new_namespace, scene};

/// That of nobody else: the directory's path.
fn name(directory: &Path) -> SocketAddrUnix {
    SocketAddrUnix::new_abstract_name(directory.as_os_str().as_encoded_bytes()).expect("a name")
}

fn address(directory: &Path) -> PathBuf {
    let mut address = std::ffi::OsString::from("@");
    address.push(directory);
    address.into()
}

fn listening(directory: &Path, kind: SocketType, backlog: i32) -> OwnedFd {
    let listener = bound_to(&name(directory), kind);
    listen(&listener, backlog).expect("listen");
    listener
}

pub(crate) fn abstract_listener(directory: &Path) -> Scene {
    scene(
        address(directory),
        listening(directory, SocketType::STREAM, 8),
    )
}

pub(crate) fn abstract_seqpacket_listener(directory: &Path) -> Scene {
    let listener = listening(directory, SocketType::SEQPACKET, 8);
    scene(address(directory), listener)
}

pub(crate) fn abstract_datagram_socket(directory: &Path) -> Scene {
    let socket = bound_to(&name(directory), SocketType::DGRAM);
    scene(address(directory), socket)
}

pub(crate) fn abstract_full_backlog(directory: &Path) -> Scene {
    let listener = listening(directory, SocketType::STREAM, 1);
    let clients = [(); 2].map(|()| client(&name(directory)));
    scene(address(directory), (listener, clients))
}

pub(crate) fn abstract_and_not_listening(directory: &Path) -> Scene {
    let socket = bound_to(&name(directory), SocketType::STREAM);
    scene(address(directory), socket)
}

pub(crate) fn abstract_of_nobody(directory: &Path) -> Scene {
    scene(address(directory), ())
}

pub(crate) fn abstract_in_another_network_namespace(directory: &Path) -> Scene {
    let listen = || listening(directory, SocketType::STREAM, 8);
    scene(address(directory), in_a_new_namespace(listen))
}
