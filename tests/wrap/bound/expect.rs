//! `--expect`: before the start, and until it is ready.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::scene::{Scene, Wrapped, answers, appears, cannot_run};
use crate::support::{before, names, run};

const SERVES: [&str; 3] = ["bind", "{run}/s", "listen"];

/// What `SERVES` does, and then these.
fn serves<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SERVES, more].concat()
}

#[test]
fn a_stale_file_is_cleaned_and_the_servers_own_one_removed_at_the_end() {
    if cannot_run("a_stale_file_is_cleaned_and_the_servers_own_one_removed_at_the_end") {
        return;
    }
    let scene = Scene::new();
    drop(UnixListener::bind(scene.path("s")).unwrap());
    let (_, before) = scene.facts("s");
    let keep = fs::File::open(scene.root()).unwrap();
    let mut wrapped = scene.start(&[&scene.expect("s")], &SERVES);
    wrapped.is_ready();
    assert!(answers(&scene.path("s")));
    // ext4 gives a number out again at once.
    let (mode, after) = scene.facts("s");
    assert_eq!(mode, 0o700, "{before} {after}");
    let said = wrapped.stops();
    assert!(!said.contains("warning"), "{said}");
    assert_eq!(names(&scene.path(".")), [""; 0]);
    drop(keep);
}

#[test]
fn a_live_one_is_refused_with_its_holder_and_left_alone() {
    if cannot_run("a_live_one_is_refused_with_its_holder_and_left_alone") {
        return;
    }
    let scene = Scene::new();
    let live = UnixListener::bind(scene.path("s")).unwrap();
    drop(UnixListener::bind(scene.path("t")).unwrap());
    let words = ["touch", "{run}/started"];
    let options = ["--user=nobody", &scene.expect("t"), &scene.expect("s")];
    let done = run(scene.command(&options, &words)).exits(77);
    let holder = format!("pid {}", std::process::id());
    let done = done.says("it is live").says(&holder);
    drop(done);
    assert!(!scene.is_there("started"));
    assert!(
        scene.is_there("t"),
        "nothing is cleaned where one is refused"
    );
    drop(live);
    fs::write(scene.path("u"), "").unwrap();
    let options = ["--user=nobody", &scene.expect("u")];
    let done = run(scene.command(&options, &words)).exits(77);
    done.says("regular file");
    assert!(!scene.is_there("started") && scene.is_there("u"));
}

#[test]
fn it_is_ready_when_it_listens_and_not_before() {
    if cannot_run("it_is_ready_when_it_listens_and_not_before") {
        return;
    }
    let scene = Scene::new();
    let words = [
        "bind",
        "{run}/s",
        "await",
        "{run}/go",
        "touch",
        "{run}/listens",
        "listen",
    ];
    let mut wrapped = scene.start(&[&scene.expect("s")], &words);
    appears(&scene.path("go"));
    // Time enough for it to be taken for ready.
    std::thread::sleep(Duration::from_millis(300));
    scene.go_on("go");
    let said = wrapped.says("listens on it");
    assert!(scene.is_there("listens"), "{said}");
    wrapped.is_ready();
    wrapped.stops();
}

#[test]
fn all_that_are_expected_have_to_be_there() {
    if cannot_run("all_that_are_expected_have_to_be_there") {
        return;
    }
    let scene = Scene::new();
    let words = [
        "bind-dgram",
        "{run}/d",
        "bind",
        "{run}/s",
        "listen",
        "await",
        "{run}/go",
        "touch",
        "{run}/last",
        "bind",
        "{run}/t",
        "listen",
    ];
    let options = [&scene.expect("s"), &scene.expect("t"), &scene.expect("d")];
    let options = options.map(String::as_str);
    let mut wrapped = scene.start(&options, &words);
    wrapped.says("listens on it");
    wrapped.says("listens on it");
    scene.go_on("go");
    wrapped.is_ready();
    assert!(scene.is_there("last"));
    wrapped.stops();
    assert_eq!(names(&scene.path(".")), ["last"]);
}

#[test]
fn any_process_below_it_may_listen() {
    if cannot_run("any_process_below_it_may_listen") {
        return;
    }
    let scene = Scene::new();
    for words in [
        serves(&[]),
        [&["fork", "fork"], SERVES.as_slice()].concat(),
        [SERVES.as_slice(), &["fork"]].concat(),
    ] {
        let mut wrapped = scene.start(&[&scene.expect("s")], &words);
        wrapped.is_ready();
        assert!(answers(&scene.path("s")));
        wrapped.signal(rustix::process::Signal::TERM);
        wrapped.ends_with(0);
        assert_eq!(names(&scene.path(".")), [""; 0], "{words:?}");
    }
}

#[test]
fn a_relative_name_is_found_too() {
    if cannot_run("a_relative_name_is_found_too") {
        return;
    }
    let scene = Scene::new();
    let chdir = format!("--chdir={}", scene.path(".").display());
    let words = ["bind", "s", "listen"];
    let mut wrapped = scene.start(&[&chdir, &scene.expect("s")], &words);
    wrapped.is_ready();
    wrapped.stops();
    assert!(!scene.is_there("s"));
}

#[test]
fn somebody_elses_socket_is_not_the_servers() {
    if cannot_run("somebody_elses_socket_is_not_the_servers") {
        return;
    }
    let scene = Scene::new();
    let words = ["touch", "{run}/started", "sleep", "60"];
    let wrapped = scene.start(&[&scene.expect("s")], &words);
    appears(&scene.path("started"));
    let stranger = UnixListener::bind(scene.path("s")).unwrap();
    let (said, _) = wrapped.ends_with(77);
    let holder = format!("pid {}", std::process::id());
    assert!(
        said.contains(&holder) && said.contains("no process of this command"),
        "{said}"
    );
    assert!(scene.is_there("s"), "it is not ours to remove");
    drop(stranger);
}

#[test]
fn of_two_by_mistake_the_second_is_refused() {
    if cannot_run("of_two_by_mistake_the_second_is_refused") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    let mut first = scene.start(&[&expect], &SERVES);
    first.is_ready();
    let second = scene.start(&[&expect], &SERVES);
    let (said, _) = second.ends_with(77);
    assert!(said.contains("it is live"), "{said}");
    assert!(answers(&scene.path("s")));
    first.stops();
    assert!(!scene.is_there("s"));
}

#[test]
fn of_two_at_once_one_serves_and_nothing_is_left() {
    if cannot_run("of_two_at_once_one_serves_and_nothing_is_left") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    for _ in 0..10 {
        let mut both = [0, 1].map(|_| scene.start(&[&expect], &SERVES));
        // The one whose bind() comes too late ends by itself, or was refused before.
        let loser = loop {
            let ended = both.iter_mut().position(Wrapped::has_ended);
            if let Some(loser) = ended {
                break loser;
            }
            std::thread::yield_now();
        };
        let [first, second] = both;
        let (lost, mut won) = if loser == 0 {
            (first, second)
        } else {
            (second, first)
        };
        won.is_ready();
        assert!(answers(&scene.path("s")));
        drop(lost);
        won.stops();
        assert_eq!(names(&scene.path(".")), [""; 0]);
    }
}

#[test]
fn what_cannot_be_expected_is_said_before_anything_is_done() {
    if cannot_run("what_cannot_be_expected_is_said_before_anything_is_done") {
        return;
    }
    let scene = Scene::new();
    let expect = scene.expect("s");
    let words = ["touch", "{run}/started"];
    let listen = format!("--listen={}", scene.text("s"));
    for (options, why) in [
        (vec![expect.as_str(), expect.as_str()], "twice"),
        (vec![expect.as_str(), listen.as_str()], "--listen"),
        (vec![expect.as_str(), "--exec"], "--exec"),
        (vec!["--keep", "--exec"], "--exec"),
        (vec!["--on-violation=fix", "--exec"], "--exec"),
        (vec!["--on-violation=mend"], "refuse, fix, log, stop"),
        (vec!["--expect=/"], "directory"),
        (vec!["--expect=-"], "`-` is no path"),
        (vec!["--expect=@app"], "an abstract socket has no file"),
    ] {
        let options = [vec!["--user=nobody"], options].concat();
        run(scene.command(&options, &words)).exits(78).says(why);
    }
    let missing = scene.root().join("nowhere.yaml");
    let policy = format!("--policy={}", missing.display());
    let options = ["--user=nobody", &expect, &policy];
    run(scene.command(&options, &words)).exits(78);
    assert_eq!(names(&scene.path(".")), [""; 0]);
}

#[test]
fn a_path_that_never_comes_is_named() {
    if cannot_run("a_path_that_never_comes_is_named") {
        return;
    }
    let scene = Scene::new();
    let words = ["bind", "{run}/t", "listen", "touch", "{run}/started"];
    let wrapped = scene.start(&[&scene.expect("s")], &words);
    appears(&scene.path("started"));
    wrapped.signal(rustix::process::Signal::TERM);
    let (said, _) = wrapped.ends_with(0);
    assert!(
        said.contains(&scene.text("s")) && said.contains("has not bound it"),
        "{said}"
    );
    assert!(scene.is_there("t"), "nobody has spoken of it");
}

/// As container engines start their processes: root, and without the right to look at others.
#[test]
fn root_without_the_right_to_trace_becomes_the_user_to_look() {
    if cannot_run("root_without_the_right_to_trace_becomes_the_user_to_look") {
        return;
    }
    let scene = Scene::new();
    let command = scene.command(&["--user=nobody", &scene.expect("s")], &SERVES);
    let without = [
        "setpriv",
        "--bounding-set=-sys_ptrace",
        "--inh-caps=-all",
        "--",
    ];
    let mut wrapped = Wrapped::start(before(&without, &command));
    wrapped.is_ready();
    assert!(answers(&scene.path("s")));
    let status = fs::read_to_string(format!("/proc/{}/status", wrapped.pid())).unwrap();
    let caps = status
        .lines()
        .find(|line| line.starts_with("CapPrm"))
        .unwrap();
    // DAC_OVERRIDE, DAC_READ_SEARCH, KILL, SETGID, SETUID
    assert!(caps.ends_with("e6"), "{caps}");
    wrapped.stops();
    assert!(!scene.is_there("s"));
}

#[test]
fn who_has_no_rights_expects_for_themselves() {
    if cannot_run("who_has_no_rights_expects_for_themselves") {
        return;
    }
    let scene = Scene::new();
    let command = scene.command(&[&scene.expect("s")], &serves(&["chmod", "{run}/s", "777"]));
    let as_nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--",
    ];
    let done = run(before(&as_nobody, &command)).exits(77);
    done.says("mode-too-wide");
    let fixes = scene.command(&["--on-violation=fix", &scene.expect("s")], &SERVES);
    let mut wrapped = Wrapped::start(before(&as_nobody, &fixes));
    wrapped.is_ready();
    wrapped.stops();
    assert!(!scene.is_there("s"));
}

/// The kernel lists it in another namespace, and the socket itself is asked.
#[test]
fn a_server_in_a_network_namespace_of_its_own_is_seen() {
    if cannot_run("a_server_in_a_network_namespace_of_its_own_is_seen") {
        return;
    }
    let scene = Scene::new();
    // Nobody else may replace what root listens on.
    std::os::unix::fs::chown(scene.root().join("run"), Some(0), Some(0)).expect("an owner");
    let options = ["--user=root", "--keep-caps=all", &scene.expect("s")];
    let words = [&["unshare-net"], SERVES.as_slice()].concat();
    let mut wrapped = Wrapped::start(scene.command(&options, &words));
    wrapped.is_ready();
    assert!(answers(&scene.path("s")));
    wrapped.stops();
    assert!(!scene.is_there("s"));
}

/// There the kernel's list has another device than stat(2).
#[test]
fn an_overlay_is_no_obstacle() {
    if cannot_run("an_overlay_is_no_obstacle") {
        return;
    }
    let scene = Scene::new();
    for name in ["lower", "upper", "work"] {
        scene.directory(name);
    }
    let directory = |name: &str| scene.root().join(name).display().to_string();
    let layers = format!(
        "lowerdir={},upperdir={},workdir={}",
        directory("lower"),
        directory("upper"),
        directory("work")
    );
    // An overlay cannot have a tmpfs or another overlay as its upper layer everywhere.
    let script = format!(
        "mount -t overlay overlay -o {layers} {0} && chown nobody {0} && exec \"$@\"",
        directory("run")
    );
    let command = scene.command(&["--user=nobody", &scene.expect("s")], &SERVES);
    let apart = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    let trial = ["unshare", "--mount", "sh", "-c", &script, "sh", "true"];
    if !Command::new(trial[0])
        .args(&trial[1..])
        .status()
        .unwrap()
        .success()
    {
        println!("skipped: an_overlay_is_no_obstacle: no overlay can be mounted here");
        return;
    }
    let mut wrapped = Wrapped::start(before(&apart, &command));
    wrapped.is_ready();
    wrapped.stops();
    let upper = scene.root().join("upper");
    assert_eq!(names(&upper), [""; 0], "{}", Path::new(&upper).display());
}
