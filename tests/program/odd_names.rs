//! Names are bytes that anybody may have chosen.

use std::ffi::OsStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};

use crate::support::{Done, World, chmod};

const ODD: [&[u8]; 8] = [
    b"new\nline.sock",
    b"\x1b[31mred\x1b[0m.sock",
    b"\xff\xfe.sock",
    b"bell\x07 tab\t back\x08.sock",
    b"\xc2\x9b31m.sock",
    b"'quote' \"double\" $(reboot) `x`.sock",
    b" -n",
    "caf\u{e9} \u{202e}kcos.\u{1f9e6}".as_bytes(),
];

fn world_of_odd_names() -> World {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0660 }");
    for name in ODD {
        world.stream(OsStr::from_bytes(name), 0o666);
    }
    world
}

/// No control byte of a name reaches a terminal.
#[track_caller]
fn is_plain(done: &Done) {
    let text = String::from_utf8(done.stdout.clone()).expect("UTF-8");
    let raw = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!text.contains(raw), "{text:?}");
}

#[test]
fn human_output_carries_no_raw_byte() {
    let world = world_of_odd_names();
    let done = world.audit().args(["-f", "human"]).run().code(1);
    is_plain(&done);
    let done = done
        .stdout_has(r"new\nline.sock")
        .stdout_has(r"\x1b[31mred\x1b[0m.sock")
        .stdout_has(r"\xff\xfe.sock");
    assert_eq!(done.err(), "", "{}", done.shown());
}

#[test]
fn the_list_carries_no_raw_byte() {
    let world = world_of_odd_names();
    let done = crate::support::Sockctl::new()
        .arg("list")
        .arg(world.run())
        .run()
        .code(0);
    is_plain(&done);
    done.stdout_has(r"new\nline.sock")
        .stdout_has(r"\xff\xfe.sock");
}

#[test]
fn json_has_the_bytes() {
    let world = world_of_odd_names();
    let report = world.audit().run().code(1).report();
    let sockets = report.value["sockets"].as_array().expect("sockets");
    assert_eq!(sockets.len(), ODD.len());
    for name in ODD {
        let path = world.path(OsStr::from_bytes(name));
        if path.to_str().is_some() {
            report.says(&path, &["mode-too-wide"]);
            assert!(report.socket(&path)["path_hex"].is_null());
        } else {
            let hex = hex(path.as_os_str().as_bytes());
            let here = |entry: &&serde_json::Value| entry["path_hex"].as_str() == Some(&hex);
            assert_eq!(sockets.iter().filter(here).count(), 1, "{:#}", report.value);
            let findings = report.value["findings"].as_array().expect("findings");
            assert_eq!(
                findings.iter().filter(here).count(),
                1,
                "{:#}",
                report.value
            );
        }
    }
}

#[test]
fn a_line_of_jsonl_is_one_line() {
    let world = world_of_odd_names();
    let done = world.audit().args(["-f", "jsonl"]).run().code(1);
    let text = done.out();
    assert!(text.lines().count() >= ODD.len(), "{}", done.shown());
    for line in text.lines() {
        let value: Result<serde_json::Value, _> = serde_json::from_str(line);
        assert!(value.is_ok_and(|it| it.is_object()), "{line}");
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(both).collect()
}

/// The kernel takes 4,096 bytes in one call; a tree may be deeper.
#[test]
fn a_path_over_4096_bytes() {
    let world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0660 }");
    let step = "d".repeat(250);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut path = world.run();
    let mut directory: OwnedFd = openat(CWD, &path, flags, Mode::empty()).expect("run/");
    for _ in 0..20 {
        mkdirat(&directory, &*step, Mode::from_raw_mode(0o755)).expect("mkdirat");
        directory = openat(&directory, &*step, flags, Mode::empty()).expect("openat");
        path.push(&step);
    }
    let short = format!("/proc/self/fd/{}/a.sock", directory.as_raw_fd());
    let listener = UnixListener::bind(&short).expect("bind");
    chmod(short.as_ref(), 0o666);
    path.push("a.sock");
    assert!(path.as_os_str().len() > 4096);

    let report = world.audit().run().code(1).report();
    report.says(&path, &["mode-too-wide"]);
    assert_eq!(report.socket(&path)["state"], "live");
    drop(listener);
}

#[test]
fn a_socket_as_a_root_by_any_name() {
    let world = world_of_odd_names();
    for name in ODD {
        let report = crate::support::Sockctl::new()
            .args(["audit", "-f", "json", "--no-builtin", "-p"])
            .arg(world.root().join("policy.yaml"))
            .arg(world.path(OsStr::from_bytes(name)))
            .run()
            .code(1)
            .report();
        assert_eq!(report.value["summary"]["sockets"], 1, "{:#}", report.value);
    }
}
