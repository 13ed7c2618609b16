//! The states as they are made, each in an empty directory.

mod abstracts;
mod left;
mod live;
mod overlays;
mod theirs;
mod unusual;

use std::any::Any;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, connect, listen, socket};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::support::{Held, create};

pub(super) use abstracts::*;
pub(super) use left::*;
pub(super) use live::*;
pub(crate) use overlays::overlays_can_be_mounted;
pub(super) use overlays::*;
pub(super) use theirs::*;
pub(super) use unusual::*;

/// A socket in some state, for as long as it is kept.
pub(super) struct Scene {
    /// As on the command line.
    pub(super) address: PathBuf,
    /// What makes it so.
    _held: Box<dyn Any>,
}

/// What has to stay is dropped in the order given.
fn scene(address: PathBuf, held: impl Any) -> Scene {
    Scene {
        address,
        _held: Box::new(held),
    }
}

fn s(directory: &Path) -> PathBuf {
    directory.join("s")
}

fn bound_to(address: &impl SocketAddrArg, kind: SocketType) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    bind(&fd, address).expect("bind");
    fd
}

fn bound(path: &Path, kind: SocketType) -> OwnedFd {
    bound_to(&SocketAddrUnix::new(path).expect("a short path"), kind)
}

fn listening(path: &Path, kind: SocketType, backlog: i32) -> OwnedFd {
    let fd = bound(path, kind);
    listen(&fd, backlog).expect("listen");
    fd
}

fn stream(path: &Path) -> OwnedFd {
    listening(path, SocketType::STREAM, 8)
}

fn client(address: &impl SocketAddrArg) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    connect(&fd, address).expect("room for a client");
    fd
}

fn client_of(path: &Path) -> OwnedFd {
    client(&SocketAddrUnix::new(path).expect("a short path"))
}

/// `create --hold`, run by `runner`.
fn held_by(runner: &[&str], path: &Path) -> Held {
    let hold = create(path, &["--no-builtin", "--hold"]);
    let mut command = match runner {
        [] => hold,
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(hold.get_program());
            command.args(hold.get_args());
            command
        }
    };
    command.stdin(Stdio::null());
    Held::start(command).expect("it holds")
}

/// Another process that has this socket and is stopped; ours is closed.
fn given_to_a_stopped_process(socket: OwnedFd) -> impl Any {
    let mut command = Command::new("sleep");
    command.arg("600").stdin(Stdio::from(socket));
    let child = Child(command.spawn().expect("sleep"));
    let pid = Pid::from_child(&child.0);
    kill_process(pid, Signal::STOP).expect("SIGSTOP");
    let stopped = waitpid(Some(pid), WaitOptions::UNTRACED).expect("our own child");
    assert!(stopped.is_some_and(|(_, status)| status.stopped()));
    child
}

/// What is made in a new network namespace, and a process that keeps that: a socket is of the one
/// in which its thread was.
fn in_a_new_namespace<T: Send + 'static>(make: impl FnOnce() -> T + Send) -> (T, impl Any) {
    let mut command = Command::new("unshare");
    command.args(["-n", "sh", "-c", "echo there; exec cat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut keeper = Child(command.spawn().expect("unshare"));
    let mut line = String::new();
    let stdout = keeper.0.stdout.take().expect("its output");
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    assert_eq!(line, "there\n");
    let namespace = File::open(format!("/proc/{}/ns/net", keeper.0.id())).expect("it runs");
    let moved = || {
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(namespace.as_fd(), kind).expect("setns");
        make()
    };
    let outcome = std::thread::scope(|scope| scope.spawn(moved).join());
    (outcome.expect("what was to be made"), keeper)
}

/// Killed with its scene.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only where it has ended, which is well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
