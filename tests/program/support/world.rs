use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};
use tempfile::TempDir;

use super::Sockctl;

/// A directory of real sockets and a policy about them. Everybody may walk through it.
pub(crate) struct World {
    directory: TempDir,
    held: Vec<OwnedFd>,
}

impl World {
    pub(crate) fn new() -> World {
        let directory = TempDir::new().expect("a directory for the test");
        let world = World {
            directory,
            held: Vec::new(),
        };
        chmod(world.root(), 0o755);
        fs::create_dir(world.run()).expect("run/");
        chmod(&world.run(), 0o755);
        world
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Where the sockets are.
    pub(crate) fn run(&self) -> PathBuf {
        self.root().join("run")
    }

    pub(crate) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.run().join(name.as_ref())
    }

    /// Writes a file beside run/; `{run}` in it stands for that directory.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root().join(name);
        let run = self.run();
        let text = text.replace("{run}", run.to_str().expect("a path in UTF-8"));
        fs::write(&path, text).expect("a file of the test");
        chmod(&path, 0o644);
        path
    }

    /// Writes the policy: `rules` stands below `rules:`, one rule or several.
    pub(crate) fn rules(&self, rules: &str) {
        self.policy(&format!("version: 1\nrules:\n{rules}"));
    }

    pub(crate) fn policy(&self, text: &str) {
        self.file("policy.yaml", text);
    }

    /// `audit` of run/ with the policy and nothing else, in JSON.
    pub(crate) fn audit(&self) -> Sockctl {
        self.audit_of(Sockctl::new(), self.run())
    }

    /// The same by a user who owns nothing: nobody, or whoever runs the tests.
    pub(crate) fn audit_as_other(&self) -> Sockctl {
        self.audit_of(self.other(), self.run())
    }

    pub(crate) fn other(&self) -> Sockctl {
        if !super::is_root() {
            return Sockctl::new();
        }
        // Its own place may be out of nobody's reach.
        let program = self.root().join("sockctl");
        if !program.exists() {
            fs::copy(env!("CARGO_BIN_EXE_sockctl"), &program).expect("a copy of the program");
            chmod(&program, 0o755);
        }
        Sockctl::at(&program).by_nobody()
    }

    /// The same of any place, by any user.
    pub(crate) fn audit_of(&self, sockctl: Sockctl, root: impl AsRef<OsStr>) -> Sockctl {
        sockctl
            .args(["audit", "-f", "json", "--no-builtin", "-p"])
            .arg(self.root().join("policy.yaml"))
            .arg(root)
    }

    pub(crate) fn directory(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).expect("a directory of the test");
        chmod(&path, mode);
        path
    }

    /// A stream socket that listens.
    pub(crate) fn stream(&mut self, name: impl AsRef<OsStr>, mode: u32) -> PathBuf {
        self.listener(name, mode, SocketType::STREAM, 16)
    }

    pub(crate) fn listener(
        &mut self,
        name: impl AsRef<OsStr>,
        mode: u32,
        kind: SocketType,
        backlog: i32,
    ) -> PathBuf {
        let path = self.path(name);
        let address = SocketAddrUnix::new(&path).expect("a short enough path");
        self.listen(&address, kind, backlog);
        chmod(&path, mode);
        path
    }

    /// An abstract stream socket that listens; the answer is its name with the `@`.
    pub(crate) fn abstract_stream(&mut self, name: &str) -> PathBuf {
        let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("a short name");
        self.listen(&address, SocketType::STREAM, 16);
        PathBuf::from(format!("@{name}"))
    }

    fn listen(&mut self, address: &SocketAddrUnix, kind: SocketType, backlog: i32) {
        let fd = new_socket(kind);
        bind(&fd, address).expect("bind");
        listen(&fd, backlog).expect("listen");
        self.held.push(fd);
    }

    pub(crate) fn datagram(&mut self, name: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        let socket = UnixDatagram::bind(&path).expect("bind");
        self.held.push(socket.into());
        chmod(&path, mode);
        path
    }

    /// A socket file that its server has left behind.
    pub(crate) fn stale(&mut self, name: &str, mode: u32) -> PathBuf {
        let path = self.stream(name, mode);
        drop(self.held.pop());
        path
    }

    /// A client that waits in the backlog; whether there was room for it.
    pub(crate) fn client(&mut self, path: &Path) -> bool {
        let kind = SocketType::STREAM;
        let fd = new_socket(kind);
        rustix::io::ioctl_fionbio(&fd, true).expect("non-blocking");
        let address = SocketAddrUnix::new(path).expect("a short enough path");
        let connected = connect(&fd, &address).is_ok();
        self.held.push(fd);
        connected
    }
}

/// Ours alone: the program under test must not come to hold what it looks at.
fn new_socket(kind: SocketType) -> OwnedFd {
    let flags = SocketFlags::CLOEXEC;
    socket_with(AddressFamily::UNIX, kind, flags, None).expect("a socket")
}

/// Sets the mode of a file or directory, links followed.
pub(crate) fn chmod(path: &Path, mode: u32) {
    let permissions = fs::Permissions::from_mode(mode);
    fs::set_permissions(path, permissions).expect("a mode of the test");
}
