//! The end: what is the command's is removed, and nothing else.

use std::fs;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use rustix::process::Signal;

use super::scene::IDLES;
use super::scene::{Scene, Wrapped, answers, appears, cannot_run};
use crate::support::names;

const SERVES: [&str; 3] = ["bind", "{run}/s", "listen"];

/// Something that is done to a path; what is to live on until the end.
type Deed = fn(&Scene) -> Option<UnixListener>;

/// How it comes that the socket is looked after.
type Chosen = fn(&Scene) -> Vec<String>;

fn expected(scene: &Scene) -> Vec<String> {
    vec![scene.expect("s")]
}

fn made(scene: &Scene) -> Vec<String> {
    vec![format!("--listen={}", scene.text("s"))]
}

#[test]
fn whatever_has_happened_to_the_path() {
    if cannot_run("whatever_has_happened_to_the_path") {
        return;
    }
    let deeds: [(&str, Deed, &[&str]); 6] = [
        ("nothing", |_| None, &[]),
        (
            "renamed",
            |scene| {
                fs::rename(scene.path("s"), scene.path("t")).unwrap();
                None
            },
            &[],
        ),
        (
            "renamed and replaced",
            |scene| {
                fs::rename(scene.path("s"), scene.path("t")).unwrap();
                UnixListener::bind(scene.path("s")).ok()
            },
            &["s"],
        ),
        (
            "removed and replaced by what is stale",
            |scene| {
                fs::remove_file(scene.path("s")).unwrap();
                drop(UnixListener::bind(scene.path("s")).unwrap());
                None
            },
            &["s"],
        ),
        (
            "replaced by a file",
            |scene| {
                fs::remove_file(scene.path("s")).unwrap();
                fs::write(scene.path("s"), "").unwrap();
                None
            },
            &["s"],
        ),
        (
            "linked",
            |scene| {
                fs::hard_link(scene.path("s"), scene.path("t")).unwrap();
                None
            },
            &["t"],
        ),
    ];
    for (what, deed, left) in deeds {
        let choices: [Chosen; 3] = [expected, |_| Vec::new(), made];
        for chosen in choices {
            let scene = Scene::new();
            let options = chosen(&scene);
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let makes = options.iter().any(|it| it.starts_with("--listen"));
            let words = if makes { IDLES } else { &SERVES };
            let mut wrapped = scene.start(&options, words);
            wrapped.is_ready();
            if makes {
                scene.has_begun();
            }
            let other = deed(&scene);
            wrapped.stops();
            assert_eq!(names(&scene.path(".")), left, "{what} {options:?}");
            drop(other);
        }
    }
}

#[test]
fn it_stays_where_that_is_asked_for() {
    if cannot_run("it_stays_where_that_is_asked_for") {
        return;
    }
    let scene = Scene::new();
    for option in [expected(&scene), made(&scene)].concat() {
        let makes = option.starts_with("--listen");
        let words = if makes { IDLES } else { &SERVES };
        let mut wrapped = scene.start(&[&option, "--keep"], words);
        wrapped.is_ready();
        if makes {
            scene.has_begun();
        }
        wrapped.stops();
        assert_eq!(names(&scene.path(".")), ["s"]);
    }
}

#[test]
fn a_server_that_dies_before_it_is_ready_leaves_nothing() {
    if cannot_run("a_server_that_dies_before_it_is_ready_leaves_nothing") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    for words in [
        &["bind", "{run}/s", "exit", "3"][..],
        &["bind", "{run}/s", "listen", "exit", "3"],
        &["bind", "{run}/s", "listen", "fork", "exit", "3"],
    ] {
        let wrapped = scene.start(&[&expect], words);
        if words.contains(&"fork") {
            // The first process goes on; its child is gone, and not the socket.
            let mut wrapped = wrapped;
            wrapped.is_ready();
            wrapped.stops();
        } else {
            wrapped.ends_with(3);
        }
        assert_eq!(names(&scene.path(".")), [""; 0], "{words:?}");
    }
    let words = ["bind", "{run}/s", "listen", "die"];
    scene.start(&[&expect], &words).ends_with(137);
    assert_eq!(names(&scene.path(".")), [""; 0]);
}

#[test]
fn stopped_during_the_start_it_leaves_nothing() {
    if cannot_run("stopped_during_the_start_it_leaves_nothing") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    for words in [
        &["touch", "{run}/mark", "bind", "{run}/s", "listen"][..],
        &["bind", "{run}/s", "touch", "{run}/mark", "sleep", "60"],
        &["bind", "{run}/s", "listen", "touch", "{run}/mark"],
    ] {
        for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
            let mut wrapped = scene.start(&[&expect], words);
            appears(&scene.path("mark"));
            wrapped.signal(signal);
            wrapped.child.wait().unwrap();
            assert_eq!(names(&scene.path(".")), ["mark"], "{words:?} {signal:?}");
            fs::remove_file(scene.path("mark")).unwrap();
        }
    }
}

#[test]
fn killed_it_leaves_a_stale_file_that_the_next_start_cleans() {
    if cannot_run("killed_it_leaves_a_stale_file_that_the_next_start_cleans") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    let mut wrapped = scene.start(&[&expect], &SERVES);
    wrapped.is_ready();
    wrapped.signal(Signal::KILL);
    wrapped.child.wait().unwrap();
    // The server dies with it, a moment later.
    while answers(&scene.path("s")) {
        std::thread::yield_now();
    }
    assert!(scene.is_there("s"));
    let mut again = scene.start(&[&expect], &SERVES);
    again.is_ready();
    assert!(answers(&scene.path("s")));
    again.stops();
    assert!(!scene.is_there("s"));
}

/// It is in no process group of ours, and outlives the server.
#[test]
fn what_others_listen_on_by_then_stays() {
    if cannot_run("what_others_listen_on_by_then_stays") {
        return;
    }
    let scene = Scene::new();
    let wrapped = scene.start(
        &[&scene.expect("s")],
        &["touch", "{run}/mark", "sleep", "60"],
    );
    appears(&scene.path("mark"));
    let stranger = UnixListener::bind(scene.path("s")).unwrap();
    wrapped.signal(Signal::TERM);
    wrapped.ends_with(0);
    assert_eq!(names(&scene.path(".")), ["mark", "s"]);
    drop(stranger);
}

/// As an entry point of a container does it: `helper & exec sockctl wrap -- server`.
#[test]
fn who_was_there_before_is_none_of_the_command() {
    if cannot_run("who_was_there_before_is_none_of_the_command") {
        return;
    }
    let scene = Scene::new();
    let policy = scene.policy("- { id: a, paths: '{run}/*', mode: 0600, severity: critical }\n");
    let options = ["--user=nobody", "--no-builtin", "--trust-policy", &policy];
    let words = ["touch", "{run}/begun", "await", "{run}/end", "exit", "0"];
    let command = scene.command(&options, &words);
    let helper = [
        "await",
        "{run}/go",
        "bind",
        "{run}/s",
        "chmod",
        "{run}/s",
        "0777",
        "listen",
        "touch",
        "{run}/listens",
        "await",
        "{run}/stop",
        "exit",
        "0",
    ];
    let wrapped = Wrapped::start(scene.beside(&helper, &command));
    // It comes to listen when the command runs.
    scene.has_begun();
    scene.go_on("go");
    appears(&scene.path("listens"));
    // Longer than the longest pause between two looks.
    std::thread::sleep(Duration::from_millis(400));
    scene.go_on("end");
    let (said, _) = wrapped.ends_with(0);
    assert!(!said.contains(&scene.text("s")), "{said}");
    assert!(scene.is_there("s"));
    scene.go_on("stop");
}

/// A daemon is in no process group of ours either, and outlives what has started it.
#[test]
fn what_has_left_the_command_and_still_listens_stays_and_is_named() {
    if cannot_run("what_has_left_the_command_and_still_listens_stays_and_is_named") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    let ends = |mut wrapped: Wrapped, name: &str, stays: bool| {
        if stays {
            wrapped.is_ready();
            wrapped.signal(Signal::TERM);
        }
        let (said, _) = wrapped.ends_with(0);
        assert!(answers(&scene.path(name)), "{said}");
        let line = said.lines().find(|line| line.contains("still listens"));
        let line = line.unwrap_or_else(|| panic!("nobody is named: {said}"));
        assert!(line.contains(&scene.text(name)), "{line}");
        assert!(line.contains("run in the foreground"), "{line}");
        assert!(!said.contains("killed"), "{said}");
        let pid = line
            .split("(pid ")
            .nth(1)
            .and_then(|it| it.split(')').next());
        let pid = pid.and_then(|pid| rustix::process::Pid::from_raw(pid.parse().ok()?));
        rustix::process::kill_process(pid.expect("a pid"), Signal::KILL).unwrap();
        while answers(&scene.path(name)) {
            std::thread::yield_now();
        }
    };
    let serves = ["bind", "{run}/s", "listen", "over"];
    let stays = [&["leave", "stay"], &serves[..]].concat();
    ends(scene.start(&[&expect], &stays), "s", true);
    // A stale one by now, which this one clears. Whether it was found before the end is chance.
    let goes = [&["leave", "go"], &serves[..]].concat();
    ends(scene.start(&[&expect], &goes), "s", false);
    // Nor does it have to be one of which we know.
    let unnamed = ["leave", "go", "bind", "{run}/t", "listen", "over"];
    ends(scene.start(&[], &unnamed), "t", false);
    // It is a moment late, or comes when nobody looks any more.
    let late = [
        "leave", "go", "over", "sleep", "0.05", "bind", "{run}/u", "listen",
    ];
    ends(scene.start(&[], &late), "u", false);
    let later = [
        "sleep", "5.1", "leave", "go", "bind", "{run}/v", "listen", "over",
    ];
    ends(scene.start(&[], &later), "v", false);
}
