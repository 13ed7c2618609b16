//! Socket files while the command runs.

use std::fs;
use std::os::unix::net::UnixListener;

use super::scene::{IDLES, Scene, answers, cannot_run};
use crate::support::{chmod, names};

const SERVES: [&str; 3] = ["bind", "{run}/s", "listen"];

#[test]
fn a_path_that_goes_is_told_and_one_that_was_renamed_comes_back_with_fix() {
    if cannot_run("a_path_that_goes_is_told_and_one_that_was_renamed_comes_back_with_fix") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    for fix in [false, true] {
        let options: &[&str] = if fix {
            &[&expect, "--on-violation=fix"]
        } else {
            &[&expect]
        };
        let mut wrapped = scene.start(options, &SERVES);
        wrapped.is_ready();
        fs::rename(scene.path("s"), scene.path("t")).unwrap();
        if fix {
            wrapped.says("has its name again");
            assert!(answers(&scene.path("s")));
        } else {
            wrapped.says("its path is gone");
            fs::rename(scene.path("t"), scene.path("s")).unwrap();
            wrapped.says("it is there again");
        }
        fs::remove_file(scene.path("s")).unwrap();
        wrapped.says("its path is gone");
        wrapped.stops();
        assert_eq!(names(&scene.path(".")), [""; 0]);
    }
}

#[test]
fn a_replacement_is_told_and_never_touched() {
    if cannot_run("a_replacement_is_told_and_never_touched") {
        return;
    }
    let scene = Scene::new();
    let mut wrapped = scene.start(&[&scene.expect("s"), "--on-violation=fix"], &SERVES);
    wrapped.is_ready();
    fs::remove_file(scene.path("s")).unwrap();
    let other = UnixListener::bind(scene.path("s")).unwrap();
    chmod(&scene.path("s"), 0o777);
    wrapped.says("another file has been put in its place");
    assert_eq!(scene.facts("s").0, 0o777);
    wrapped.stops();
    assert!(scene.is_there("s"));
    drop(other);
}

#[test]
fn a_directory_that_is_swapped_is_told() {
    if cannot_run("a_directory_that_is_swapped_is_told") {
        return;
    }
    let scene = Scene::new();
    let mut wrapped = scene.start(&[&scene.expect("s")], &SERVES);
    wrapped.is_ready();
    fs::rename(scene.path("."), scene.root().join("old")).expect_err("a dot cannot be renamed");
    fs::rename(scene.root().join("run"), scene.root().join("old")).unwrap();
    wrapped.says("its path is gone");
    scene.directory("run");
    let _other = UnixListener::bind(scene.path("s")).unwrap();
    wrapped.says("another file has been put in its place");
    wrapped.stops();
    assert_eq!(names(&scene.root().join("old")), [""; 0]);
    assert!(scene.is_there("s"));
}

#[test]
fn what_the_server_binds_anew_is_taken_in() {
    if cannot_run("what_the_server_binds_anew_is_taken_in") {
        return;
    }
    let scene = Scene::new();
    let words = [
        &SERVES[..],
        &[
            "await", "{run}/go", "unlink", "{run}/s", "bind", "{run}/s", "sleep", "0.2", "listen",
        ],
    ]
    .concat();
    let options = [&scene.expect("s"), "--on-violation=fix"];
    let mut wrapped = scene.start(&options, &words);
    wrapped.is_ready();
    let (_, before) = scene.facts("s");
    let keep = rustix::fs::open(
        scene.path("s"),
        rustix::fs::OFlags::PATH,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    scene.go_on("go");
    wrapped.says("has bound it anew");
    assert_ne!(scene.facts("s").1, before);
    chmod(&scene.path("s"), 0o777);
    wrapped.says("mended: chmod 0777 -> 0775");
    wrapped.stops();
    assert_eq!(names(&scene.path(".")), [""; 0]);
    drop(keep);
}

#[test]
fn what_was_made_is_kept_as_it_was_made() {
    if cannot_run("what_was_made_is_kept_as_it_was_made") {
        return;
    }
    let scene = Scene::new();
    let listen = format!("--listen={},mode=0600", scene.text("s"));
    let mut wrapped = scene.start(&[&listen], IDLES);
    wrapped.is_ready();
    scene.has_begun();
    chmod(&scene.path("s"), 0o620);
    let line = wrapped.says("more can connect");
    assert!(line.contains("0600") && line.contains("0620"), "{line}");
    assert_eq!(scene.facts("s").0, 0o620);
    wrapped.stops();
    assert!(!scene.is_there("s"));
    let mut wrapped = scene.start(&[&listen, "--on-violation=fix"], IDLES);
    wrapped.is_ready();
    scene.has_begun();
    chmod(&scene.path("s"), 0o620);
    wrapped.says("mended: chmod 0620 -> 0600");
    assert_eq!(scene.facts("s").0, 0o600);
    // Wider than the policy allows, which is wider than it was made.
    for mode in [0o777, 0o775] {
        chmod(&scene.path("s"), mode);
        // By way of what the policy allows, where that comes while the last change is looked at.
        wrapped.says("-> 0600");
        assert_eq!(scene.facts("s").0, 0o600);
    }
    std::os::unix::fs::lchown(scene.path("s"), Some(5), None).unwrap();
    wrapped.says("mended: chown");
    fs::rename(scene.path("s"), scene.path("t")).unwrap();
    wrapped.says("has its name again");
    wrapped.stops();
    assert!(!scene.is_there("s"));
}
