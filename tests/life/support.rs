//! The program, places to run it in, and other users.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use tempfile::TempDir;

/// The user and group that own nothing.
pub(crate) const NOBODY: u32 = 65534;

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_sockctl"))
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether a test that cannot do without root has to be left out; says so by name.
pub(crate) fn skipped_without_root(test: &str) -> bool {
    if !is_root() {
        println!("skipped: {test}: needs root");
    }
    !is_root()
}

/// How much of a test that takes long is run: `SOCKCTL_TESTS=full` is all of it.
pub(crate) fn size(usual: u32, full: u32) -> u32 {
    if std::env::var_os("SOCKCTL_TESTS").is_some_and(|value| value == "full") {
        full
    } else {
        usual
    }
}

/// A directory that everybody may walk through, and only we may write to.
pub(crate) fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a directory for the test");
    chmod(place.path(), 0o755);
    place
}

pub(crate) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode of the test");
}

pub(crate) fn give(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).expect("an owner of the test");
}

/// Says that it is over when it is dropped, by a panic too: nobody waits for ever then.
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Names in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry
            .expect("an entry")
            .file_name()
            .into_string()
            .expect("text")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// Mode, user and group of a socket file.
pub(crate) fn facts(path: &Path) -> (u32, u32, u32) {
    let file = fs::symlink_metadata(path).expect("it is there");
    assert!(file.file_type().is_socket(), "{}", path.display());
    (file.mode() & 0o7777, file.uid(), file.gid())
}

pub(crate) fn inode(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().map(|file| file.ino())
}

/// A run of the program without any policy but its own.
pub(crate) fn sockctl<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program());
    for name in [
        "SOCKCTL_POLICY",
        "SOCKCTL_LOG",
        "INVOCATION_ID",
        "SYSTEMD_EXEC_PID",
    ] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The same by a user who owns nothing; `place` is where the program is copied to, for its own
/// place may be out of their reach.
pub(crate) fn as_nobody<A: AsRef<OsStr>>(
    place: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Command {
    let copy = place.join("sockctl-of-nobody");
    if !copy.exists() {
        fs::copy(program(), &copy).expect("a copy of the program");
        chmod(&copy, 0o755);
    }
    let mut command = Command::new(copy);
    command.args(arguments).stdin(Stdio::null());
    command.uid(NOBODY).gid(NOBODY).current_dir("/");
    command
}

/// How a run has ended.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(mut command: Command) -> Done {
    let output = command.output().expect("the program can be run");
    Done {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

impl Done {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Done {
        let text = format!("{}{}", self.stdout, self.stderr);
        assert!(text.contains(words), "{words:?} is not in {text}");
        self
    }
}

/// `create --hold`, once it holds. Killed when it is dropped.
pub(crate) struct Held {
    pub(crate) child: Child,
    // It may have more to say than a pipe has room for.
    _reader: JoinHandle<io::Result<u64>>,
}

impl Held {
    /// `None`: it has ended instead.
    pub(crate) fn start(mut command: Command) -> Option<Held> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program can be run");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        if line.is_empty() {
            child.wait().expect("it ends");
            return None;
        }
        Some(Held {
            child,
            _reader: std::thread::spawn(move || io::copy(&mut stdout, &mut io::sink())),
        })
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("kill");
    }

    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// `create --hold` of one path with nothing else.
pub(crate) fn hold(path: &Path) -> Held {
    let mut command = sockctl(["create", "--hold"]);
    command.arg(path);
    Held::start(command).expect("it holds")
}

/// Whether a client gets in.
pub(crate) fn lets_in(path: &Path, kind: SocketType) -> bool {
    let fd = socket(AddressFamily::UNIX, kind, None).expect("a socket");
    connect(&fd, &SocketAddrUnix::new(path).expect("a short path")).is_ok()
}

/// A file to which nothing is bound.
pub(crate) fn stale(path: &Path) -> PathBuf {
    drop(std::os::unix::net::UnixListener::bind(path).expect("bind"));
    path.to_owned()
}

/// `create` with these options.
pub(crate) fn create(path: &Path, options: &[&str]) -> Command {
    let mut command = sockctl(["create"]);
    command.args(options).arg(path);
    command
}
