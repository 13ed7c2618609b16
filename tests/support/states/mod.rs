//! Every state that a socket file can be in, as the kernel's real answers make it: one row each.
//!
//! A row is only as good as long as it lives, for it holds the sockets and processes that make it.

mod parts;
mod unusual;

use std::any::Any;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use rustix::net::{Shutdown, SocketType, shutdown};

pub(crate) use parts::lets_in;
use parts::{bound, held, listener};

/// What `clean` does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clean {
    /// Removed, 0.
    Removes,
    /// There as before, 1.
    Refuses,
    /// Nothing there before and after, 0.
    Finds,
}

/// One state.
pub(crate) struct Row {
    /// What it is, in a few words.
    pub(crate) name: &'static str,
    /// Where.
    pub(crate) path: PathBuf,
    /// The word of `audit` and `list`, and of `probe` where that does not differ.
    pub(crate) state: &'static str,
    /// What `clean` does about it.
    pub(crate) clean: Clean,
    /// What makes it so.
    _held: Vec<Box<dyn Any>>,
}

/// Makes rows in one directory. `program` is sockctl, which is its own server here.
pub(crate) struct States<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) program: &'a Path,
    pub(crate) rows: Vec<Row>,
}

impl States<'_> {
    /// All that can be made here: with root every state, without it those that need none.
    pub(crate) fn all(&mut self, is_root: bool) {
        self.live();
        self.bound();
        self.stale();
        self.others();
        if is_root {
            self.of_root();
            self.overlay();
        }
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(super) fn add(
        &mut self,
        name: &'static str,
        path: PathBuf,
        state: &'static str,
        clean: Clean,
        held: Vec<Box<dyn Any>>,
    ) {
        self.rows.push(Row {
            name,
            path,
            state,
            clean,
            _held: held,
        });
    }

    fn live(&mut self) {
        let path = self.at("listening");
        let server = listener(&path, SocketType::STREAM, 8);
        self.add(
            "a listener",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let path = self.at("seqpacket");
        let server = listener(&path, SocketType::SEQPACKET, 8);
        self.add(
            "a seqpacket listener",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let path = self.at("datagram");
        let server = UnixDatagram::bind(&path).expect("bind");
        self.add(
            "a datagram socket",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let path = self.at("choosy");
        let server = UnixDatagram::bind(&path).expect("bind");
        server.connect(self.at("datagram")).expect("connect");
        self.add(
            "a datagram socket with a peer of its own",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let path = self.at("full");
        let server = listener(&path, SocketType::STREAM, 0);
        let client = UnixStream::connect(&path).expect("room for one");
        self.add(
            "a full backlog",
            path,
            "saturated",
            Clean::Refuses,
            vec![Box::new(server), Box::new(client)],
        );

        let path = self.at("stopped");
        let server = held(self.program, &path, &[]);
        let pid = rustix::process::Pid::from_child(&server.0);
        rustix::process::kill_process(pid, rustix::process::Signal::STOP).expect("SIGSTOP");
        self.add(
            "a stopped server",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let (old, path) = (self.at("before"), self.at("renamed"));
        let server = listener(&old, SocketType::STREAM, 8);
        fs::rename(&old, &path).expect("rename");
        self.add(
            "a renamed socket",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let (path, second) = (self.at("first-name"), self.at("second-name"));
        let server = listener(&path, SocketType::STREAM, 8);
        fs::hard_link(&path, &second).expect("link");
        self.add(
            "a hard link to one",
            second,
            "live",
            Clean::Refuses,
            Vec::new(),
        );
        self.add(
            "its other name",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(server)],
        );

        let path = self.at("rebound");
        let ghost = listener(&path, SocketType::STREAM, 8);
        fs::remove_file(&path).expect("unlink");
        let server = listener(&path, SocketType::STREAM, 8);
        self.add(
            "one bound anew over a ghost",
            path,
            "live",
            Clean::Refuses,
            vec![Box::new(ghost), Box::new(server)],
        );
    }

    fn bound(&mut self) {
        for (name, kind, what) in [
            ("bound", SocketType::STREAM, "bound and not listening yet"),
            (
                "bound-seqpacket",
                SocketType::SEQPACKET,
                "the same, seqpacket",
            ),
        ] {
            let path = self.at(name);
            let server = bound(&path, kind);
            self.add(
                what,
                path,
                "not-listening",
                Clean::Refuses,
                vec![Box::new(server)],
            );
        }
        let path = self.at("deaf");
        let server = listener(&path, SocketType::STREAM, 8);
        shutdown(&server, Shutdown::Read).expect("shutdown");
        self.add(
            "a listener that was shut down",
            path,
            "not-listening",
            Clean::Refuses,
            vec![Box::new(server)],
        );
    }

    fn stale(&mut self) {
        for (name, kind, what) in [
            ("stale", SocketType::STREAM, "a stale file"),
            ("stale-datagram", SocketType::DGRAM, "a stale datagram file"),
            (
                "stale-seqpacket",
                SocketType::SEQPACKET,
                "a stale seqpacket file",
            ),
        ] {
            let path = self.at(name);
            drop(bound(&path, kind));
            self.add(what, path, "stale", Clean::Removes, Vec::new());
        }

        let path = self.at("sessions");
        let server = UnixListener::bind(&path).expect("bind");
        let client = UnixStream::connect(&path).expect("connect");
        let (session, _) = server.accept().expect("accept");
        drop(server);
        self.add(
            "a listener that has closed while its sessions go on",
            path,
            "stale",
            Clean::Removes,
            vec![Box::new(client), Box::new(session)],
        );

        let path = self.at("stale-under-a-ghost");
        let ghost = listener(&path, SocketType::STREAM, 8);
        fs::remove_file(&path).expect("unlink");
        drop(bound(&path, SocketType::STREAM));
        self.add(
            "a stale one over a ghost",
            path,
            "stale",
            Clean::Removes,
            vec![Box::new(ghost)],
        );

        let path = self.at("killed");
        drop(held(self.program, &path, &[]));
        self.add(
            "left by a killed server",
            path,
            "stale",
            Clean::Removes,
            Vec::new(),
        );

        let path = self.at("sticky");
        drop(bound(&path, SocketType::STREAM));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o1600)).expect("chmod");
        self.add(
            "a stale one with the sticky bit, named",
            path,
            "stale",
            Clean::Removes,
            Vec::new(),
        );
    }
}
