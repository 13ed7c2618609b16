//! Somebody was bound to it, or nobody ever was.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::net::{SocketType, accept};

use super::{Scene, bound, client_of, held_by, s, scene, stream};
use crate::support::chmod;

pub(crate) fn left_by_a_listener(directory: &Path) -> Scene {
    drop(stream(&s(directory)));
    scene(s(directory), ())
}

pub(crate) fn left_by_a_datagram_socket(directory: &Path) -> Scene {
    drop(bound(&s(directory), SocketType::DGRAM));
    scene(s(directory), ())
}

pub(crate) fn left_by_a_seqpacket_listener(directory: &Path) -> Scene {
    drop(bound(&s(directory), SocketType::SEQPACKET));
    scene(s(directory), ())
}

pub(crate) fn left_by_a_killed_server(directory: &Path) -> Scene {
    drop(held_by(&[], &s(directory)));
    scene(s(directory), ())
}

pub(crate) fn left_with_the_sticky_bit(directory: &Path) -> Scene {
    drop(stream(&s(directory)));
    chmod(&s(directory), 0o1600);
    scene(s(directory), ())
}

pub(crate) fn sessions_without_their_listener(directory: &Path) -> Scene {
    let listener = stream(&s(directory));
    let client = client_of(&s(directory));
    scene(s(directory), (client, accept(&listener).expect("accept")))
}

pub(crate) fn bound_again_and_left(directory: &Path) -> Scene {
    let ghost = stream(&s(directory));
    fs::remove_file(s(directory)).expect("unlink");
    drop(stream(&s(directory)));
    scene(s(directory), ghost)
}

pub(crate) fn made_by_mknod(directory: &Path) -> Scene {
    mknod(directory, FileType::Socket, Mode::RUSR | Mode::WUSR)
}

/// As systemd's `inaccessible/sock`.
pub(crate) fn made_by_mknod_with_mode_0000(directory: &Path) -> Scene {
    mknod(directory, FileType::Socket, Mode::empty())
}

pub(super) fn mknod(directory: &Path, kind: FileType, mode: Mode) -> Scene {
    mknodat(CWD, s(directory), kind, mode, 0).expect("mknod");
    scene(s(directory), ())
}
