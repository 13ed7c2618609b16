use crate::support::{NOBODY, World};

#[test]
fn listener_mismatch() {
    let mut world = World::new();
    // It is this process that listens.
    let ours = std::env::current_exe().expect("this test's own program");
    world.rules(&format!(
        "- {{ id: fault, paths: ['{{run}}/fault.sock'], listener: {{ exe: [/usr/bin/other] }} }}\n\
         - {{ id: twin, paths: ['{{run}}/twin.sock'], listener: {{ exe: ['{}'] }} }}",
        ours.display()
    ));
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["listener-mismatch"]);
    report.says(&twin, &[]);
    let listener = &report.socket(&fault)["listener"];
    assert_eq!(listener["pid"], std::process::id());
    assert_eq!(listener["exe"].as_str(), ours.to_str());
}

#[test]
fn the_user_who_listens_is_compared() {
    let mut world = World::new();
    let me = rustix::process::geteuid().as_raw();
    let other = if me == NOBODY { 4711 } else { NOBODY };
    world.rules(&format!(
        "- {{ id: fault, paths: ['{{run}}/fault.sock'], listener: {{ user: {other} }} }}\n\
         - {{ id: twin, paths: ['{{run}}/twin.sock'], listener: {{ user: {me} }} }}"
    ));
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["listener-mismatch"]);
    report.says(&twin, &[]);
}

/// Nobody looks through /proc where no rule and no option asks for it.
#[test]
fn the_listener_is_null_unless_it_is_asked_for() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0660 }");
    let path = world.stream("a.sock", 0o600);
    let report = world.audit().run().code(0).report();
    assert!(report.socket(&path)["listener"].is_null());
    let report = world.audit().arg("--holders").run().code(0).report();
    assert_eq!(report.socket(&path)["listener"]["pid"], std::process::id());
}
