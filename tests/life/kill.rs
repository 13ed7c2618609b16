//! Killed at every single system call: what is left is what was there, or what should be, and the
//! next run mends the rest.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Done, facts, inode, names, place, run, sockctl, stale};

/// The names of all system calls that a run makes, with the number of times.
fn calls(place: &Path, command: &Command) -> BTreeMap<String, u32> {
    let log = place.join("calls");
    let status = strace(command, &["-o", log.to_str().expect("text")]).status();
    assert!(status.expect("strace can be run").success());
    let mut calls = BTreeMap::new();
    for line in fs::read_to_string(&log).expect("a log").lines() {
        // `1234  openat(AT_FDCWD, ...`
        let call = line
            .split_whitespace()
            .nth(1)
            .and_then(|rest| rest.split_once('('));
        if let Some((name, _)) = call {
            *calls.entry(name.to_owned()).or_insert(0) += 1;
        }
    }
    fs::remove_file(&log).expect("unlink");
    assert!(calls.len() > 5, "{calls:?}");
    calls
}

fn strace(command: &Command, options: &[&str]) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq"]).args(options).arg("--");
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    strace
}

fn skipped_without_strace(test: &str) -> bool {
    let there = Command::new("strace")
        .arg("-V")
        .stdout(Stdio::null())
        .status();
    let there = there.is_ok_and(|status| status.success());
    if !there {
        println!("skipped: {test}: needs strace");
    }
    !there
}

/// Runs `command` once for each of its system calls, and kills it there. `prepare` comes before,
/// and `check` after each time.
fn at_every_call(
    name: &str,
    command: &dyn Fn() -> Command,
    prepare: &dyn Fn(),
    check: &dyn Fn(&str),
) {
    let scratch = place();
    prepare();
    let calls = calls(scratch.path(), &command());
    let mut kills = 0;
    for (call, count) in &calls {
        // The first one is that of strace itself.
        let first = if call == "execve" { 2 } else { 1 };
        for number in first..=*count {
            prepare();
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let status = strace(&command(), &["-o", "/dev/null", "-e", &inject]).status();
            kills += u32::from(!status.expect("strace can be run").success());
            check(&format!("{call} {number}"));
        }
    }
    let all: u32 = calls.values().sum();
    println!("{name}: killed {kills} times in {all} system calls");
    assert!(kills > 20 && kills * 10 > all * 9, "{kills} of {all}");
}

fn words(words: &[&str], path: &Path) -> Command {
    let mut command = sockctl(words);
    command.arg(path);
    command
}

#[test]
fn clean_leaves_the_old_or_nothing() {
    if skipped_without_strace("clean_leaves_the_old_or_nothing") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let command = || words(&["clean"], &path);
    let prepare = || {
        if !path.exists() {
            stale(&path);
        }
    };
    let check = |at: &str| {
        let left = names(place.path());
        let aside = |name: &str| name == "s" || name.starts_with(".s.sockctl-");
        assert!(
            left.len() <= 1 && left.iter().all(|name| aside(name)),
            "{at}: {left:?}"
        );
        run(command()).exits(0);
        assert!(names(place.path()).is_empty(), "{at}");
    };
    at_every_call("clean", &command, &prepare, &check);
}

#[test]
fn clean_never_moves_a_live_one() {
    if skipped_without_strace("clean_never_moves_a_live_one") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let _server = UnixListener::bind(&path).expect("bind");
    let before = inode(&path);
    // Named, it would be refused, and so fail by itself.
    let command = || {
        let mut command = sockctl(["clean", "-R"]);
        command.arg(place.path());
        command
    };
    let check = |at: &str| {
        assert_eq!(inode(&path), before, "{at}");
        UnixStream::connect(&path).expect("it is live");
    };
    at_every_call("clean over a live one", &command, &|| {}, &check);
}

const WANTED: u32 = 0o640;

fn create(path: &Path, more: &[&str]) -> Command {
    let mut all = vec![
        "create",
        "--no-builtin",
        "--replace-stale",
        "--mode",
        "0640",
    ];
    all.extend(more);
    words(&all, path)
}

/// Without a process there is nobody live, so whatever is left is stale, and of no more than the
/// mode that it should have.
fn no_wider(directory: &Path, at: &str) {
    for name in names(directory) {
        let (mode, ..) = facts(&directory.join(&name));
        let (old, new) = (mode == 0o755, mode & !WANTED == 0);
        assert!(old || new, "{at}: {name} {mode:o}");
        assert!(
            name == "s" || name.starts_with(".s.sockctl-"),
            "{at}: {name}"
        );
    }
}

#[test]
fn create_leaves_the_old_or_the_new() {
    if skipped_without_strace("create_leaves_the_old_or_the_new") {
        return;
    }
    let place = place();
    let directory = place.path().join("d");
    fs::create_dir(&directory).expect("mkdir");
    let path = directory.join("s");
    let command = || create(&path, &["--owner", ":60"]);
    let command = || {
        if crate::support::is_root() {
            command()
        } else {
            create(&path, &[])
        }
    };
    let prepare = || {
        for name in names(&directory) {
            fs::remove_file(directory.join(name)).expect("unlink");
        }
        stale(&path);
        crate::support::chmod(&path, 0o755);
    };
    let check = |at: &str| {
        no_wider(&directory, at);
        run(command()).exits(0);
        assert_eq!(names(&directory), ["s"], "{at}");
        assert_eq!(facts(&path).0, WANTED, "{at}");
    };
    at_every_call("create --replace-stale", &command, &prepare, &check);
}

/// With directories that have to be made, over nothing.
#[test]
fn create_with_parents_can_be_run_again() {
    if skipped_without_strace("create_with_parents_can_be_run_again") {
        return;
    }
    let place = place();
    let top = place.path().join("a");
    let path = top.join("b/s");
    let command = || create(&path, &["--parents=0750"]);
    let prepare = || {
        if top.exists() {
            fs::remove_dir_all(&top).expect("rmdir");
        }
    };
    let check = |at: &str| {
        let done: Done = run(command());
        let done = done.exits(0);
        assert_eq!(facts(&path).0, WANTED, "{at}: {}", done.stderr);
        let directory = fs::metadata(top.join("b")).expect("made").mode();
        assert_eq!(directory & 0o7777, 0o750, "{at}");
        assert_eq!(
            (names(&top), names(place.path())),
            (vec!["b".into()], vec!["a".into()])
        );
    };
    at_every_call("create --parents", &command, &prepare, &check);
}
