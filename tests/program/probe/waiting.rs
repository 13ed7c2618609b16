use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::time::Duration;

use rustix::net::{SocketAddrUnix, SocketType, listen};
use serde_json::Value;

use super::{IN_BOTH_WAYS, bound, listening, only, probe};
use crate::support::{Sockctl, World, chmod};

/// `probe --wait` that runs, and says on stderr what it does.
pub(super) struct Waiting {
    child: Child,
    told: Lines<BufReader<ChildStderr>>,
}

impl Waiting {
    pub(super) fn start(probe: Sockctl, option: Option<&str>, address: &Path) -> Waiting {
        let probe = probe.args(["--wait=60s", "-vv", "--log-format=json"]);
        let mut command = probe.args(option).arg(address).into_command();
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let stderr = child.stderr.take().expect("its diagnostics");
        let told = BufReader::new(stderr).lines();
        Waiting { child, told }
    }

    /// Until it has found the socket in this state, and goes on waiting.
    pub(super) fn finds(&mut self, state: &str) {
        self.says(|line| line["message"] == "not live yet" && line["state"] == state);
    }

    /// Until inotify has told it of something on the way; or until it has looked again by itself,
    /// and ended with that.
    fn is_told_or_has_ended(&mut self) {
        let is_told = |line: &Value| line["message"] == "something has happened on the way";
        let parsed = |line: std::io::Result<String>| {
            serde_json::from_str::<Value>(&line.expect("a line")).expect("JSON")
        };
        self.told.by_ref().map(parsed).find(is_told);
    }

    /// Until inotify has told it of something on the way.
    fn is_told(&mut self) {
        self.says(|line| line["message"] == "something has happened on the way");
    }

    fn says(&mut self, what: impl Fn(&Value) -> bool) {
        let says_it = self.told.by_ref().any(|line| {
            let line = line.expect("a line");
            what(&serde_json::from_str(&line).expect("JSON"))
        });
        assert!(says_it, "it has ended");
    }

    /// It is over only now, and with success.
    #[track_caller]
    pub(super) fn ends_live(mut self) {
        // What it has still to say must not hold it up.
        self.told.by_ref().for_each(drop);
        let output = self.child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{text}");
        assert!(text.contains(r#""state":"live""#), "{text}");
    }
}

fn in_both_ways(test: impl Fn(&World, Option<&str>)) {
    for option in IN_BOTH_WAYS {
        test(&World::new(), option);
    }
}

fn stream(path: &Path) -> OwnedFd {
    listening(path, SocketType::STREAM, 4)
}

#[test]
fn for_a_server_that_makes_its_directories_binds_and_listens() {
    in_both_ways(|world, option| {
        let path = world.path("a/b/c/s");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("missing");
        for directory in ["a", "a/b", "a/b/c"] {
            fs::create_dir(world.path(directory)).expect("mkdir");
            waiting.is_told();
            waiting.finds("missing");
        }
        let socket = bound(&path, SocketType::STREAM);
        // As often as it takes until the pauses grow no more.
        for _ in 0..10 {
            waiting.finds("not-listening");
        }
        listen(&socket, 4).expect("listen");
        waiting.ends_live();
    });
}

#[test]
fn for_all_at_once_without_a_moment_between() {
    in_both_ways(|world, option| {
        let path = world.path("a/b/s");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("missing");
        fs::create_dir_all(world.path("a/b")).expect("mkdir");
        let _server = stream(&path);
        waiting.is_told_or_has_ended();
        waiting.ends_live();
    });
}

#[test]
fn for_a_stale_file_to_be_replaced() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        drop(stream(&path));
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("stale");
        fs::remove_file(&path).expect("unlink");
        waiting.finds("missing");
        let _server = stream(&path);
        waiting.is_told_or_has_ended();
        waiting.ends_live();
    });
}

#[test]
fn for_a_socket_that_is_renamed_into_place() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        fs::write(&path, "not yet").expect("a file in its place");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("not-a-socket");
        let _server = stream(&world.path("new"));
        fs::rename(world.path("new"), &path).expect("rename");
        waiting.is_told_or_has_ended();
        waiting.ends_live();
    });
}

#[test]
fn for_a_directory_that_is_swapped() {
    in_both_ways(|world, option| {
        world.directory("current", 0o755);
        world.directory("next", 0o755);
        let mut waiting = Waiting::start(probe(), option, &world.path("current/s"));
        waiting.finds("missing");
        let _server = stream(&world.path("next/s"));
        fs::rename(world.path("current"), world.path("old")).expect("rename");
        waiting.is_told();
        waiting.finds("missing");
        fs::rename(world.path("next"), world.path("current")).expect("rename");
        waiting.is_told_or_has_ended();
        waiting.ends_live();
    });
}

/// Of what happens behind the link nobody tells.
#[test]
fn for_a_link_to_lead_somewhere() {
    in_both_ways(|world, option| {
        let path = world.path("s");
        let other = World::new();
        std::os::unix::fs::symlink(other.path("target"), &path).expect("link");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("missing");
        let _server = stream(&other.path("target"));
        waiting.ends_live();
    });
}

#[test]
fn for_datagram_and_seqpacket_servers() {
    in_both_ways(|world, option| {
        let path = world.path("dgram");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("missing");
        let _server = bound(&path, SocketType::DGRAM);
        waiting.ends_live();
        let path = world.path("seqpacket");
        let mut waiting = Waiting::start(probe(), option, &path);
        waiting.finds("missing");
        let _server = listening(&path, SocketType::SEQPACKET, 4);
        waiting.ends_live();
    });
}

#[test]
fn for_an_abstract_name() {
    in_both_ways(|_, option| {
        let name = format!("sockctl-test-{}{option:?}", std::process::id());
        let mut waiting = Waiting::start(probe(), option, Path::new(&format!("@{name}")));
        waiting.finds("missing");
        let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("short");
        let socket = super::bound_to(&address, SocketType::STREAM);
        // A client is refused as it is where there is nobody; the kernel's list knows better.
        let bound = if option.is_some() {
            "not-listening"
        } else {
            "missing"
        };
        waiting.finds(bound);
        listen(&socket, 4).expect("listen");
        waiting.ends_live();
    });
}

#[test]
fn for_many_that_come_in_any_order() {
    let world = World::new();
    let paths: Vec<_> = (0..200)
        .map(|number| world.path(format!("{}/{number}.sock", number % 7)))
        .collect();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| probe().arg("--wait=60s").args(&paths).run());
        let mut held = Vec::new();
        for path in paths.iter().rev() {
            fs::create_dir_all(path.parent().expect("a parent")).expect("mkdir");
            held.push(stream(path));
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
        assert!(done.took >= Duration::from_millis(300), "{}", done.shown());
    }
}

#[test]
fn what_is_there_already_is_not_waited_for() {
    let mut world = World::new();
    let live = world.stream("live", 0o600);
    let full = world.listener("full", 0o600, SocketType::STREAM, 0);
    assert!(world.client(&full));
    for (path, state) in [(live, "live"), (full, "saturated")] {
        let done = probe().args(["--wait=60s", "-vv"]).arg(path).run().code(0);
        assert_eq!(only(&done)["state"], state);
        assert!(!done.err().contains("not live yet"), "{}", done.shown());
    }
}

/// It is the permission that changes last.
#[test]
fn for_a_mode_that_lets_us_in() {
    if crate::support::skipped_without_root("for_a_mode_that_lets_us_in") {
        return;
    }
    let mut world = World::new();
    let path = world.stream("s", 0o600);
    let probe = world.other().args(["probe", "-f", "jsonl"]);
    let mut waiting = Waiting::start(probe, None, &path);
    waiting.finds("denied");
    chmod(&path, 0o666);
    waiting.is_told();
    waiting.ends_live();
}
