use rustix::net::SocketType;

use crate::support::{World, skipped_without_root};

#[test]
fn stale() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: live }");
    let fault = world.stale("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    let report = world.audit().run().code(0).report();
    report.says(&fault, &["stale"]);
    report.says(&twin, &[]);
    assert_eq!(report.socket(&fault)["state"], "stale");
    assert_eq!(report.socket(&twin)["state"], "live");
    assert_eq!(report.finding("stale")["severity"], "low");
}

#[test]
fn a_stale_file_may_be_meant() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: any }");
    let placeholder = world.stale("placeholder.sock", 0o600);
    let report = world.audit().run().code(0).report();
    report.says(&placeholder, &[]);
}

/// The inode that a socket is bound to is shown to CAP_NET_ADMIN only.
#[test]
fn ghost() {
    if skipped_without_root("ghost") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: live }");
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    std::fs::remove_file(&fault).expect("the file goes, the listener stays");
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["ghost"]);
    report.says(&twin, &[]);
}

/// haproxy and supervisor bind under another name and rename; their kernel names lie.
#[test]
fn a_socket_that_was_renamed_is_no_ghost() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock*'], liveness: live }");
    let bound = world.stream("admin.sock.463.tmp", 0o600);
    let shown = world.path("admin.sock");
    std::fs::rename(bound, &shown).expect("rename");
    let report = world.audit().run().code(0).report();
    report.says_in_all(&[]);
    assert_eq!(report.socket(&shown)["state"], "live");
}

#[test]
fn saturated() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: live }");
    let fault = world.listener("fault.sock", 0o600, SocketType::STREAM, 1);
    let twin = world.listener("twin.sock", 0o600, SocketType::STREAM, 16);
    // listen(n) holds n + 1.
    assert!(world.client(&fault) && world.client(&fault));
    assert!(!world.client(&fault), "the backlog has an end");
    assert!(world.client(&twin) && world.client(&twin));
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["saturated"]);
    report.says(&twin, &[]);
    assert_eq!(report.socket(&fault)["queue"], 2);
    assert_eq!(report.socket(&fault)["backlog"], 1);
}

#[test]
fn abstract_open() {
    let mut world = World::new();
    let prefix = format!("sockctl-test-{}", std::process::id());
    world.rules(&format!(
        "- {{ id: all, paths: ['@{prefix}/*'], world: forbid }}\n\
         - {{ id: meant, paths: ['@{prefix}/twin'], world: allow }}"
    ));
    let fault = world.abstract_stream(&format!("{prefix}/fault"));
    let twin = world.abstract_stream(&format!("{prefix}/twin"));
    let report = world.audit().arg("--abstract").run().code(1).report();
    report.says(&fault, &["abstract-open"]);
    report.says(&twin, &[]);
    // Without the option nobody asks for them.
    world.audit().run().code(0).report().says_in_all(&[]);
}
