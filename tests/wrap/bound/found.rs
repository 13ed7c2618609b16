//! Neither made nor expected: what the command comes to listen on.

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use super::scene::{IDLES, Scene, answers, cannot_run};
use crate::support::{names, run};

#[test]
fn it_is_ready_when_it_listens_on_anything() {
    if cannot_run("it_is_ready_when_it_listens_on_anything") {
        return;
    }
    let scene = Scene::new();
    let name = format!("sockctl-found-{}", std::process::id());
    for words in [
        vec!["bind", "{run}/s", "listen"],
        vec!["bind-dgram", "{run}/s"],
        vec!["tcp"],
        vec!["abstract", &name],
        vec!["fork", "tcp"],
    ] {
        let mut wrapped = scene.start(&[], &words);
        wrapped.is_ready();
        let said = wrapped.stops();
        assert!(!said.contains("on nothing so far"), "{words:?} {said}");
        assert_eq!(names(&scene.path(".")), [""; 0], "{words:?}");
    }
}

#[test]
fn one_that_listens_on_nothing_is_ready_after_a_while() {
    if cannot_run("one_that_listens_on_nothing_is_ready_after_a_while") {
        return;
    }
    let scene = Scene::new();
    let begun = Instant::now();
    let mut wrapped = scene.start(&[], IDLES);
    scene.has_begun();
    wrapped.says("on nothing so far");
    wrapped.is_ready();
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(2), "{took:?}");
    wrapped.stops();
}

#[test]
fn what_comes_later_is_judged_too() {
    if cannot_run("what_comes_later_is_judged_too") {
        return;
    }
    let scene = Scene::new();
    let words = [
        "tcp", "await", "{run}/go", "bind", "{run}/s", "listen", "chmod", "{run}/s", "777",
    ];
    let mut wrapped = scene.start(&["--on-violation=fix"], &words);
    wrapped.is_ready();
    scene.go_on("go");
    wrapped.says("mended");
    assert_eq!(scene.facts("s").0, 0o775);
    wrapped.stops();
    assert!(!scene.is_there("s"));
}

#[test]
fn a_name_that_was_changed_is_followed() {
    if cannot_run("a_name_that_was_changed_is_followed") {
        return;
    }
    let scene = Scene::new();
    let words = [
        "bind",
        "{run}/s.7",
        "rename",
        "{run}/s.7",
        "{run}/s",
        "listen",
    ];
    let mut wrapped = scene.start(&[], &words);
    let line = wrapped.says("listens on it");
    assert!(line.contains(&format!("{}:", scene.text("s"))), "{line}");
    wrapped.is_ready();
    assert!(answers(&scene.path("s")));
    wrapped.stops();
    assert_eq!(names(&scene.path(".")), [""; 0]);
}

#[test]
fn what_was_passed_to_it_is_not_its_own() {
    if cannot_run("what_was_passed_to_it_is_not_its_own") {
        return;
    }
    let scene = Scene::new();
    let listener = UnixListener::bind(scene.path("passed")).unwrap();
    let passed = rustix::io::dup(&listener).unwrap();
    rustix::io::fcntl_setfd(&passed, rustix::io::FdFlags::empty()).unwrap();
    let option = format!("--pass-fd={}", passed.as_raw_fd());
    let words = ["bind", "{run}/s", "listen"];
    let mut wrapped = scene.start(&[&option], &words);
    drop(passed);
    wrapped.is_ready();
    drop(listener);
    wrapped.stops();
    assert_eq!(names(&scene.path(".")), ["passed"]);
}

#[test]
fn one_that_is_no_server_is_let_alone() {
    if cannot_run("one_that_is_no_server_is_let_alone") {
        return;
    }
    let scene = Scene::new();
    for code in [0, 3, 77] {
        let word = code.to_string();
        let options = ["--user=nobody"];
        run(scene.command(&options, &["exit", &word])).exits(code);
    }
}

/// For five seconds it is looked, and then nobody wakes.
#[test]
fn afterwards_nothing_is_looked_at() {
    if cannot_run("afterwards_nothing_is_looked_at") {
        return;
    }
    let scene = Scene::new();
    let begun = Instant::now();
    let mut wrapped = scene.start(&[], &["bind", "{run}/s", "listen"]);
    wrapped.is_ready();
    std::thread::sleep(Duration::from_secs(7).saturating_sub(begun.elapsed()));
    let pid = wrapped.pid().to_string();
    let strace = ["2", "strace", "-f", "-qq", "-p", &pid];
    let calls = Command::new("timeout")
        .args(strace)
        .output()
        .expect("strace");
    let calls = String::from_utf8_lossy(&calls.stderr).into_owned();
    // The one in which it waits.
    let waits = |line: &str| line.contains("poll(") || line.contains("restart_syscall(");
    let others: Vec<&str> = calls.lines().filter(|line| !waits(line)).collect();
    assert_eq!(others, [""; 0]);
    assert!(calls.lines().count() <= 1, "{calls}");
    wrapped.stops();
}
