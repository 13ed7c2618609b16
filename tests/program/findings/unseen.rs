use crate::support::{World, chmod, skipped_without_root};

#[test]
fn not_probed() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], liveness: live }");
    // Without w nobody but root can ask, and the kernel lists only what is live.
    let fault = world.stale("fault.sock", 0o444);
    let twin = world.stale("twin.sock", 0o666);
    let report = world.audit_as_other().run().code(0).report();
    report.says(&fault, &["not-probed"]);
    report.says(&twin, &["stale"]);
    assert_eq!(report.socket(&fault)["state"], "denied");
    assert_eq!(report.finding("not-probed")["severity"], "info");
}

#[test]
fn unreadable() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0660 }");
    world.stream("a.sock", 0o600);
    let closed = world.directory("closed", 0o000);
    let report = world.audit_as_other().run().code(3).report();
    report.says(&closed, &["unreadable"]);
    report.verdict("incomplete");
    assert_eq!(report.value["summary"]["unreadable"], 1);

    chmod(&closed, 0o755);
    let report = world.audit_as_other().run().code(0).report();
    report.says(&closed, &[]);
    report.verdict("pass");
}

/// What root may not read either is rare; what it may is no finding.
#[test]
fn root_reads_what_has_no_mode() {
    if skipped_without_root("root_reads_what_has_no_mode") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0660 }");
    world.directory("closed", 0o000);
    let path = world.stream("closed/a.sock", 0o600);
    let report = world.audit().run().code(0).report();
    report.says(&path, &[]);
    assert_eq!(report.socket(&path)["state"], "live");
}
