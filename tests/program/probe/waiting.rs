use std::fs;
use std::path::Path;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use rustix::net::{SocketType, listen};

use super::{bound, listening, only, probe};
use crate::support::{World, chmod};

const A_MOMENT: Duration = Duration::from_millis(150);

/// Waits for `path` while `server` does what servers do at their start. It returns when it
/// listens, and from then on the wait may take no longer than some pauses.
fn waits<T: Send>(path: &Path, option: &str, server: impl FnOnce() -> T + Send) {
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let done = probe().args([option, "--wait=60s"]).arg(path).run();
            (done, Instant::now())
        });
        sleep(A_MOMENT);
        let held = server();
        let listened = Instant::now();
        let (done, ended) = waiting.join().expect("a thread");
        let done = done.code(0);
        assert_eq!(only(&done)["state"], "live", "{}", done.shown());
        assert!(ended > listened, "it was over too early: {}", done.shown());
        let late = ended - listened;
        assert!(late < Duration::from_secs(3), "{late:?} late");
        drop(held);
    });
}

fn in_both_ways(test: impl Fn(&World, &str)) {
    for option in ["--timeout=1s", "--silent"] {
        test(&World::new(), option);
    }
}

#[test]
fn for_a_server_that_makes_its_directories_binds_and_listens() {
    in_both_ways(|world, option| {
        let path = world.path("a/b/c/s");
        waits(&path, option, || {
            for directory in ["a", "a/b", "a/b/c"] {
                fs::create_dir(world.path(directory)).expect("mkdir");
                sleep(A_MOMENT / 3);
            }
            let socket = bound(&path, SocketType::STREAM);
            // Longer than any pause of what is bound already.
            sleep(A_MOMENT * 3);
            listen(&socket, 4).expect("listen");
            socket
        });
    });
}

#[test]
fn for_all_at_once_without_a_moment_between() {
    in_both_ways(|world, option| {
        let path = world.path("a/b/s");
        waits(&path, option, || {
            fs::create_dir_all(world.path("a/b")).expect("mkdir");
            listening(&path, SocketType::STREAM, 4)
        });
    });
}

#[test]
fn for_a_stale_file_to_be_replaced() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        drop(listening(&path, SocketType::STREAM, 4));
        waits(&path, option, || {
            fs::remove_file(&path).expect("unlink");
            sleep(A_MOMENT);
            listening(&path, SocketType::STREAM, 4)
        });
    });
}

#[test]
fn for_a_socket_that_is_renamed_into_place() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        fs::write(&path, "not yet").expect("a file in its place");
        waits(&path, option, || {
            let socket = listening(&world.path("new"), SocketType::STREAM, 4);
            fs::rename(world.path("new"), &path).expect("rename");
            socket
        });
    });
}

#[test]
fn for_a_directory_that_is_swapped() {
    in_both_ways(|world, option| {
        let path = world.path("current/s");
        world.directory("current", 0o755);
        waits(&path, option, || {
            world.directory("next", 0o755);
            let socket = listening(&world.path("next/s"), SocketType::STREAM, 4);
            fs::rename(world.path("current"), world.path("old")).expect("rename");
            sleep(A_MOMENT);
            fs::rename(world.path("next"), world.path("current")).expect("rename");
            socket
        });
    });
}

#[test]
fn for_a_link_to_lead_somewhere() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        let other = World::new();
        std::os::unix::fs::symlink(other.path("target"), &path).expect("link");
        waits(&path, option, || {
            listening(&other.path("target"), SocketType::STREAM, 4)
        });
    });
}

#[test]
fn for_datagram_and_seqpacket_servers() {
    in_both_ways(|world, option| {
        let path = world.path("dgram");
        waits(&path, option, || bound(&path, SocketType::DGRAM));
        let path = world.path("seqpacket");
        waits(&path, option, || listening(&path, SocketType::SEQPACKET, 4));
    });
}

#[test]
fn for_an_abstract_name() {
    in_both_ways(|_, option| {
        let name = format!("sockctl-test-{}{option}", std::process::id());
        let path = format!("@{name}");
        waits(Path::new(&path), option, || {
            let address = rustix::net::SocketAddrUnix::new_abstract_name(name.as_bytes());
            let socket = super::bound_to(&address.expect("short"), SocketType::STREAM);
            listen(&socket, 4).expect("listen");
            socket
        });
    });
}

#[test]
fn for_many_that_come_in_any_order() {
    let world = World::new();
    let paths: Vec<_> = (0..200)
        .map(|number| world.path(format!("{}/{number}.sock", number % 7)))
        .collect();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| probe().arg("--wait=60s").args(&paths).run());
        let mut held = Vec::new();
        for path in paths.iter().rev() {
            fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
            held.push(listening(path, SocketType::STREAM, 4));
        }
        let done = waiting.join().expect("a thread").code(0);
        assert_eq!(super::sockets(&done).len(), 200);
    });
}

#[test]
fn no_longer_than_asked() {
    let mut world = World::new();
    let stale = world.stale("stale", 0o600);
    for (path, state) in [(world.path("none/s"), "missing"), (stale, "stale")] {
        let done = probe().arg("--wait=300ms").arg(path).run().code(1);
        let socket = only(&done);
        assert_eq!(socket["state"], state);
        assert_eq!(socket["error"], "not live within 300ms");
        let millis = done.took.as_millis();
        assert!((300..3000).contains(&millis), "{}", done.shown());
    }
    // What is there already is not waited for.
    let live = world.stream("live", 0o600);
    let done = probe().arg("--wait=60s").arg(live).run().code(0);
    assert!(done.took < Duration::from_secs(5), "{}", done.shown());
}

#[test]
fn a_full_backlog_is_there_already() {
    let mut world = World::new();
    let path = world.listener("s", 0o600, SocketType::STREAM, 0);
    assert!(world.client(&path));
    let done = probe().arg("--wait=60s").arg(&path).run().code(0);
    assert_eq!(only(&done)["state"], "saturated");
}

/// It is the permission that changes last.
#[test]
fn for_a_mode_that_lets_us_in() {
    if crate::support::skipped_without_root("for_a_mode_that_lets_us_in") {
        return;
    }
    let mut world = World::new();
    let path = world.stream("s", 0o600);
    let other = world.other();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let probe = other.args(["probe", "-f", "jsonl", "--wait=60s"]);
            probe.arg(&path).run()
        });
        sleep(A_MOMENT);
        chmod(&path, 0o666);
        let done = waiting.join().expect("a thread").code(0);
        assert!(done.took < Duration::from_secs(5), "{}", done.shown());
    });
}
