use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use super::{only, probe};
use crate::support::{Sockctl, World};

#[test]
fn of_several_tests() {
    let mut world = World::new();
    let path = world.listener("s", 0o600, rustix::net::SocketType::STREAM, 1000);
    let done = probe()
        .args(["--count", "50", "--interval", "1ms"])
        .arg(&path)
        .run()
        .code(0);
    let figures = &only(&done)["figures"];
    assert_eq!(
        (&figures["count"], &figures["failed"]),
        (&50.into(), &0.into())
    );
    let figure = |name: &str| figures[name].as_f64().expect("a number");
    let all = ["min_us", "p50_us", "p90_us", "p99_us", "max_us"].map(figure);
    assert!(all[0] > 0.0 && all.is_sorted(), "{all:?}");
    assert!(done.took.as_millis() >= 49, "{}", done.shown());
    let done = Sockctl::new()
        .args(["probe", "--count=3", "--interval=0"])
        .arg(&path)
        .run();
    done.code(0)
        .stdout_has("3 tests, min ")
        .stdout_has(", p99 ");
}

/// A backlog that fills up while it is tested.
#[test]
fn of_tests_that_fail_in_between() {
    let mut world = World::new();
    let path = world.listener("s", 0o600, rustix::net::SocketType::STREAM, 4);
    let done = probe()
        .args(["--count", "8", "--interval", "0"])
        .arg(&path)
        .run()
        .code(1);
    let socket = only(&done);
    assert_eq!(socket["state"], "saturated");
    assert_eq!(socket["figures"]["failed"], 3);
    assert_eq!(socket["error"], "3 of 8 tests failed");
}

/// What was found out by then is shown, and whoever waits for the end sees what it was.
#[test]
fn of_tests_that_a_signal_ends() {
    let world = World::new();
    let path = world.path("s");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("bind");
    for (signal, name) in [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM")] {
        let mut command = probe().args(["--count", "100", "--interval", "20ms"]);
        command = command.arg(&path);
        let mut command = command.into_command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        for _ in 0..3 {
            listener.accept().expect("a test");
        }
        kill_process(Pid::from_child(&child), signal).expect("kill");
        let status = child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(signal.as_raw()));
        let mut said = [String::new(), String::new()];
        let pipes = (child.stdout.take(), child.stderr.take());
        pipes
            .0
            .expect("a pipe")
            .read_to_string(&mut said[0])
            .expect("text");
        pipes
            .1
            .expect("a pipe")
            .read_to_string(&mut said[1])
            .expect("text");
        assert!(said[1].contains(name), "{}", said[1]);
        let first: serde_json::Value =
            serde_json::from_str(said[0].lines().next().expect("a line")).expect("JSON");
        let count = first["figures"]["count"].as_u64().expect("a number");
        assert!((2..100).contains(&count), "{first}");
    }
}
