//! The tables of states, on real sockets.

// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

mod ghosts;
mod namespaces;
mod server;
mod states;

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType as Type};

use super::*;
use crate::model::State;

fn root_only(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: {test}: needs root");
    }
    root
}

/// What is wanted besides one root.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // as in the request
struct Wanted {
    abstract_names: bool,
    all_netns: bool,
    beyond_roots: bool,
    holders: bool,
}

fn survey_with(root: &Path, wanted: &Wanted) -> Survey {
    let roots = [root.to_owned()];
    let request = Request {
        walk: walk::Request {
            roots: &roots,
            defaults: false,
            one_file_system: false,
            exclude: &[],
            jobs: NonZeroUsize::new(1),
            parents: false,
            acls: false,
        },
        abstract_names: wanted.abstract_names,
        all_netns: wanted.all_netns,
        beyond_roots: wanted.beyond_roots,
        holders: wanted.holders,
        jobs: NonZeroUsize::new(2),
    };
    survey(&request, &walk::Progress::default())
}

fn look(root: &Path) -> Survey {
    survey_with(root, &Wanted::default())
}

fn at<'a>(survey: &'a Survey, path: &Path) -> Vec<&'a Socket> {
    let sockets = survey.sockets.iter();
    sockets
        .filter(|socket| socket.name.as_path() == Some(path))
        .collect()
}

/// The only socket of that path.
fn only<'a>(survey: &'a Survey, path: &Path) -> &'a Socket {
    match at(survey, path)[..] {
        [socket] => socket,
        ref others => panic!("{}: {others:#?}", path.display()),
    }
}

fn states(survey: &Survey) -> Vec<State> {
    survey.sockets.iter().map(|socket| socket.state).collect()
}

fn bound(path: &Path, kind: Type) -> OwnedFd {
    let fd = rustix::net::socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None);
    let fd = fd.unwrap();
    rustix::net::bind(&fd, &SocketAddrUnix::new(path).unwrap()).unwrap();
    fd
}

fn listening(path: &Path, kind: Type, backlog: i32) -> OwnedFd {
    let fd = bound(path, kind);
    rustix::net::listen(&fd, backlog).unwrap();
    fd
}

fn stream(path: &Path) -> OwnedFd {
    listening(path, Type::STREAM, 8)
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn unlink(path: &Path) {
    rustix::fs::unlink(path).unwrap();
}
