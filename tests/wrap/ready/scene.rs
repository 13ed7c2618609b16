//! A service manager, a wrapped command, and what the one is told of the other.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sockctl::model::Mode;
use sockctl::sys::dir::Dir;
use sockctl::sys::foreign::Foreign;
use sockctl::sys::notify::Receiver;
use tempfile::TempDir;

use crate::support::{chmod, clean, own_user, program};

/// Longer than anything takes on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough for what should not come to come.
const PAUSE: Duration = Duration::from_millis(50);

/// The system's own, which every user can execute, whatever comes first in `PATH`.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// What every command knows that is written here.
const PRELUDE: &str = "
import array, os, signal, socket, sys, time
def manager():
    address = os.environ['NOTIFY_SOCKET']
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect('\\0' + address[1:] if address[0] == '@' else address)
    return s
def tell(text, *fds):
    fds = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
    # Closed here: what a signal handler raises while a socket is thrown away is lost.
    with manager() as to:
        to.sendmsg([text.encode()], fds)
def barrier():
    r, w = os.pipe()
    tell('BARRIER=1', w)
    os.close(w)
    os.read(r, 1)
def listener():
    return socket.socket(fileno=3)
def say(text):
    print(text, flush=True)
def pause():
    # Unlike signal.pause(), it is not too late for a signal that has just come.
    r, w = os.pipe()
    os.set_blocking(w, False)
    signal.set_wakeup_fd(w)
    os.read(r, 1)
";

/// Of a command whose sockets nobody waits for.
pub(crate) const NOW: &[&str] = &["--ready", "now"];

/// A command in Python, in which there are `tell`, `barrier`, `listener`, `say` and `pause`.
pub(crate) fn python(code: &str) -> [String; 3] {
    let code = format!("{PRELUDE}{code}");
    [PYTHON.to_owned(), "-c".to_owned(), code]
}

/// A directory with the service manager's socket in it.
pub(crate) struct Scene {
    place: TempDir,
    manager: Receiver,
}

/// What the service manager was told.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) descriptors: Foreign,
    /// By whom.
    pub(crate) pid: Option<u32>,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        Scene::below(&std::env::temp_dir())
    }

    pub(crate) fn below(directory: &Path) -> Scene {
        let place = tempfile::tempdir_in(directory).expect("a directory for the test");
        chmod(place.path(), 0o755);
        let dir = Dir::open(place.path()).expect("it is there");
        let mode = Mode::from_st_mode(0o600);
        let manager = Receiver::in_directory(&dir, c"manager", mode).expect("a socket");
        Scene { place, manager }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// `wrap` with these options, as whoever we are; told to the service manager.
    pub(crate) fn wrap<C: AsRef<OsStr>>(
        &self,
        options: &[&str],
        command: impl IntoIterator<Item = C>,
    ) -> Command {
        let own = own_user();
        self.wrap_as(&own, options, command)
    }

    /// The same as another user.
    pub(crate) fn wrap_as<C: AsRef<OsStr>>(
        &self,
        user: &str,
        options: &[&str],
        command: impl IntoIterator<Item = C>,
    ) -> Command {
        let mut wrap = Command::new(program());
        wrap.args(["wrap", "--user", user]).args(options).arg("--");
        wrap.args(command);
        clean(&mut wrap);
        wrap.env("NOTIFY_SOCKET", self.path("manager"));
        wrap
    }

    /// The next that it is told.
    #[track_caller]
    pub(crate) fn told(&self) -> Told {
        assert!(readable(self.manager.as_fd(), PATIENCE), "nothing is told");
        self.take().expect("it is readable")
    }

    /// The next that it is told are these.
    #[track_caller]
    pub(crate) fn is_told(&self, texts: &[&str]) {
        for text in texts {
            assert_eq!(self.told().text, *text);
        }
    }

    /// There is nothing more, and nothing comes.
    #[track_caller]
    pub(crate) fn is_told_nothing(&self) {
        let is_told = readable(self.manager.as_fd(), PAUSE);
        assert!(!is_told, "{:?}", self.take());
    }

    /// What it was told already.
    pub(crate) fn taken(&self) -> Option<Told> {
        readable(self.manager.as_fd(), Duration::ZERO)
            .then(|| self.take())
            .flatten()
    }

    fn take(&self) -> Option<Told> {
        let mut room = [0; 8192];
        let datagram = self.manager.receive(&mut room).expect("a datagram")?;
        Some(Told {
            text: String::from_utf8_lossy(&room[..datagram.length]).into_owned(),
            descriptors: datagram.descriptors,
            pid: datagram.sender.and_then(|sender| sender.pid),
        })
    }
}

fn readable(fd: BorrowedFd<'_>, longest: Duration) -> bool {
    let longest = Timespec::try_from(longest).expect("a time");
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut fds, Some(&longest)).expect("poll") == 1
}

/// A wrap that runs, its input and output ours. Killed when it is dropped.
pub(crate) struct Wrapped {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Wrapped {
    pub(crate) fn start(mut command: Command) -> Wrapped {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        Wrapped { child, stdout }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line that the command prints.
    #[track_caller]
    pub(crate) fn line(&mut self) -> String {
        let waits = self.stdout.buffer().is_empty();
        let prints = !waits || readable(self.stdout.get_ref().as_fd(), PATIENCE);
        assert!(prints, "it prints nothing");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// It prints nothing for a while.
    #[track_caller]
    pub(crate) fn is_silent(&self) {
        assert!(self.stdout.buffer().is_empty());
        assert!(!readable(self.stdout.get_ref().as_fd(), PAUSE));
    }

    /// Gives the command a line to read.
    pub(crate) fn go_on(&mut self) {
        let stdin = self.child.stdin.as_mut().expect("its input");
        stdin.write_all(b"go on\n").expect("it reads");
    }

    pub(crate) fn send(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it runs");
    }

    /// Waits for its end; exit status and what it said on stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        drop(self.child.stdin.take());
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().expect("its errors");
        stderr.read_to_string(&mut said).expect("text");
        (self.child.wait().expect("it ends").code(), said)
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> String {
        let (status, said) = self.end();
        assert_eq!(status, Some(code), "{said}");
        said
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
