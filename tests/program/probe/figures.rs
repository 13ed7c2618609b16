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
