//! Job control, at a real terminal with a real shell.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::process::{Child, Command};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::running::{PATIENCE, ends, until, with_argument};
use crate::support::{clean, own_user, program};

/// A shell with jobs, at a terminal of its own. Hangs up when it is dropped.
struct Shell {
    process: Child,
    /// `None` once it has hung up.
    terminal: Option<File>,
    /// What was printed and not looked at yet.
    printed: String,
}

impl Shell {
    fn start() -> Shell {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal");
        grantpt(&terminal).expect("a terminal");
        unlockpt(&terminal).expect("a terminal");
        let name = ptsname(&terminal, Vec::new()).expect("its name");
        let other = || {
            let path = name.to_str().expect("text");
            File::options()
                .read(true)
                .write(true)
                .open(path)
                .expect("a terminal")
        };
        let mut shell = Command::new("setsid");
        shell.args([
            "--ctty",
            "bash",
            "--norc",
            "--noprofile",
            "--noediting",
            "-i",
        ]);
        clean(&mut shell);
        shell.env("PS1", "prompt> ").env("WRAP", wrap());
        shell.stdin(other()).stdout(other()).stderr(other());
        let process = shell.spawn().expect("bash can be run");
        let mut started = Shell {
            process,
            terminal: Some(File::from(terminal)),
            printed: String::new(),
        };
        started.sees("prompt> ");
        // What is typed is not printed from here on.
        started.types("stty -echo\n");
        started.sees("prompt> ");
        started
    }

    fn types(&mut self, text: &str) {
        let terminal = self.terminal.as_mut().expect("it has not hung up");
        terminal.write_all(text.as_bytes()).expect("it listens");
    }

    /// Reads up to those words, and returns all that came before.
    #[track_caller]
    fn sees(&mut self, words: &str) -> String {
        loop {
            if let Some(at) = self.printed.find(words) {
                let rest = self.printed.split_off(at + words.len());
                return std::mem::replace(&mut self.printed, rest);
            }
            let timeout = Timespec::try_from(PATIENCE).expect("a time");
            let terminal = self.terminal.as_mut().expect("it has not hung up");
            let mut watched = [PollFd::new(terminal, PollFlags::IN)];
            let ready = rustix::event::poll(&mut watched, Some(&timeout)).expect("poll");
            assert!(ready == 1, "{words:?} is not in {:?}", self.printed);
            let mut room = [0; 4096];
            let length = terminal.read(&mut room).unwrap_or(0);
            assert!(
                length > 0,
                "the end, and {words:?} is not in {:?}",
                self.printed
            );
            self.printed += &String::from_utf8_lossy(&room[..length]);
        }
    }

    /// Runs a line, and returns what it prints up to the next prompt.
    fn runs(&mut self, line: &str) -> String {
        self.types(&format!("{line}\n"));
        self.sees("prompt> ")
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        self.terminal = None;
        ends(self.process.id());
        // It has ended, or something is wrong.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn wrap() -> String {
    format!("{} wrap --user {} --", program().display(), own_user())
}

/// Sleeps so long as nobody else does, and is found by that.
fn length(line: u32) -> String {
    format!("{}.{line}", 200_000 + std::process::id())
}

fn started(length: &str) -> u32 {
    let mut found = Vec::new();
    // Once it is the command, and not the copy of sockctl that is to become it.
    let is_it = |pid: &u32| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|it| it.trim() == "sleep")
    };
    until("it sleeps", || {
        found = with_argument(length).into_iter().filter(is_it).collect();
        !found.is_empty()
    });
    found[0]
}

#[test]
fn a_command_that_reads_from_the_terminal() {
    let mut shell = Shell::start();
    shell.types("$WRAP cat\n");
    shell.types("one\n");
    shell.sees("one\r\n");
    // ^Z
    shell.types("\x1a");
    let printed = shell.sees("prompt> ");
    assert!(printed.contains("Stopped"), "{printed:?}");
    let printed = shell.runs("jobs");
    assert!(printed.contains("Stopped"), "{printed:?}");
    shell.types("fg\n");
    shell.types("two\n");
    shell.sees("two\r\n");
    // In the background it may not read.
    shell.types("\x1a");
    shell.sees("prompt> ");
    shell.runs("bg");
    until("it is stopped again", || {
        shell.types("jobs\n");
        shell.sees("prompt> ").contains("Stopped")
    });
    shell.types("fg\n");
    shell.types("three\n");
    shell.sees("three\r\n");
    // ^C
    shell.types("\x03");
    shell.sees("prompt> ");
    assert!(shell.runs("echo it was $?").contains("it was 130"));
    // And ^D, where it began in the background.
    shell.runs("$WRAP cat &");
    until("it is stopped", || {
        shell.types("jobs\n");
        shell.sees("prompt> ").contains("Stopped")
    });
    shell.types("fg\n");
    shell.types("four\n");
    shell.sees("four\r\n");
    shell.types("\x04");
    shell.sees("prompt> ");
    assert!(shell.runs("echo it was $?").contains("it was 0"));
    // The shell has its terminal again.
    assert!(shell.runs("echo still here").contains("still here"));
}

#[test]
fn a_command_that_does_not() {
    let mut shell = Shell::start();
    let length = length(line!());
    shell.types(&format!("$WRAP sleep {length}\n"));
    let sleeper = started(&length);
    shell.types("\x1a");
    let printed = shell.sees("prompt> ");
    assert!(printed.contains("Stopped"), "{printed:?}");
    let state = || super::running::status_of(sleeper, "State");
    assert!(state().starts_with('T'), "{}", state());
    shell.runs("bg");
    until("it goes on", || state().starts_with('S'));
    let printed = shell.runs("jobs");
    assert!(printed.contains("Running"), "{printed:?}");
    shell.types("fg\n");
    shell.sees("sleep");
    shell.types("\x03");
    shell.sees("prompt> ");
    assert!(shell.runs("echo it was $?").contains("it was 130"));
    assert!(ends(sleeper));
    // ^\
    shell.runs("ulimit -c 0");
    shell.types(&format!("$WRAP sleep {length}\n"));
    let sleeper = started(&length);
    shell.types("\x1c");
    shell.sees("prompt> ");
    assert!(shell.runs("echo it was $?").contains("it was 131"));
    assert!(ends(sleeper));
}

/// All of a job stops and goes on, and ^C reaches the script around it, too.
#[test]
fn pipelines_and_scripts() {
    let mut shell = Shell::start();
    shell.types("$WRAP cat | cat\n");
    shell.types("one\n");
    shell.sees("one\r\n");
    shell.types("\x1a");
    let printed = shell.sees("prompt> ");
    assert!(printed.contains("Stopped"), "{printed:?}");
    shell.types("fg\n");
    shell.types("two\n");
    shell.sees("two\r\n");
    shell.types("\x04");
    shell.sees("prompt> ");
    // Another one of the job may read from the terminal.
    shell.types("cat | $WRAP cat\n");
    shell.types("three\n");
    shell.sees("three\r\n");
    shell.types("\x04");
    shell.sees("prompt> ");
    let length = length(line!());
    shell.types(&format!("sh -c '$WRAP sleep {length}; echo never'\n"));
    let sleeper = started(&length);
    shell.types("\x03");
    let printed = shell.sees("prompt> ");
    assert!(!printed.contains("never"), "{printed:?}");
    assert!(ends(sleeper));
}

/// Once each: a server that drains would take a second ^C for impatience.
#[test]
fn what_is_typed_arrives_once() {
    let mut shell = Shell::start();
    let count = "python3 -c '\n\
                 import signal, time\n\
                 signal.pthread_sigmask(signal.SIG_BLOCK, {2})\n\
                 print(\"waiting\", flush=True)\n\
                 signal.sigwait({2})\n\
                 print(\"one\", flush=True)\n\
                 print(\"then\", signal.sigtimedwait({2}, 0.5), flush=True)'";
    shell.types(&format!("PS2=; $WRAP {count}\n"));
    shell.sees("waiting");
    shell.types("\x03");
    shell.sees("one");
    let printed = shell.sees("prompt> ");
    assert!(printed.contains("then None"), "{printed:?}");
}

#[test]
fn a_hang_up_ends_it() {
    let length = length(line!());
    let mut shell = Shell::start();
    // Of the terminal, in the foreground and in the background.
    shell.types(&format!("$WRAP sleep {length} & $WRAP sleep {length}\n"));
    until("both sleep", || with_argument(&length).len() == 4);
    let all = with_argument(&length);
    drop(shell);
    for pid in all {
        assert!(ends(pid));
    }
}

/// A server that takes SIGHUP for a reason to read its configuration again ends all the same.
#[test]
fn a_hang_up_is_no_reload() {
    let mut shell = Shell::start();
    let length = length(line!());
    let text = format!("trap \"echo reloaded\" HUP; while :; do sleep {length}; done");
    shell.types(&format!("$WRAP sh -c '{text}'\n"));
    let sleeper = started(&length);
    let wrap = with_argument("wrap");
    let shells: Vec<u32> = with_argument(&text);
    drop(shell);
    for pid in shells.into_iter().chain([sleeper]) {
        assert!(ends(pid), "{pid} of {wrap:?}");
    }
}

#[test]
fn nohup_is_respected() {
    let length = length(line!());
    let mut shell = Shell::start();
    shell.types(&format!("nohup $WRAP sleep {length} >/dev/null 2>&1 &\n"));
    let sleeper = started(&length);
    let wraps = with_argument(&length);
    let wrap = wraps.into_iter().find(|pid| *pid != sleeper);
    let wrap = wrap.expect("its parent");
    // The shell has passed the hang-up on by then.
    drop(shell);
    let waiting = || super::running::status_of(wrap, "ShdPnd");
    until("it has taken note", || waiting() == "0000000000000000");
    let alive = fs::exists(format!("/proc/{sleeper}")).expect("/proc");
    for pid in with_argument(&length) {
        super::running::send(pid, 9);
    }
    assert!(alive);
}
