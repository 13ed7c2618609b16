//! What may be asked of an address, and of several.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::net::{SocketAddrUnix, SocketType, listen};

use super::{IN_BOTH_WAYS, bound_to, listening, only, probe};
use crate::support::{World, skipped_without_root};

#[test]
fn of_the_type_asked_for() {
    let mut world = World::new();
    let name = format!("sockctl-test-{}-stream", std::process::id());
    let address = SocketAddrUnix::new_abstract_name(name.as_bytes()).expect("a short name");
    let listener = bound_to(&address, SocketType::STREAM);
    listen(&listener, 4).expect("listen");
    for (path, kind) in [
        (world.stream("stream", 0o600), "stream"),
        (
            world.listener("seqpacket", 0o600, SocketType::SEQPACKET, 4),
            "seqpacket",
        ),
        (world.datagram("dgram", 0o600), "dgram"),
        (PathBuf::from(format!("@{name}")), "stream"),
    ] {
        for asked in ["stream", "seqpacket", "dgram"] {
            for option in IN_BOTH_WAYS {
                let probe = probe().args(["--type", asked]).args(option).arg(&path);
                let (state, code) = if asked == kind {
                    ("live", 0)
                } else {
                    ("wrong-type", 1)
                };
                let done = probe.run().code(code);
                let socket = only(&done);
                assert_eq!(socket["state"], state, "{}", done.shown());
                assert_eq!(socket["type"], kind, "{}", done.shown());
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
        for option in IN_BOTH_WAYS {
            let socket = only(&probe().args(option).arg(&path).run().code(0));
            assert_eq!(socket["state"], "live");
        }
    }
}

#[test]
fn the_worst_decides_the_exit_status() {
    let mut world = World::new();
    let live = world.stream("live", 0o666);
    let stale = world.stale("stale", 0o666);
    probe().args([&live, &live]).run().code(0);
    probe().args([&live, &stale]).run().code(1);
    if skipped_without_root("the_worst_decides_the_exit_status") {
        return;
    }
    let shut = world.stream("shut", 0o600);
    let by_other = |paths: [&Path; 2]| world.other().arg("probe").args(paths).run();
    by_other([&live, &shut]).code(3);
    by_other([&shut, &stale]).code(1);
}
