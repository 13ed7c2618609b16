//! Every state that a socket file can be in, as the kernel's real answers make it: one row each.
//!
//! A row is only as good as long as it lives, for it holds the sockets and processes that make it.

use std::any::Any;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::net::{AddressFamily, Shutdown, SocketAddrUnix, SocketType};
use rustix::net::{bind, connect, listen, shutdown, socket};

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

/// Ends with its row.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // It may be stopped, and it may be gone: both is well.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Unmounted with its row.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
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

    fn at(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn add(
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

    fn others(&mut self) {
        self.add(
            "nothing",
            self.at("missing"),
            "missing",
            Clean::Finds,
            Vec::new(),
        );
        let path = self.at("no-directory/missing");
        self.add("no directory", path, "missing", Clean::Finds, Vec::new());

        let path = self.at("regular");
        fs::write(&path, "text").expect("write");
        self.add(
            "a regular file",
            path,
            "not-a-socket",
            Clean::Refuses,
            Vec::new(),
        );

        let path = self.at("directory");
        fs::create_dir(&path).expect("mkdir");
        self.add(
            "a directory",
            path,
            "not-a-socket",
            Clean::Refuses,
            Vec::new(),
        );

        let path = self.at("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("mkfifo");
        self.add("a FIFO", path, "not-a-socket", Clean::Refuses, Vec::new());

        for (name, to, what) in [
            ("link-to-live", "listening", "a link to a live socket"),
            ("link-to-stale", "stale-target", "a link to a stale one"),
            ("link-to-nothing", "nowhere", "a link to nothing"),
        ] {
            let path = self.at(name);
            std::os::unix::fs::symlink(to, &path).expect("symlink");
            self.add(what, path, "not-a-socket", Clean::Refuses, Vec::new());
        }
        drop(bound(&self.at("stale-target"), SocketType::STREAM));
    }

    fn of_root(&mut self) {
        let path = self.at("device");
        mknodat(
            CWD,
            &path,
            FileType::CharacterDevice,
            Mode::RUSR,
            rustix::fs::makedev(1, 3),
        )
        .expect("mknod");
        self.add("a device", path, "not-a-socket", Clean::Refuses, Vec::new());

        for (name, mode, clean, what) in [
            (
                "mknod",
                Mode::RUSR | Mode::WUSR,
                Clean::Removes,
                "made by mknod",
            ),
            (
                "inaccessible",
                Mode::empty(),
                Clean::Refuses,
                "made by mknod, mode 0000",
            ),
        ] {
            let path = self.at(name);
            mknodat(CWD, &path, FileType::Socket, mode, 0).expect("mknod");
            self.add(what, path, "stale", clean, Vec::new());
        }

        let path = self.at("foreign");
        let server = held(self.program, &path, &["unshare", "-n"]);
        self.add(
            "a listener in another network namespace",
            path,
            "foreign",
            Clean::Refuses,
            vec![Box::new(server)],
        );
    }

    /// The same files seen in an overlay and below it.
    fn overlay(&mut self) {
        let base = self.at("overlay");
        let part = |name: &str| {
            let path = base.join(name);
            fs::create_dir_all(&path).expect("mkdir");
            path
        };
        let (lower, upper, work, merged) =
            (part("lower"), part("upper"), part("work"), part("merged"));
        drop(bound(&lower.join("below"), SocketType::STREAM));
        let layers = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            upper.display(),
            work.display()
        );
        let mounted = Command::new("mount")
            .args(["-t", "overlay", "overlay", "-o", &layers])
            .arg(&merged)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            println!("skipped: overlay states: no overlay can be mounted here");
            return;
        }
        let mount = Mounted(merged.clone());
        let (path, below) = (merged.join("live"), upper.join("live"));
        let server = listener(&path, SocketType::STREAM, 8);
        let what = "live in an overlay, seen in its upper layer";
        self.add(what, below, "stale", Clean::Refuses, Vec::new());
        let what = "the same in the overlay itself";
        self.add(what, path, "live", Clean::Refuses, vec![Box::new(server)]);
        let what = "stale in a lower layer";
        self.add(
            what,
            lower.join("below"),
            "stale",
            Clean::Refuses,
            Vec::new(),
        );
        let path = merged.join("stale");
        drop(bound(&path, SocketType::STREAM));
        let what = "stale in an overlay";
        self.add(what, path, "stale", Clean::Removes, vec![Box::new(mount)]);
    }
}

fn bound(path: &Path, kind: SocketType) -> OwnedFd {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    bind(&fd, &SocketAddrUnix::new(path).expect("a short path")).expect("bind");
    fd
}

fn listener(path: &Path, kind: SocketType, backlog: i32) -> OwnedFd {
    let fd = bound(path, kind);
    listen(&fd, backlog).expect("listen");
    fd
}

/// A server in a process of its own, after `before` on the command line.
fn held(program: &Path, path: &Path, before: &[&str]) -> Server {
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
