use std::os::unix::fs::chown;

use crate::support::{NOBODY, World, skipped_without_root};

#[test]
fn owner_mismatch() {
    if skipped_without_root("owner_mismatch") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], owner: root:root }");
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    chown(&fault, Some(NOBODY), None).expect("chown");
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["owner-mismatch"]);
    report.says(&twin, &[]);
    assert_eq!(report.finding("owner-mismatch")["severity"], "high");
}

#[test]
fn group_mismatch() {
    if skipped_without_root("group_mismatch") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], owner: '0:0' }");
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    chown(&fault, None, Some(NOBODY)).expect("chown");
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["group-mismatch"]);
    report.says(&twin, &[]);
}

/// One of a list is enough.
#[test]
fn one_owner_of_a_list_is_enough() {
    if skipped_without_root("one_owner_of_a_list_is_enough") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], owner: [root, 65500-65534, ':4242'] }");
    let fault = world.stream("fault.sock", 0o600);
    chown(&fault, Some(4711), Some(4711)).expect("chown");
    let by_range = world.stream("by-range.sock", 0o600);
    chown(&by_range, Some(NOBODY), None).expect("chown");
    let by_group = world.stream("by-group.sock", 0o600);
    chown(&by_group, Some(4711), Some(4242)).expect("chown");
    let report = world.audit().run().code(1).report();
    assert!(!report.findings(&fault).is_empty(), "{:#}", report.value);
    report.says(&by_range, &[]);
    report.says(&by_group, &[]);
}

#[test]
fn owner_unknown() {
    let mut world = World::new();
    let me = rustix::process::geteuid().as_raw();
    world.rules(&format!(
        "- {{ id: a, paths: ['{{run}}/fault.sock'], owner: no-such-user-4711 }}\n\
         - {{ id: b, paths: ['{{run}}/twin.sock'], owner: {me} }}"
    ));
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["owner-unknown"]);
    report.says(&twin, &[]);
}
