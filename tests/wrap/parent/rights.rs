//! What the parent keeps for itself.

use std::fs;
use std::process::{Command, Stdio};

use super::running::{Running, resident, script, status_of, until};
use crate::support::{chmod, place, skipped_without_root};

const KILL: u64 = 1 << 5;
const DAC_OVERRIDE: u64 = 1 << 1;
const FOWNER: u64 = 1 << 3;

const NOBODY: u32 = 65_534;

fn caps(pid: u32, set: &str) -> u64 {
    u64::from_str_radix(&status_of(pid, set), 16).expect("a set")
}

/// With these options it keeps exactly that.
#[track_caller]
fn keeps(options: &[&str], expected: u64) {
    let command = ["sh", "-c", "echo $$; exec sleep 1000"];
    let mut running = Running::start(resident(options, command));
    let command = running.pid_line();
    let pid = running.pid();
    // The command may be there before the parent has given up what it needed to start it.
    until("it waits", || waits(pid));
    assert_eq!(caps(pid, "CapPrm"), expected, "{options:?}");
    assert_eq!(caps(pid, "CapEff"), expected);
    assert_eq!(caps(pid, "CapInh"), 0);
    assert_eq!(caps(pid, "CapAmb"), 0);
    // It can do what it keeps that for.
    running.send(15);
    assert_eq!(running.wait().code(), Some(128 + 15));
    assert!(!fs::exists(format!("/proc/{command}")).expect("/proc"));
}

/// The command is started, and nothing is left to do.
fn waits(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/fd/1")).is_ok_and(|it| it.ends_with("null"))
        && fs::read_to_string(format!("/proc/{pid}/wchan"))
            .is_ok_and(|it| it == "0" || it.contains("poll"))
        && status_of(pid, "State").starts_with('S')
}

#[test]
fn no_capability_that_its_options_do_not_need() {
    if skipped_without_root("no_capability_that_its_options_do_not_need") {
        return;
    }
    let place = place();
    let dir = place.path().join("d");
    fs::create_dir(&dir).expect("mkdir");
    let path = dir.join("s");
    // Without a socket of ours those that it binds itself would be looked for.
    let listen = format!("--listen={}", path.display());
    keeps(&["--user", "root", &listen], 0);
    keeps(&["--user", "root", "--allow-new-privs", &listen], KILL);
    keeps(&["--user", "root", "--keep-caps", "setuid", &listen], KILL);
    let with_socket = |owner: u32, mode: u32, expected: u64| {
        std::os::unix::fs::chown(&dir, Some(owner), Some(owner)).expect("chown");
        chmod(&dir, mode);
        // Who owns the directory may swap what is in it.
        let log = "--on-violation=log";
        keeps(&["--user", "nobody", log, &listen], expected);
        assert!(!path.exists(), "{owner} {mode:o}");
    };
    with_socket(0, 0o755, KILL);
    with_socket(NOBODY, 0o755, KILL | DAC_OVERRIDE);
    with_socket(0, 0o555, KILL | DAC_OVERRIDE);
    with_socket(0, 0o1777, KILL);
    with_socket(33, 0o1777, KILL | DAC_OVERRIDE | FOWNER);
}

/// Nothing happens, so nothing is done.
#[test]
fn it_is_silent() {
    let there = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: it_is_silent: needs strace");
        return;
    }
    let full = std::env::var_os("SOCKCTL_TESTS").is_some_and(|value| value == "full");
    let seconds = if full { "10" } else { "2" };
    let place = place();
    let log = place.path().join("calls");
    let listen = format!("--listen={}", place.path().join("s").display());
    let mut running = Running::start(script(&[&listen], "echo $$; exec sleep 1000"));
    running.pid_line();
    let pid = running.pid();
    until("it waits", || waits(pid));
    let mut strace = Command::new("timeout");
    strace.args(["-s", "INT", seconds, "strace", "-f", "-qq", "-o"]);
    strace.arg(&log).args(["-p", &pid.to_string()]);
    let traced = strace.stderr(Stdio::null()).status();
    assert!(traced.is_ok());
    let calls = fs::read_to_string(&log).expect("a log");
    // The one that it was in when it was looked at.
    assert!(calls.contains("poll("), "{calls:?}");
    assert_eq!(calls.lines().count(), 1, "{calls}");
}

#[test]
fn it_has_one_thread() {
    let mut running = Running::start(script(&[], "echo $$; exec sleep 1000"));
    running.pid_line();
    assert_eq!(status_of(running.pid(), "Threads"), "1");
}
