use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::support::{
    as_nobody, chmod, facts, give, hold, inode, names, place, run, skipped_without_root, sockctl,
    stale,
};

pub(crate) fn clean(path: &Path) -> Command {
    let mut command = sockctl(["clean"]);
    command.arg(path);
    command
}

#[test]
fn the_holder_is_named() {
    let place = place();
    let path = place.path().join("s");
    let server = hold(&path);
    let done = run(clean(&path)).exits(1).says("it is live");
    done.says(&format!("sockctl (pid {}, user ", server.child.id()));
}

#[test]
fn in_a_unit_what_the_manager_holds_is_fine() {
    if skipped_without_root("in_a_unit_what_the_manager_holds_is_fine") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    // Process 1 of its own namespace of pids.
    let mut manager = Command::new("unshare");
    manager
        .args(["--pid", "--fork", "--mount-proc", "--kill-child"])
        .arg(crate::support::program())
        .args(["create", "--hold"])
        .arg(&path);
    let manager = crate::support::Held::start(manager).expect("it holds");
    let children = format!("/proc/{0}/task/{0}/children", manager.child.id());
    let pid = fs::read_to_string(children).expect("its child");
    let inside = |in_unit: bool| {
        let mut command = Command::new("nsenter");
        command
            .args(["-t", pid.trim(), "--pid", "--mount"])
            .arg(crate::support::program())
            .arg("clean")
            .arg(&path)
            .env_remove("INVOCATION_ID")
            .env_remove("SYSTEMD_EXEC_PID");
        if in_unit {
            command.env("INVOCATION_ID", "0123456789abcdef0123456789abcdef");
        }
        run(command)
    };
    let before = inode(&path);
    inside(false).exits(1).says("(pid 1, user root)");
    inside(true)
        .exits(0)
        .says("the service manager holds this socket");
    assert_eq!(inode(&path), before);
}

#[test]
fn who_may_not_write_to_it_may_not_know() {
    if skipped_without_root("who_may_not_write_to_it_may_not_know") {
        return;
    }
    let place = place();
    let path = stale(&place.path().join("s"));
    chmod(&path, 0o600);
    let mut words = vec![std::ffi::OsString::from("clean")];
    words.push(path.clone().into());
    run(as_nobody(place.path(), &words)).exits(3).says("EACCES");
    // To be told that it is dead is not yet to be allowed to remove it.
    chmod(&path, 0o666);
    run(as_nobody(place.path(), &words))
        .exits(3)
        .says("Permission denied (EACCES)");
    assert!(path.exists());
    assert_eq!(names(place.path()), ["s", "sockctl-of-nobody"]);
    let own = place.path().join("own");
    fs::create_dir(&own).expect("mkdir");
    give(&own, 65534);
    let path = stale(&own.join("s"));
    give(&path, 65534);
    let words = [std::ffi::OsStr::new("clean"), path.as_os_str()];
    run(as_nobody(place.path(), words)).exits(0);
    assert!(names(&own).is_empty());
}

#[test]
fn whoever_holds_the_lock_only_delays_it() {
    let place = place();
    let path = stale(&place.path().join("s"));
    let directory = fs::File::open(place.path()).expect("a directory");
    flock(&directory, FlockOperation::LockExclusive).expect("flock");
    let mut walk = sockctl(["clean", "-R"]);
    walk.arg(place.path());
    run(walk).exits(0).says("somebody has locked the directory");
    assert!(path.exists());
    let began = Instant::now();
    run(clean(&path)).exits(0).says("went on without the lock");
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert!(names(place.path()).is_empty());
}

#[test]
fn only_what_nobody_has_touched_for_long() {
    let place = place();
    let path = stale(&place.path().join("s"));
    let older = |age: &str| {
        let mut command = sockctl(["clean", "--older-than", age]);
        command.arg(&path);
        run(command)
    };
    older("1h").exits(0).says("it was touched");
    assert!(path.exists());
    let below = |options: &[&str]| {
        let mut command = sockctl(["clean", "-R", "--older-than", "1h"]);
        command.args(options).arg(place.path());
        run(command).exits(0)
    };
    assert_eq!(below(&[]).stderr, "", "as it was asked for");
    below(&["-v"]).says("it was touched");
    older("-1s").exits(2);
    older("soon").exits(2);
    older("0s").exits(0);
    assert!(!path.exists());
}

#[test]
fn what_a_killed_run_left_aside_is_mended() {
    let place = place();
    let path = place.path().join("s");
    let aside = place.path().join(".s.sockctl-0123abcd");
    stale(&aside);
    stale(&place.path().join(".other.sockctl-0123abcd"));
    run(clean(&path)).exits(0);
    assert_eq!(names(place.path()), [".other.sockctl-0123abcd"]);
    // A live one gets its name back.
    let _server = UnixListener::bind(&aside).expect("bind");
    run(clean(&path)).exits(1).says("put back");
    UnixStream::connect(&path).expect("it is where it was");
    // Unless somebody else has it.
    fs::rename(&path, &aside).expect("rename");
    stale(&path);
    run(clean(&path)).exits(0).says(".s.sockctl-0123abcd");
    UnixStream::connect(&aside).expect("it is kept");
    assert!(!path.exists());
}

#[test]
fn names_of_any_bytes_and_any_length() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    let long = "n".repeat(255);
    for name in [b"a\nb\xff\x1b[31m".as_slice(), b"-n", b" ", long.as_bytes()] {
        let path = place.path().join(std::ffi::OsStr::from_bytes(name));
        let short = place.path().join("short");
        stale(&short);
        fs::rename(&short, &path).expect("rename");
        let done = run(clean(&path)).exits(0);
        assert!(!path.exists());
        assert!(!done.stdout.contains('\x1b'), "{}", done.stdout);
    }
    assert!(names(place.path()).is_empty());
    let mut deep = place.path().to_owned();
    for _ in 0..15 {
        deep.push("d".repeat(255));
    }
    fs::create_dir_all(&deep).expect("mkdir");
    let short = stale(&place.path().join("short"));
    let path = deep.join("s");
    fs::rename(&short, &path).expect("rename");
    assert!(path.as_os_str().len() > 3_800);
    run(clean(&path)).exits(0);
    assert!(names(&deep).is_empty());
}

#[test]
fn every_path_has_its_own_outcome() {
    let place = place();
    let (dead, text) = (stale(&place.path().join("dead")), place.path().join("text"));
    fs::write(&text, "x").expect("write");
    let mut command = sockctl(["clean", "-f", "json"]);
    command
        .arg(&text)
        .arg(&dead)
        .arg(place.path().join("missing"));
    let done = run(command).exits(1);
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let actions = report["actions"].as_array().expect("actions");
    let done: Vec<_> = actions
        .iter()
        .map(|action| action["done"] == true)
        .collect();
    assert_eq!(done, [false, true, true]);
    assert!(!dead.exists() && text.exists());
}

#[test]
fn a_live_one_is_not_touched_at_all() {
    let place = place();
    let path = place.path().join("s");
    let server = UnixListener::bind(&path).expect("bind");
    let before = (facts(&path), inode(&path));
    let changed = |path: &Path| {
        fs::symlink_metadata(path)
            .expect("it is there")
            .ctime_and_nanos()
    };
    let stamp = changed(&path);
    run(clean(&path)).exits(1);
    assert_eq!((facts(&path), inode(&path)), before);
    assert_eq!(changed(&path), stamp);
    server.set_nonblocking(true).expect("non-blocking");
    assert!(server.accept().is_err(), "nobody has knocked");
}

trait Stamp {
    fn ctime_and_nanos(&self) -> (i64, i64);
}

impl Stamp for fs::Metadata {
    fn ctime_and_nanos(&self) -> (i64, i64) {
        use std::os::unix::fs::MetadataExt;
        (self.ctime(), self.ctime_nsec())
    }
}

#[test]
fn places_that_overlap_are_told_of_once() {
    let place = place();
    fs::create_dir_all(place.path().join("d/e")).expect("mkdir");
    let (one, two) = (place.path().join("d/1"), place.path().join("d/e/2"));
    stale(&one);
    stale(&two);
    for options in [["-n"].as_slice(), &[]] {
        let mut command = sockctl(["clean", "-R"]);
        command.args(options).current_dir(place.path());
        command.args(["d/1", "d", "d/e", "d/e/2", "./d"]);
        let done = run(command).exits(0);
        let lines: Vec<&str> = done.stdout.lines().collect();
        assert!(lines[0].ends_with("d/1") && lines[1].ends_with("d/e/2"));
        assert_eq!((lines.len(), done.stderr.as_str()), (2, ""), "{lines:?}");
    }
    assert!(!one.exists() && !two.exists());
}

#[test]
fn a_glob_that_nobody_has_expanded_is_told() {
    let place = place();
    stale(&place.path().join("a"));
    let glob = place.path().join("*");
    run(clean(&glob)).exits(0).says("a unit file does not");
    assert_eq!(names(place.path()), ["a"]);
    let really = stale(&place.path().join("[b]"));
    let done = run(clean(&really)).exits(0);
    assert_eq!(done.stderr, "");
    assert!(!run(clean(&place.path().join("c"))).stderr.contains("unit"));
}

/// A file system that gives the number of a freed inode out at once, and a name that leads to
/// such a file between the look and the deed.
#[test]
fn the_number_of_an_inode_is_not_given_to_another_file() {
    let test = "the_number_of_an_inode_is_not_given_to_another_file";
    let place = place();
    let path = place.path().join("s");
    stale(&path);
    let log = place.path().join("log");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-e", "trace=renameat2", "-o"]);
    command.arg(&log);
    // The first of them, which is held long enough for two calls.
    command.args(["-e", "inject=renameat2:delay_enter=1s:when=1", "--"]);
    let clean = clean(&path);
    command.arg(clean.get_program()).args(clean.get_args());
    let mut child = command.spawn().expect("strace can be run");
    let patience = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(&log).is_ok_and(|text| text.contains("renameat2(")) {
        assert!(Instant::now() < patience, "it comes to the move");
        std::thread::yield_now();
    }
    let number = inode(&path);
    fs::remove_file(&path).expect("it is still there");
    fs::write(&path, "precious").expect("write");
    if inode(&path) != number {
        println!("{test}: another number was given");
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    let content = fs::read_to_string(&path).expect("it is still there");
    assert_eq!(content, "precious");
}

#[test]
fn what_is_left_aside_is_judged_like_anything_else() {
    let place = place();
    let path = place.path().join("s");
    stale(&path);
    let mut command = clean(&path);
    // Ended when it has moved the file aside, before it removes it.
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null"]);
    strace.args(["-e", "inject=unlinkat:signal=KILL:when=1", "--"]);
    strace.arg(command.get_program()).args(command.get_args());
    strace.status().expect("strace can be run");
    let left = names(place.path());
    assert_eq!(left.len(), 1);
    let aside = place.path().join(&left[0]);
    assert_ne!(aside, path);
    command = clean(&path);
    run({
        command.args(["--older-than", "1h"]);
        command
    });
    assert!(inode(&aside).is_some(), "it is young");
    chmod(&aside, 0);
    run(clean(&path));
    assert!(inode(&aside).is_some(), "its mode is 0000");
    chmod(&aside, 0o600);
    run(clean(&path)).exits(0);
    assert!(inode(&aside).is_none());
}
