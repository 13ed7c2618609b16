//! `policy init`: what it writes is a policy from which nothing is found.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::net::SocketType;
use serde_json::Value;

use crate::support::{Done, NOBODY, Sockctl, World, chmod, skipped_without_root};

fn init(root: impl AsRef<OsStr>) -> Sockctl {
    Sockctl::new().args(["policy", "init"]).arg(root)
}

/// Writes the draft beside run/ and checks it as strictly as can be.
#[track_caller]
fn drafted(world: &World, options: &[&str]) -> (PathBuf, String) {
    let path = world.root().join("init.yaml");
    let done = init(world.run()).args(options).arg("-o").arg(&path).run();
    let done = done.code(0).no_stdout();
    assert_eq!(done.err(), "", "{}", done.shown());
    chmod(&path, 0o644);
    let check = Sockctl::new().args(["policy", "check"]).arg(&path).run();
    check.code(0);
    (path.clone(), fs::read_to_string(path).expect("a policy"))
}

/// An audit with a policy and nothing else but what it includes.
fn audit(policy: &Path, root: impl AsRef<OsStr>) -> Done {
    let audit = Sockctl::new().args(["audit", "-f", "json", "--fail-on", "info", "-p"]);
    audit.arg(policy).arg(root).run()
}

/// An audit after which there is nothing to say.
#[track_caller]
fn nothing_is_found(policy: &Path, root: impl AsRef<OsStr>) {
    let done = audit(policy, root);
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let sockets = report["summary"]["sockets"].as_u64();
    assert!(sockets > Some(0), "{}", done.shown());
    let findings = report["findings"].as_array().expect("findings");
    let counts = findings.iter().any(|finding| finding["waived"].is_null());
    assert!(!counts, "{}", done.shown());
    done.code(0);
}

/// Sockets of many kinds.
fn many() -> World {
    let mut world = World::new();
    world.stream("open.sock", 0o777);
    world.stream("group.sock", 0o660);
    world.stream("private.sock", 0o600);
    world.stream("reader.sock", 0o755);
    world.listener("seq.sock", 0o660, SocketType::SEQPACKET, 4);
    world.datagram("log", 0o666);
    world.stale("left.sock", 0o666);
    for number in 1..=12 {
        world.stream(format!("worker-{number}.sock"), 0o660);
    }
    world.directory("den", 0o700);
    world.stream("den/inside.sock", 0o777);
    world.directory("team", 0o2775);
    for name in ["a", "b", "c", "d", "e"] {
        world.stream(format!("team/{name}.sock"), 0o660);
    }
    world.directory("sticky", 0o1777);
    world.stream("sticky/s.sock", 0o600);
    world.directory("anybodys", 0o777);
    world.stream("anybodys/s.sock", 0o600);
    for name in [
        &b"new\nline"[..],
        b"\xff\xfe",
        b"a: #b",
        b"*[x]{a,b}<c>",
        b"\"'\\",
    ] {
        world.stream(OsStr::from_bytes(name), 0o640);
    }
    world
}

#[test]
fn an_audit_with_it_finds_nothing() {
    let world = many();
    let (policy, text) = drafted(&world, &[]);
    nothing_is_found(&policy, world.run());
    for line in [
        "include: [builtin:default]",
        "/run/worker-[0-9]*.sock\"",
        "/run/team/*\"",
        "because: TODO",
        "world: forbid",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Open to everyone: one that is, one that was left behind, the log. The den lets nobody in.
    assert_eq!(text.matches("world: allow").count(), 3, "{text}");
    assert_eq!(text.matches("because: TODO").count(), 3, "{text}");
    assert_eq!(text.matches("liveness: any").count(), 1, "{text}");
    assert_eq!(
        text.matches("finding: path-replaceable").count(),
        1,
        "{text}"
    );
    let (_, again) = drafted(&world, &[]);
    assert_eq!(text, again);
}

#[test]
fn it_can_stand_on_nothing() {
    let world = many();
    let (policy, text) = drafted(&world, &["--no-builtin"]);
    assert!(!text.contains("include"), "{text}");
    let audit = Sockctl::new().args(["audit", "--no-builtin", "-p"]);
    let audit = audit.arg(policy).arg(world.run());
    audit.run().code(0).stdout_has("no findings");
}

#[test]
fn what_becomes_worse_is_found() {
    let mut world = many();
    let (policy, _) = drafted(&world, &[]);
    chmod(&world.path("worker-7.sock"), 0o666);
    chmod(&world.path("den"), 0o755);
    world.stream("team/new.sock", 0o666);
    let done = audit(&policy, world.run()).code(1);
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    for (code, end) in [
        ("mode-too-wide", "/worker-7.sock"),
        ("parent-mode-too-wide", "/den/inside.sock"),
        ("mode-too-wide", "/team/new.sock"),
    ] {
        let is_it = |finding: &&Value| {
            finding["code"] == code && finding["path"].as_str().unwrap_or_default().ends_with(end)
        };
        assert!(findings.iter().any(|it| is_it(&it)), "{}", done.shown());
    }
}

#[test]
fn owners_and_who_may_connect_are_told_by_name() {
    if skipped_without_root("owners_and_who_may_connect_are_told_by_name") {
        return;
    }
    let mut world = World::new();
    let path = world.stream("a.sock", 0o660);
    chown(&path, Some(2), Some(1)).expect("chown");
    let numbered = world.stream("b.sock", 0o660);
    chown(&numbered, Some(NOBODY), Some(60_123)).expect("chown");
    let dynamic = world.stream("c.sock", 0o600);
    chown(&dynamic, Some(61_200), Some(61_200)).expect("chown");
    let kept = world.directory("kept", 0o2775);
    chown(&kept, Some(2), Some(60)).expect("chown");
    world.stream("kept/d.sock", 0o600);
    let (policy, text) = drafted(&world, &[]);
    nothing_is_found(&policy, world.run());
    for line in [
        "owner: bin:daemon",
        "daemon: { groups: [daemon] }",
        "connect: [daemon]",
        "owner: nobody:60123",
        "\"60123\": { groups: [\"60123\"] }",
        "owner: dynamic:dynamic",
        "connect: []",
        "replace: [games, bin]",
        "listener: { user: root }",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let (_, text) = drafted(&world, &["--no-holders"]);
    assert!(!text.contains("listener"), "{text}");
}

#[test]
fn whom_an_acl_lets_in_is_described_without_a_word() {
    if skipped_without_root("whom_an_acl_lets_in_is_described_without_a_word") {
        return;
    }
    let mut world = World::new();
    for (name, mode) in [("open.sock", 0o660), ("asleep.sock", 0o600)] {
        let path = world.stream(name, mode);
        let entry = if mode == 0o660 {
            "u:nobody:rw"
        } else {
            "u:nobody:rw,m::---"
        };
        let set = Command::new("setfacl")
            .args(["-m", entry])
            .arg(&path)
            .status();
        assert!(set.expect("setfacl").success());
    }
    let (policy, text) = drafted(&world, &[]);
    assert!(text.contains("acl: allow"), "{text}");
    nothing_is_found(&policy, world.run());
}

#[test]
fn an_acl_that_lets_nobody_in_is_not_allowed_for_the_future() {
    if skipped_without_root("an_acl_that_lets_nobody_in_is_not_allowed_for_the_future") {
        return;
    }
    let mut world = World::new();
    for (name, mode, entry) in [
        ("shut", 0o666, "u:nobody:---"),
        ("read", 0o660, "u:nobody:r"),
    ] {
        let path = world.stream(name, mode);
        let mut set = Command::new("setfacl");
        let set = set.args(["-m", entry]).arg(&path).status();
        assert!(set.expect("setfacl").success());
    }
    let (policy, text) = drafted(&world, &[]);
    assert!(!text.contains("acl: allow"), "{text}");
    nothing_is_found(&policy, world.run());
}

#[test]
fn what_is_described_already_is_left_out() {
    let mut world = World::new();
    world.stream("known.sock", 0o600);
    world.stream("wrong.sock", 0o666);
    world.stream("unknown.sock", 0o600);
    let site = world.file(
        "site.yaml",
        "version: 1\nroles: { root: { users: [root] } }\nrules:\n  \
         - { id: known, paths: ['{run}/{known,wrong}.sock'], mode: 0600 }\n",
    );
    let site = site.to_str().expect("UTF-8");
    let (policy, text) = drafted(&world, &["-p", site]);
    nothing_is_found(&policy, world.run());
    assert!(text.contains(site), "{text}");
    assert!(text.contains("describes 1 socket more"), "{text}");
    assert!(!text.contains("/known.sock"), "{text}");
    assert!(text.contains("/wrong.sock"), "{text}");
    assert!(text.contains("/unknown.sock"), "{text}");
    // On top of itself there is nothing left to say, and it cannot come to include itself.
    let again = init(world.run()).arg("-p").arg(&policy).run().code(0);
    assert!(again.out().contains("rules: []"), "{}", again.shown());
    let itself = init(world.run())
        .arg("-p")
        .arg(&policy)
        .arg("-o")
        .arg(&policy);
    itself.run().code(2).stderr_has("includes");
    assert_eq!(fs::read_to_string(&policy).expect("a policy"), text);
}

#[test]
fn the_way_through_a_link_is_told_by_its_end() {
    let mut world = World::new();
    world.directory("real", 0o755);
    world.stream("real/a.sock", 0o600);
    symlink("real", world.path("link")).expect("a link");
    let path = world.root().join("init.yaml");
    let through = init(world.path("link")).arg("-o").arg(&path).run();
    through.code(0);
    let text = fs::read_to_string(&path).expect("a policy");
    assert!(text.contains("/real/a.sock\""), "{text}");
    nothing_is_found(&path, world.path("link"));
    nothing_is_found(&path, world.run());
}

#[test]
fn abstract_names_are_told_on_request() {
    let mut world = World::new();
    let name = format!("sockctl-init-{}/a:b", std::process::id());
    world.abstract_stream(&name);
    let done = init(world.run()).run().code(0);
    assert!(!done.out().contains(&name), "{}", done.shown());
    let path = world.root().join("init.yaml");
    let told = init(world.run()).arg("--abstract").arg("-o").arg(&path);
    told.run().code(0);
    let text = fs::read_to_string(&path).expect("a policy");
    assert!(text.contains(&format!("\"@{name}\"")), "{text}");
    let audit = Sockctl::new().args(["audit", "--abstract", "-p"]);
    let done = audit.arg(&path).arg(world.run()).run();
    assert!(!done.out().contains(&name), "{}", done.shown());
}

#[test]
fn what_no_policy_describes_is_said() {
    let mut world = World::new();
    let full = world.listener("full.sock", 0o600, SocketType::STREAM, 0);
    while world.client(&full) {}
    let done = init(world.run()).run().code(0);
    let done = done
        .stderr_has("full.sock: saturated")
        .stdout_has("full.sock");
    assert_eq!(done.err().lines().count(), 1, "{}", done.shown());
}

#[test]
fn without_a_socket_it_says_so() {
    let world = World::new();
    let done = init(world.run()).run().code(0);
    done.stderr_has("no socket").stdout_has("rules: []");
    let done = init(world.run()).args(["-f", "json"]).run().code(0);
    let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(answer["sockets"], 0);
    assert!(
        answer["text"]
            .as_str()
            .is_some_and(|it| it.contains("version: 1"))
    );
}

#[test]
fn nothing_is_written_where_nothing_was_looked_at() {
    let world = World::new();
    let path = world.file("init.yaml", "mine");
    let done = init(world.path("gone")).arg("-o").arg(&path).run();
    done.code(3).stderr_has("no policy is written");
    assert_eq!(fs::read_to_string(&path).expect("a file"), "mine");
}

#[test]
fn what_is_excluded_is_left_out_without_a_word() {
    let mut world = World::new();
    world.stream("a.sock", 0o600);
    world.stream("b.sock", 0o600);
    let done = init(world.run()).args(["--exclude", "b.*"]).run().code(0);
    assert!(!done.out().contains("/b.sock"), "{}", done.shown());
    assert_eq!(done.err(), "", "{}", done.shown());
    done.stdout_has("/a.sock");
}

#[test]
fn what_cannot_be_read_is_no_success() {
    if skipped_without_root("what_cannot_be_read_is_no_success") {
        return;
    }
    let mut world = World::new();
    world.directory("closed", 0o700);
    world.stream("closed/a.sock", 0o600);
    world.stream("b.sock", 0o600);
    let other = world.other().args(["policy", "init"]).arg(world.run());
    let done = other.run().code(3);
    done.stderr_has("closed").stdout_has("/b.sock");
}
