use crate::support::World;

#[test]
fn required_missing() {
    let mut world = World::new();
    world.rules(
        "- { id: fault, paths: ['{run}/fault-*.sock'], presence: required }\n\
         - { id: twin, paths: ['{run}/twin-*.sock'], presence: required }",
    );
    world.stream("twin-1.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["required-missing"]);
    assert_eq!(report.finding("required-missing")["rule"], "fault");
    assert_eq!(report.finding("required-missing")["severity"], "high");
}

/// What lies outside of the audited directories is not asked for.
#[test]
fn what_is_required_elsewhere_is_not_missed() {
    let mut world = World::new();
    world.rules("- { id: other, paths: [/nowhere/else.sock], presence: required }");
    world.stream("a.sock", 0o600);
    world.audit().run().code(0).report().says_in_all(&[]);
}

#[test]
fn forbidden_present() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/debug*.sock'], presence: forbidden }");
    let fault = world.stream("debug.sock", 0o600);
    let twin = world.stream("app.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["forbidden-present"]);
    report.says(&twin, &[]);
}
