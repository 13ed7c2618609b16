//! What the states are made of.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, connect, listen, socket};

/// Ends with its row.
pub(super) struct Server(pub(super) Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may be stopped, and it may be gone: both is well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Unmounted with its row.
pub(super) struct Mounted(pub(super) PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

pub(super) fn bound(path: &Path, kind: SocketType) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    bind(&fd, &SocketAddrUnix::new(path).expect("a short path")).expect("bind");
    fd
}

pub(super) fn listener(path: &Path, kind: SocketType, backlog: i32) -> OwnedFd {
    let fd = bound(path, kind);
    listen(&fd, backlog).expect("listen");
    fd
}

/// A server in a process of its own, after `before` on the command line.
pub(super) fn held(program: &Path, path: &Path, before: &[&str]) -> Server {
    let mut words = before.iter().map(std::ffi::OsStr::new).collect::<Vec<_>>();
    words.push(program.as_os_str());
    let mut child = Command::new(words[0])
        .args(&words[1..])
        .args(["create", "--no-builtin", "--hold"])
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let stdout = child.stdout.take().expect("its output");
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    assert!(line.starts_with("create"), "{line:?}");
    Server(child)
}

/// Whether a client that waits for nobody gets in, or would.
pub(crate) fn lets_in(path: &Path, kind: SocketType) -> bool {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    connect(&fd, &SocketAddrUnix::new(path).expect("a short path")).is_ok()
}
