use crate::support::World;

fn policy_with(waiver: &str) -> String {
    format!(
        "version: 1\n\
         rules:\n\
         - {{ id: app, paths: ['{{run}}/*.sock'], max-mode: 0660 }}\n\
         waivers:\n\
         - {{ finding: mode-too-wide, paths: ['{{run}}/{waiver}, reason: ticket 4711 }}\n"
    )
}

#[test]
fn waiver_expired() {
    let mut world = World::new();
    let path = world.stream("a.sock", 0o666);
    world.policy(&policy_with("a.sock'], until: 2020-02-29"));
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["mode-too-wide", "waiver-expired"]);
    assert!(report.finding("mode-too-wide")["waived"].is_null());

    world.policy(&policy_with("a.sock'], until: 2999-12-31"));
    let report = world.audit().run().code(0).report();
    report.says(&path, &["mode-too-wide"]);
    let waived = report.finding("mode-too-wide")["waived"].clone();
    assert!(waived.to_string().contains("ticket 4711"), "{waived}");
    assert_eq!(report.value["summary"]["waived"], 1);
    assert_eq!(report.value["summary"]["findings"]["high"], 0);
}

#[test]
fn waiver_unused() {
    let mut world = World::new();
    world.stream("a.sock", 0o666);
    world.policy(&policy_with("b.sock']"));
    let report = world.audit().run().code(1).report();
    report.says_in_all(&["mode-too-wide", "waiver-unused"]);
    assert_eq!(report.finding("waiver-unused")["severity"], "info");

    world.policy(&policy_with("*.sock']"));
    let report = world.audit().run().code(0).report();
    report.says_in_all(&["mode-too-wide"]);
}
