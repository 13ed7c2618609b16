//! From the request to end to the end.

use std::os::unix::net::UnixStream;

use rustix::fs::OFlags;
use rustix::pipe::{PipeFlags, pipe_with};

use super::running::{Running, ends, resident, script, until};
use crate::support::{names, own_user, place, run};

#[test]
fn what_does_not_end_is_killed_with_all_of_its_group() {
    let text = "trap '' TERM; sh -c 'echo $$; exec sleep 1000' & wait; wait; sleep 1000";
    let mut command = script(&["--stop-timeout", "300ms"], text);
    command.stderr(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let inner = running.pid_line();
    running.send(15);
    assert_eq!(running.wait().code(), Some(128 + 9));
    assert!(ends(inner));
}

#[test]
fn it_ends_in_its_own_time_where_nobody_says_otherwise() {
    let text = "trap 'echo asked; read line; exit 5' TERM; echo $$; while :; do sleep 0.05; done";
    let mut command = script(&[], text);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    running.pid_line();
    running.send(15);
    assert_eq!(running.line(), "asked");
    // Nothing hurries it; its input ends when we say so.
    running.close_input();
    assert_eq!(running.wait().code(), Some(5));
}

#[test]
fn another_signal_can_be_chosen() {
    for (signal, text) in [("USR1", "USR1"), ("10", "USR1"), ("sigint", "INT")] {
        let text = format!("trap 'exit 9' {text}; echo $$; while :; do sleep 0.05; done");
        let mut running = Running::start(script(&["--stop-signal", signal], &text));
        running.pid_line();
        running.send(15);
        assert_eq!(running.wait().code(), Some(9), "{signal}");
    }
}

/// A stopped process does nothing about SIGTERM until it goes on.
#[test]
fn who_is_stopped_ends_too() {
    let mut running = Running::start(script(&[], "echo $$; kill -STOP $$; sleep 1000"));
    let pid = running.pid_line();
    super::running::until("stopped", || {
        super::running::status_of(pid, "State").starts_with('T')
    });
    running.send(15);
    assert_eq!(running.wait().code(), Some(128 + 15));
}

#[test]
fn what_is_left_of_the_group_ends_with_it() {
    let left = "sh -c 'echo $$; exec sleep 1000' & read -r line; exit 3";
    let mut command = script(&[], left);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let inner = running.pid_line();
    running.close_input();
    assert_eq!(running.wait().code(), Some(3));
    assert!(ends(inner));
}

#[test]
fn what_is_left_and_does_not_end_is_killed() {
    let left = "sh -c 'trap \"\" TERM; echo $$; exec sleep 1000' & read -r line; exit 3";
    let mut command = script(&["--stop-timeout", "200ms"], left);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let inner = running.pid_line();
    running.close_input();
    assert_eq!(running.wait().code(), Some(3));
    assert!(ends(inner));
}

/// Who has left the group, as daemons do, is not the command's any more.
#[test]
fn who_has_a_session_of_its_own_is_left_alone() {
    let text = "setsid sh -c 'echo $$; exec sleep 1000' & read -r line; exit 3";
    let mut command = script(&[], text);
    command.stdin(std::process::Stdio::piped());
    let mut running = Running::start(command);
    let daemon = running.pid_line();
    running.close_input();
    assert_eq!(running.wait().code(), Some(3));
    super::running::send(daemon, 9);
}

/// Nobody is told that it has left, and it is none of those that are killed.
#[test]
fn who_gets_a_session_of_its_own_when_asked_to_end_is_not_said_to_be_killed() {
    let code = "
import os, signal
there, tell = os.pipe()
if os.fork():
    os.read(there, 1)
    os._exit(3)
signal.signal(signal.SIGTERM, lambda *_: os.setsid())
nothing = os.open('/dev/null', os.O_RDWR)
for descriptor in range(3):
    os.dup2(nothing, descriptor)
signal.alarm(5)
os.write(tell, b'x')
while True:
    signal.pause()
";
    let own = own_user();
    let options = ["--user", &own, "--stop-timeout", "300ms"];
    let done = run(resident(options, ["python3", "-c", code])).exits(3);
    assert!(!done.stderr.contains("killed"), "{}", done.shown());
}

#[test]
fn the_socket_goes_at_the_end_and_only_ours() {
    let place = place();
    let path = place.path().join("s");
    let listen = format!("--listen={}", path.display());
    let start = || {
        let options = ["--user", &own_user(), &listen];
        let command = ["sh", "-c", "echo $$; exec sleep 1000"];
        let mut running = Running::start(resident(options, command));
        running.pid_line();
        UnixStream::connect(&path).expect("it listens");
        running
    };
    let mut running = start();
    running.send(15);
    assert_eq!(running.wait().code(), Some(128 + 15));
    assert_eq!(names(place.path()), [""; 0]);
    // Another has taken the name meanwhile.
    let mut running = start();
    std::fs::remove_file(&path).expect("unlink");
    let other = std::os::unix::net::UnixListener::bind(&path).expect("bind");
    running.send(15);
    running.wait();
    assert_eq!(names(place.path()), ["s"]);
    drop(other);
    std::fs::remove_file(&path).expect("unlink");
    // Killed, it leaves a stale file, which the next start replaces.
    let mut running = start();
    running.send(9);
    running.wait();
    assert_eq!(names(place.path()), ["s"]);
    let mut running = start();
    running.send(15);
    running.wait();
    assert_eq!(names(place.path()), [""; 0]);
}

#[test]
fn what_needs_a_parent_is_refused_without_one() {
    for option in ["--stop-signal=TERM", "--stop-timeout=1s"] {
        let options = ["--exec", "--user", "root", option];
        run(resident(options, ["true"]))
            .exits(78)
            .says("cannot be used with");
    }
    let rows = [
        ("--stop-signal=TERMS", "there is no signal"),
        ("--stop-signal=0", "there is no signal"),
        ("--stop-signal=65", "there is no signal"),
        ("--stop-timeout=soon", "a length of time"),
    ];
    for (option, words) in rows {
        run(resident(["--user", "root", option], ["true"]))
            .exits(78)
            .says(words);
    }
}

/// Full before it begins, so that whatever is said would have to wait.
#[test]
fn whoever_does_not_read_what_is_said_holds_up_nothing() {
    let (_reader, stderr) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).expect("a pipe");
    while rustix::io::write(&stderr, &[b'x'; 4096]).is_ok() {}
    rustix::fs::fcntl_setfl(&stderr, OFlags::empty()).expect("a pipe that waits");
    let mut command = resident(["--user", &own_user()], ["sleep", "1000"]);
    command.env("SOCKCTL_LOG", "sockctl::wrap=trace");
    let mut child = command.stderr(stderr).spawn().expect("the program");
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    until("it has a child", || {
        std::fs::read_to_string(&children).is_ok_and(|children| !children.is_empty())
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("kill");
    let is_over = ends(child.id());
    // Where it is not over, nothing else would end it.
    drop(child.kill());
    drop(child.wait());
    assert!(is_over);
}
