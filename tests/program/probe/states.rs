//! Every row of what Linux answers, for the connect test and for the silent one.

use std::any::Any;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::net::{Shutdown, SocketAddrUnix, SocketType, accept, connect, listen, shutdown};

use super::servant::Servant;
use super::{bound, bound_to, client, listening, only};
use crate::support::{Done, Sockctl, World, chmod, is_root, skipped_without_root};

/// What has to stay for the scene to stay.
type Held = Vec<Box<dyn Any>>;

/// A row: how it is made, and what the two tests say, with their exit statuses.
struct Row {
    name: &'static str,
    make: fn(&Path) -> Held,
    connect: (&'static str, i32),
    silent: (&'static str, i32),
}

const fn row(
    name: &'static str,
    make: fn(&Path) -> Held,
    connect: (&'static str, i32),
    silent: (&'static str, i32),
) -> Row {
    Row {
        name,
        make,
        connect,
        silent,
    }
}

const LIVE: (&str, i32) = ("live", 0);
const NOT_LISTENING: (&str, i32) = ("not-listening", 1);
const STALE: (&str, i32) = ("stale", 1);
const FOREIGN: (&str, i32) = ("foreign", 0);
const MISSING: (&str, i32) = ("missing", 1);

fn held(it: impl Any) -> Held {
    vec![Box::new(it)]
}

/// Each makes the socket `s` in the directory it is given.
const ROWS: &[Row] = &[
    row("listening", listening_stream, LIVE, LIVE),
    row("stopped", stopped, LIVE, LIVE),
    row("full backlog", full, ("saturated", 1), ("saturated", 0)),
    row("room for one more", nearly_full, LIVE, LIVE),
    row("bound", bound_only, NOT_LISTENING, NOT_LISTENING),
    row("shut down", shut_down, NOT_LISTENING, NOT_LISTENING),
    row("seqpacket", seqpacket, LIVE, LIVE),
    row(
        "seqpacket, bound",
        seqpacket_bound,
        NOT_LISTENING,
        NOT_LISTENING,
    ),
    row("dgram", dgram, LIVE, LIVE),
    row("dgram with a peer", choosy, LIVE, LIVE),
    row("dgram, shut down", deaf_dgram, NOT_LISTENING, NOT_LISTENING),
    row("renamed", renamed, LIVE, LIVE),
    row("hard-linked", hard_linked, LIVE, LIVE),
    row("bound again by another", rebound, LIVE, LIVE),
    row("sessions without listener", sessions_only, STALE, STALE),
    row("listener closed", closed, STALE, STALE),
    row("through a link", linked, LIVE, LIVE),
    row("nothing", |_| Vec::new(), MISSING, MISSING),
];

const ROWS_OF_ROOT: &[Row] = &[
    row("another network namespace", elsewhere, FOREIGN, FOREIGN),
    row("made without a socket", placeholder, STALE, STALE),
    row("mode 0000", mode_0000, LIVE, LIVE),
];

fn at(directory: &Path) -> PathBuf {
    directory.join("s")
}

fn listening_stream(directory: &Path) -> Held {
    held(listening(&at(directory), SocketType::STREAM, 16))
}

fn stopped(directory: &Path) -> Held {
    let servant = Servant::start(at(directory).to_str().expect("text"));
    servant.stop();
    held(servant)
}

fn full(directory: &Path) -> Held {
    let listener = listening(&at(directory), SocketType::STREAM, 1);
    held((listener, client(&at(directory)), client(&at(directory))))
}

fn nearly_full(directory: &Path) -> Held {
    let listener = listening(&at(directory), SocketType::STREAM, 1);
    held((listener, client(&at(directory))))
}

fn bound_only(directory: &Path) -> Held {
    held(bound(&at(directory), SocketType::STREAM))
}

fn shut_down(directory: &Path) -> Held {
    let listener = listening(&at(directory), SocketType::STREAM, 16);
    shutdown(&listener, Shutdown::Read).expect("shutdown");
    held(listener)
}

fn seqpacket(directory: &Path) -> Held {
    held(listening(&at(directory), SocketType::SEQPACKET, 16))
}

fn seqpacket_bound(directory: &Path) -> Held {
    held(bound(&at(directory), SocketType::SEQPACKET))
}

fn dgram(directory: &Path) -> Held {
    held(bound(&at(directory), SocketType::DGRAM))
}

/// It takes from its own peer only.
fn choosy(directory: &Path) -> Held {
    let peer = bound(&directory.join("peer"), SocketType::DGRAM);
    let socket = bound(&at(directory), SocketType::DGRAM);
    let address = SocketAddrUnix::new(directory.join("peer")).expect("a short path");
    connect(&socket, &address).expect("connect");
    held((peer, socket))
}

fn deaf_dgram(directory: &Path) -> Held {
    let socket = bound(&at(directory), SocketType::DGRAM);
    let address = SocketAddrUnix::new(at(directory)).expect("a short path");
    connect(&socket, &address).expect("to itself, for shutdown takes connected ones only");
    shutdown(&socket, Shutdown::Read).expect("shutdown");
    held(socket)
}

fn renamed(directory: &Path) -> Held {
    let listener = listening(&directory.join("before"), SocketType::STREAM, 16);
    fs::rename(directory.join("before"), at(directory)).expect("rename");
    held(listener)
}

fn hard_linked(directory: &Path) -> Held {
    let listener = listening(&directory.join("first"), SocketType::STREAM, 16);
    fs::hard_link(directory.join("first"), at(directory)).expect("link");
    held(listener)
}

fn rebound(directory: &Path) -> Held {
    let first = listening(&at(directory), SocketType::STREAM, 16);
    fs::remove_file(at(directory)).expect("unlink");
    held((first, listening(&at(directory), SocketType::STREAM, 16)))
}

fn sessions_only(directory: &Path) -> Held {
    let listener = listening(&at(directory), SocketType::STREAM, 16);
    let client = client(&at(directory));
    held((client, accept(&listener).expect("a session")))
}

fn closed(directory: &Path) -> Held {
    drop(listening(&at(directory), SocketType::STREAM, 16));
    Vec::new()
}

fn linked(directory: &Path) -> Held {
    std::os::unix::fs::symlink("there", at(directory)).expect("link");
    held(listening(&directory.join("there"), SocketType::STREAM, 16))
}

fn elsewhere(directory: &Path) -> Held {
    held(Servant::start_elsewhere(
        at(directory).to_str().expect("text"),
    ))
}

fn placeholder(directory: &Path) -> Held {
    mknodat(CWD, at(directory), FileType::Socket, Mode::empty(), 0).expect("mknod");
    Vec::new()
}

/// Root gets in whatever the mode is.
fn mode_0000(directory: &Path) -> Held {
    let listener = listening(&at(directory), SocketType::STREAM, 16);
    chmod(&at(directory), 0);
    held(listener)
}

fn told(sockctl: Sockctl, address: impl AsRef<std::ffi::OsStr>) -> (String, Option<i32>, Done) {
    let done = sockctl.arg(address).run();
    let state = only(&done)["state"].as_str().expect("a word").to_owned();
    (state, done.status.code(), done)
}

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        for (option, expected) in [(None, row.connect), (Some("--silent"), row.silent)] {
            let world = World::new();
            let held = (row.make)(&world.run());
            let probe = super::probe().args(option);
            let (state, code, done) = told(probe, at(&world.run()));
            if (state.as_str(), code) != (expected.0, Some(expected.1)) {
                let options = option.unwrap_or_default();
                wrong.push(format!("{} {options}: {}", row.name, done.shown()));
            }
            drop(held);
        }
        let said = by_audit(row);
        let found = !["through a link", "nothing"].contains(&row.name);
        if found != said.iter().any(|said| said == row.silent.0) {
            wrong.push(format!("{}: audit says {said:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The states that an audit of the directory gives the path: of the file, and of those who listen
/// on it and have lost it. Nothing where it finds none: it walks past links.
fn by_audit(row: &Row) -> Vec<String> {
    let world = World::new();
    world.policy("version: 1");
    let held = (row.make)(&world.run());
    let report = world.audit().run().report();
    let path = at(&world.run());
    let sockets = report.value["sockets"].as_array().into_iter().flatten();
    let states = sockets
        .filter(|socket| socket["path"].as_str() == path.to_str())
        .map(|socket| socket["state"].as_str().expect("a word").to_owned())
        .collect();
    drop(held);
    states
}

#[test]
fn of_files() {
    check(ROWS);
}

#[test]
fn of_files_that_only_root_can_make() {
    if !skipped_without_root("of_files_that_only_root_can_make") {
        check(ROWS_OF_ROOT);
    }
}

/// Not a listener's name, and not its inode: its file system tells.
#[test]
fn on_an_overlay() {
    if skipped_without_root("on_an_overlay") {
        return;
    }
    let world = World::new();
    for name in ["lower", "upper", "work", "merged"] {
        world.directory(name, 0o755);
    }
    let path = |name: &str| world.path(name).to_str().expect("text").to_owned();
    let layers = format!(
        "lowerdir={},upperdir={},workdir={}",
        path("lower"),
        path("upper"),
        path("work")
    );
    let mount = Command::new("mount")
        .args(["-t", "overlay", "-o", &layers, "overlay", &path("merged")])
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        println!("skipped: on_an_overlay: no overlay can be mounted here");
        return;
    }
    let listener = listening(&world.path("merged/s"), SocketType::STREAM, 16);
    drop(listening(&world.path("merged/old"), SocketType::STREAM, 16));
    let mut seen = Vec::new();
    for option in [None, Some("--silent")] {
        for name in ["merged/s", "merged/old", "upper/s"] {
            let (state, code, _) = told(super::probe().args(option), world.path(name));
            seen.push((option, name, state, code));
        }
    }
    drop(listener);
    let unmounted = Command::new("umount").arg(path("merged")).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    for (option, name, state, code) in seen {
        let expected = match name {
            "merged/s" => ("live", Some(0)),
            "merged/old" => ("stale", Some(1)),
            // It is live, and nothing but the mount tells.
            _ => ("unknown", Some(3)),
        };
        assert_eq!((state.as_str(), code), expected, "{option:?} {name}");
    }
}

#[test]
fn of_abstract_names() {
    let name = |what: &str| format!("sockctl-test-{}-{what}", std::process::id());
    let bind = |what: &str, kind| {
        let name = name(what);
        let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("a short name");
        bound_to(&address, kind)
    };
    let stream = bind("stream", SocketType::STREAM);
    listen(&stream, 4).expect("listen");
    let seqpacket = bind("seqpacket", SocketType::SEQPACKET);
    listen(&seqpacket, 4).expect("listen");
    let _dgram = bind("dgram", SocketType::DGRAM);
    let _bound = bind("bound", SocketType::STREAM);
    let full = bind("full", SocketType::STREAM);
    listen(&full, 0).expect("listen");
    let address = SocketAddrUnix::new_abstract_name(name("full").as_bytes()).expect("short");
    let client = rustix::net::socket(rustix::net::AddressFamily::UNIX, SocketType::STREAM, None)
        .expect("a socket");
    connect(&client, &address).expect("connect");
    for (what, connect, silent) in [
        ("stream", LIVE, LIVE),
        ("seqpacket", LIVE, LIVE),
        ("dgram", LIVE, LIVE),
        ("bound", NOT_LISTENING, NOT_LISTENING),
        ("full", ("saturated", 1), ("saturated", 0)),
        ("none", MISSING, MISSING),
    ] {
        for (option, expected) in [(None, connect), (Some("--silent"), silent)] {
            let address = format!("@{}", name(what));
            let (state, code, done) = told(super::probe().args(option), address);
            let expected = (expected.0, Some(expected.1));
            assert_eq!((state.as_str(), code), expected, "{}", done.shown());
        }
    }
    let wrong = super::probe().args(["--type", "dgram"]);
    let (state, code, _) = told(wrong, format!("@{}", name("stream")));
    assert_eq!((state.as_str(), code), ("wrong-type", Some(1)));
}

/// Nobody in this namespace gets in there, whoever may know of it.
#[test]
fn an_abstract_name_elsewhere_is_missing_here() {
    if skipped_without_root("an_abstract_name_elsewhere_is_missing_here") {
        return;
    }
    let address = format!("@sockctl-test-{}-elsewhere", std::process::id());
    let _servant = Servant::start_elsewhere(&address);
    for option in [None, Some("--silent")] {
        let (state, code, done) = told(super::probe().args(option), &address);
        assert_eq!((state.as_str(), code), ("missing", Some(1)));
        let why = only(&done)["why"].as_str().expect("a reason").to_owned();
        assert!(why.contains("network namespace"), "{why}");
        assert!(why.ends_with("has one"), "{why}");
    }
}

#[test]
fn in_another_network_namespace_with_all_facts() {
    if skipped_without_root("in_another_network_namespace_with_all_facts") {
        return;
    }
    let world = World::new();
    let servant = Servant::start_elsewhere(world.path("s").to_str().expect("text"));
    let namespace = fs::metadata(format!("/proc/{}/ns/net", servant.pid())).expect("it runs");
    let namespace = std::os::unix::fs::MetadataExt::ino(&namespace);
    for option in [None, Some("--silent")] {
        let done = super::probe().args(option).arg(world.path("s")).run();
        let socket = only(&done);
        assert_eq!(socket["netns"], namespace, "{}", done.shown());
        assert_eq!(socket["backlog"], 16, "{}", done.shown());
    }
}

/// Another user, who may look at nothing but what everybody may.
#[test]
fn as_another_user() {
    if skipped_without_root("as_another_user") {
        return;
    }
    let mut world = World::new();
    world.stream("open", 0o666);
    world.stream("writable", 0o222);
    world.stream("shut", 0o755);
    world.stale("stale", 0o666);
    world.stale("stale-shut", 0o600);
    world.directory("closed", 0o700);
    world.stream("closed/s", 0o666);
    mknodat(
        CWD,
        world.path("placeholder"),
        FileType::Socket,
        Mode::empty(),
        0,
    )
    .expect("mknod");
    let denied = ("denied", 3);
    for (name, expected) in [
        ("open", LIVE),
        ("writable", LIVE),
        ("shut", denied),
        ("stale", STALE),
        ("stale-shut", denied),
        ("closed/s", denied),
        ("placeholder", denied),
        ("none", MISSING),
    ] {
        for option in [None, Some("--silent")] {
            let probe = world.other().args(["probe", "-f", "jsonl"]).args(option);
            let (state, code, done) = told(probe, world.path(name));
            let expected = (expected.0, Some(expected.1));
            assert_eq!((state.as_str(), code), expected, "{name}: {}", done.shown());
        }
    }
}

#[test]
fn of_the_type_asked_for() {
    let mut world = World::new();
    let stream = world.stream("stream", 0o600);
    let seqpacket = world.listener("seqpacket", 0o600, SocketType::SEQPACKET, 4);
    let dgram = world.datagram("dgram", 0o600);
    for (path, kind) in [
        (&stream, "stream"),
        (&seqpacket, "seqpacket"),
        (&dgram, "dgram"),
    ] {
        for asked in ["stream", "seqpacket", "dgram"] {
            for option in [None, Some("--silent")] {
                let probe = super::probe().args(["--type", asked]).args(option);
                let (state, code, done) = told(probe, path);
                let expected = if asked == kind {
                    LIVE
                } else {
                    ("wrong-type", 1)
                };
                let expected = (expected.0, Some(expected.1));
                assert_eq!((state.as_str(), code), expected, "{}", done.shown());
                assert_eq!(only(&done)["type"], kind, "{}", done.shown());
            }
        }
    }
}

/// Longer than an address can be, and still to be tested.
#[test]
fn long_paths() {
    let world = World::new();
    let mut directory = world.run();
    while directory.as_os_str().len() < 1200 {
        directory = directory.join("d".repeat(100));
    }
    fs::create_dir_all(&directory).expect("directories");
    let short = world.path("s");
    let _listener = listening(&short, SocketType::STREAM, 16);
    let here = world.run().as_os_str().len() + 1;
    let mut paths = vec![directory.join("s")];
    for length in [107, 108, 109] {
        paths.push(world.path("n".repeat(length - here)));
    }
    for path in paths {
        fs::hard_link(&short, &path).expect("link");
        for option in [None, Some("--silent")] {
            let (state, code, done) = told(super::probe().args(option), &path);
            assert_eq!(
                (state.as_str(), code),
                ("live", Some(0)),
                "{}",
                done.shown()
            );
        }
    }
}

#[test]
fn the_worst_decides_the_exit_status() {
    let mut world = World::new();
    let live = world.stream("live", 0o666);
    let stale = world.stale("stale", 0o666);
    let run = |paths: &[&Path]| {
        let done = super::probe().args(paths).run();
        done.status.code()
    };
    assert_eq!(run(&[&live, &live]), Some(0));
    assert_eq!(run(&[&live, &stale]), Some(1));
    if is_root() {
        world.stream("shut", 0o600);
        let denied = world.path("shut");
        let other = |paths: &[&Path]| {
            let probe = world.other().args(["probe"]).args(paths);
            probe.run().status.code()
        };
        assert_eq!(other(&[&live, &denied]), Some(3));
        assert_eq!(other(&[&denied, &stale]), Some(1));
    }
}
