mod descriptors;

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;
use crate::model::{SocketName, Uid};
use crate::sys::notify::Receiver;
use crate::wrap::mailbox::Speakers;

const FIRST: ChildId = ChildId::FIRST;

/// A relay whose command is this process's own child, and whoever it tells.
struct Scene {
    place: tempfile::TempDir,
    manager: UnixDatagram,
    relay: Relay,
    address: PathBuf,
}

impl Scene {
    /// The descendants of `whose` are listened to.
    fn of(whose: u32) -> Scene {
        let place = tempfile::tempdir().unwrap();
        let socket = place.path().join("manager");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_nonblocking(true).unwrap();
        let upstream = Upstream::connect(&SocketName::Path(socket)).unwrap();
        let own = Uid::new(rustix::process::geteuid().as_raw()).unwrap();
        let places = [place.path().to_owned()];
        let mailbox = Mailbox::new(&places, own, Speakers::Only(own)).unwrap();
        let address = PathBuf::from(mailbox.address());
        let mut relay = Relay::new(mailbox, Some(upstream), whose);
        let started = relay.hear(News::Forked { id: FIRST, pid: 0 }, Instant::now());
        assert!(started.is_empty());
        Scene {
            place,
            manager,
            relay,
            address,
        }
    }

    /// Everybody here descends from our parent.
    fn new() -> Scene {
        let parent = rustix::process::getppid().unwrap();
        Scene::of(u32::try_from(parent.as_raw_pid()).unwrap())
    }

    fn ready(self) -> Scene {
        let mut scene = self;
        scene.hear(News::Ready(FIRST));
        assert_eq!(scene.told(), ["READY=1"]);
        scene
    }

    fn hear(&mut self, news: News) -> Vec<Event> {
        self.relay.hear(news, Instant::now())
    }

    fn say(&self, text: &str) {
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(text.as_bytes(), &self.address).unwrap();
    }

    fn wakes(&self) -> bool {
        self.wakes_within(Duration::ZERO)
    }

    fn wakes_within(&self, longest: Duration) -> bool {
        let Some(fd) = self.relay.fd() else {
            return false;
        };
        let flags = if self.relay.wants_to_write() {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        let longest = Timespec::try_from(longest).unwrap();
        let mut fds = [PollFd::from_borrowed_fd(fd, flags)];
        poll(&mut fds, Some(&longest)).unwrap() == 1
    }

    fn turn(&mut self) -> Vec<Event> {
        self.relay.turn(Instant::now())
    }

    /// All that the manager has been told.
    fn told(&self) -> Vec<String> {
        told(&self.manager)
    }
}

fn told(manager: &UnixDatagram) -> Vec<String> {
    let mut room = [0; 8192];
    let mut told = Vec::new();
    while let Ok(length) = manager.recv(&mut room) {
        told.push(String::from_utf8(room[..length].to_vec()).unwrap());
    }
    told
}

#[test]
fn everything_is_passed_on_in_order_but_the_main_pid() {
    let mut scene = Scene::new().ready();
    let said = [
        "STATUS=a\nERRNO=5",
        "MAINPID=1",
        "WATCHDOG=1",
        "STATUS=b\nMAINPID=1\n",
    ];
    for text in said {
        scene.say(text);
    }
    assert!(scene.wakes());
    assert!(scene.turn().is_empty());
    assert_eq!(
        scene.told(),
        ["STATUS=a\nERRNO=5", "WATCHDOG=1", "STATUS=b\n"]
    );
    assert!(!scene.wakes());
}

#[test]
fn that_it_is_ready_waits_until_it_may_be_told_and_so_does_all_behind_it() {
    let mut scene = Scene::new();
    scene.say("STATUS=starting");
    scene.say("READY=1\nSTATUS=up");
    scene.say("STATUS=later");
    assert_eq!(scene.turn(), [Event::LooksReady(FIRST)]);
    assert_eq!(scene.told(), ["STATUS=starting"]);
    assert!(!scene.wakes(), "there is nothing to do");
    scene.hear(News::Ready(FIRST));
    assert_eq!(scene.told(), ["READY=1\nSTATUS=up", "STATUS=later"]);
    assert!(!scene.wakes());
}

#[test]
fn that_it_is_ready_is_told_once_and_after_each_reload() {
    let mut scene = Scene::new().ready();
    for text in ["READY=1\nSTATUS=up", "READY=1", "RELOADING=1"] {
        scene.say(text);
    }
    scene.turn();
    assert_eq!(scene.told(), ["STATUS=up", "RELOADING=1"]);
    for text in ["READY=1", "READY=1"] {
        scene.say(text);
    }
    assert!(scene.turn().is_empty());
    assert_eq!(scene.told(), ["READY=1"]);
    // Its successor was none of the reload's, and is what its end is told by.
    scene.say("RELOADING=1");
    scene.turn();
    scene.hear(News::Ready(FIRST));
    scene.hear(News::Ready(FIRST));
    assert_eq!(scene.told(), ["RELOADING=1", "READY=1"]);
}

#[test]
fn whoever_is_stopped_before_was_never_ready() {
    let mut scene = Scene::new();
    scene.say("READY=1\nSTATUS=up");
    scene.say("READY=1");
    scene.say("STOPPING=1");
    assert_eq!(scene.turn(), [Event::LooksReady(FIRST)]);
    scene.hear(News::Stopping);
    assert_eq!(scene.told(), ["STATUS=up", "STOPPING=1"]);
}

#[test]
fn whoever_ends_before_it_may_be_told_was_never_ready() {
    let mut scene = Scene::new();
    scene.say("READY=1\nSTATUS=up");
    assert_eq!(scene.turn(), [Event::LooksReady(FIRST)]);
    scene.say("STATUS=done");
    scene.hear(News::Ended(FIRST));
    drop(scene.relay);
    assert_eq!(told(&scene.manager), ["STATUS=up", "STATUS=done"]);
}

#[test]
fn more_time_is_asked_for() {
    let mut scene = Scene::new();
    scene.say("EXTEND_TIMEOUT_USEC=5000000");
    let longer = Duration::from_secs(5);
    assert_eq!(scene.turn(), [Event::Extend(FIRST, longer)]);
    assert_eq!(scene.told(), ["EXTEND_TIMEOUT_USEC=5000000"]);
}

#[test]
fn strangers_are_not_listened_to() {
    // Who descends from pid 1 of ours and not from this process itself: this process.
    let mut scene = Scene::of(std::process::id());
    scene.say("READY=1");
    assert!(scene.turn().is_empty());
    scene.hear(News::Ready(FIRST));
    assert_eq!(scene.told(), ["READY=1"], "our own");
    let child = Command::new("python3")
        .args(["-c", SAY, "STATUS=of a child, which waits for its barrier"])
        .arg(&scene.address)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = child;
    let told = until_told(&mut scene);
    assert_eq!(told, ["STATUS=of a child, which waits for its barrier"]);
    // It ends only when its barrier has got through.
    while child.try_wait().unwrap().is_none() {
        scene.wakes_within(Duration::from_millis(10));
        scene.turn();
        receive_with_descriptors(&scene.manager);
    }
}

/// Sends a text, then a barrier, and ends when that is closed.
const SAY: &str = "
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(sys.argv[2])
s.send(sys.argv[1].encode())
r, w = os.pipe()
s.sendmsg([b'BARRIER=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [w]))])
os.close(w)
os.read(r, 1)
";

fn until_told(scene: &mut Scene) -> Vec<String> {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        scene.wakes_within(Duration::from_millis(10));
        scene.turn();
        let mut told = scene.told();
        told.retain(|text| text != "BARRIER=1");
        if !told.is_empty() {
            return told;
        }
        assert!(Instant::now() < until, "nothing was told");
    }
}

/// A datagram socket of std drops the descriptors.
fn receive_with_descriptors(manager: &UnixDatagram) {
    let mut room = [0; 64];
    while manager.recv(&mut room).is_ok() {}
}

#[test]
fn one_that_has_ended_already_is_not_lost() {
    let mut scene = Scene::of(std::process::id()).ready();
    let script = "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\
                  .sendto(b'STATUS=gone', sys.argv[1])";
    let status = Command::new("python3")
        .args(["-c", script])
        .arg(&scene.address)
        .status()
        .unwrap();
    assert!(status.success());
    scene.turn();
    assert_eq!(scene.told(), ["STATUS=gone"]);
}

#[test]
fn who_is_slow_to_take_it_loses_nothing() {
    let mut scene = Scene::new().ready();
    let mut expected = Vec::new();
    let client = UnixDatagram::unbound().unwrap();
    client.set_nonblocking(true).unwrap();
    // Until both queues are full.
    for number in 0.. {
        let text = format!("STATUS={number}");
        match client.send_to(text.as_bytes(), &scene.address) {
            Ok(_) => expected.push(text),
            Err(_) if scene.relay.waits == Waits::Upstream => break,
            Err(_) => drop(scene.turn()),
        }
        assert!(number < 100_000);
    }
    scene.turn();
    assert!(!scene.wakes(), "no room yet");
    let mut told = Vec::new();
    while told.len() < expected.len() {
        let more = scene.told();
        assert!(!more.is_empty(), "{} of {}", told.len(), expected.len());
        told.extend(more);
        assert!(scene.wakes() || told.len() == expected.len());
        scene.turn();
    }
    assert_eq!(told, expected);
}

#[test]
fn the_last_words_are_passed_on() {
    let mut scene = Scene::new().ready();
    scene.say("STATUS=bye");
    scene.say("ERRNO=5");
    scene.hear(News::Ended(FIRST));
    assert_eq!(scene.told(), ["STATUS=bye", "ERRNO=5"]);
    // Of those that it has left behind.
    let scene = Scene::new().ready();
    scene.say("STATUS=bye");
    let Scene {
        place,
        manager,
        relay,
        ..
    } = scene;
    drop(relay);
    assert_eq!(told(&manager), ["STATUS=bye"]);
    let left: Vec<_> = std::fs::read_dir(place.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "the manager's socket: {left:?}");
}

#[test]
fn what_makes_no_sense_is_passed_over() {
    let mut scene = Scene::new().ready();
    scene.say(&"x".repeat(LONGEST + 1));
    scene.say("A\0B");
    scene.say("STATUS=x");
    scene.turn();
    assert_eq!(scene.told(), ["STATUS=x"]);
    assert!(Path::new(&scene.address).exists());
}
