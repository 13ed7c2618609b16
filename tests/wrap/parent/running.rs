//! A wrapped command, and what becomes of processes.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::support::{clean, own_user, program};

/// Longer than anything takes on a machine that has much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// `wrap` with these options, then `--` and the command. It stays as the parent.
pub(crate) fn resident<O: AsRef<OsStr>, C: AsRef<OsStr>>(
    options: impl IntoIterator<Item = O>,
    command: impl IntoIterator<Item = C>,
) -> Command {
    let mut wrap = Command::new(program());
    wrap.arg("wrap").args(options).arg("--").args(command);
    clean(&mut wrap);
    wrap
}

/// The same with a script, as whoever we are.
pub(crate) fn script(options: &[&str], text: &str) -> Command {
    let own = own_user();
    let options = [&["--user", &own][..], options].concat();
    resident(options, ["sh", "-c", text])
}

/// A wrap that runs. Killed when it is dropped, and with it the command.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Running {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let stdin = child.stdin.take();
        Running {
            child,
            stdin,
            stdout,
        }
    }

    /// The next line that the command prints; empty where it prints no more.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The pid that the command prints as its next line.
    pub(crate) fn pid_line(&mut self) -> u32 {
        let line = self.line();
        line.parse().unwrap_or_else(|_| panic!("no pid: {line:?}"))
    }

    /// Of the wrap itself.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn send(&self, signal: u8) {
        send(self.pid(), signal);
    }

    /// Where its input is a pipe.
    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        assert!(ends(self.pid()), "it does not end");
        self.child.wait().expect("it can be waited for")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Any of 1 to 64.
pub(crate) fn send(pid: u32, signal: u8) {
    let line = format!("kill -{signal} {pid}");
    let sent = Command::new("bash").args(["-c", &line]).status();
    assert!(sent.expect("bash").success(), "{line}");
}

/// Waits for the end of a process, which may have been reaped already.
pub(crate) fn ends(pid: u32) -> bool {
    let pid = Pid::from_raw(pid.cast_signed()).expect("a pid");
    let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) else {
        return true;
    };
    let timeout = Timespec::try_from(PATIENCE).expect("a time");
    let mut watched = [PollFd::new(&process, PollFlags::IN)];
    rustix::event::poll(&mut watched, Some(&timeout)).expect("poll") == 1
}

/// What /proc/PID/status says behind a word.
pub(crate) fn status_of(pid: u32, word: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = text.lines().find_map(|line| line.strip_prefix(word));
    let line = line.unwrap_or_else(|| panic!("no {word} in {text}"));
    line.trim_start_matches(':').trim().to_owned()
}

/// Waits until something is so of which the kernel gives no notice.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The pids of all processes that have this word on their command line.
pub(crate) fn with_argument(word: &str) -> Vec<u32> {
    let has_it = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|argument| argument == word.as_bytes())
    };
    processes().into_iter().filter(has_it).collect()
}

pub(crate) fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("/proc");
    let pid = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse().ok();
    entries.filter_map(pid).collect()
}
