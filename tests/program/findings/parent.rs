use std::os::unix::fs::chown;

use crate::support::{NOBODY, World, skipped_without_root};

#[test]
fn parent_mode_too_wide() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**/*.sock'], parent: { max-mode: 0750 } }");
    world.directory("open", 0o755);
    world.directory("closed", 0o750);
    let fault = world.stream("open/a.sock", 0o600);
    let twin = world.stream("closed/a.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["parent-mode-too-wide"]);
    let subject = report.finding("parent-mode-too-wide")["path"].clone();
    assert!(
        fault
            .to_str()
            .expect("UTF-8")
            .starts_with(subject.as_str().expect("text"))
    );
    report.says(&twin, &[]);
}

/// Set-group-id and sticky are spoken of only where the policy has one of them.
#[test]
fn special_bits_of_a_directory_count_where_they_are_written() {
    let mut world = World::new();
    world.rules(
        "- { id: unsaid, paths: ['{run}/unsaid/*'], parent: { max-mode: 0775 } }\n\
         - { id: said, paths: ['{run}/said/*'], parent: { max-mode: 1775 } }",
    );
    world.directory("unsaid", 0o2775);
    world.directory("said", 0o2775);
    world.stream("unsaid/a.sock", 0o600);
    world.stream("said/a.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["parent-mode-too-wide"]);
    assert_eq!(report.finding("parent-mode-too-wide")["rule"], "said");
}

#[test]
fn parent_owner_mismatch() {
    if skipped_without_root("parent_owner_mismatch") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**/*.sock'], parent: { owner: root } }");
    let theirs = world.directory("theirs", 0o755);
    chown(&theirs, Some(NOBODY), None).expect("chown");
    world.directory("ours", 0o755);
    world.stream("theirs/a.sock", 0o600);
    let twin = world.stream("ours/a.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["parent-owner-mismatch"]);
    report.says(&twin, &[]);
}
