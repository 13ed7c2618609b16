use rustix::net::SocketType;

use crate::support::World;

#[test]
fn mode_too_wide() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0660 }");
    let fault = world.stream("fault.sock", 0o666);
    let twin = world.stream("twin.sock", 0o660);
    let report = world.audit().run().code(1).report();
    report.says(&fault, &["mode-too-wide"]);
    report.says(&twin, &[]);
    let finding = report.finding("mode-too-wide");
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["actual"], "0666");
    assert_eq!(finding["expected"], "0660");
    assert_eq!(finding["rule"], "app");
    let source = finding["source"].as_str().expect("the place of the rule");
    assert!(source.ends_with("policy.yaml:3"), "{source}");
    let fix = finding["fix"].as_str().expect("a line to paste");
    let command = format!("chmod 0660 {}", fault.display());
    assert!(fix.ends_with(&command), "{fix}");
}

/// `r` and `x` let nobody in.
#[test]
fn bits_that_let_nobody_in_are_low() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0660 }");
    let fault = world.stream("fault.sock", 0o755);
    let report = world.audit().run().code(0).report();
    report.says(&fault, &["mode-too-wide"]);
    assert_eq!(report.finding("mode-too-wide")["severity"], "low");
}

/// Compared bit by bit: a smaller number may be wider, and a larger one need not be.
#[test]
fn modes_are_compared_bit_by_bit() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0660 }");
    let smaller = world.stream("smaller.sock", 0o606);
    let stricter = world.stream("stricter.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&smaller, &["mode-too-wide"]);
    report.says(&stricter, &[]);
}

#[test]
fn mode_mismatch() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], mode: 0660 }");
    let fault = world.stream("fault.sock", 0o600);
    let twin = world.stream("twin.sock", 0o660);
    let report = world.audit().run().code(0).report();
    report.says(&fault, &["mode-mismatch"]);
    report.says(&twin, &[]);
    assert_eq!(report.finding("mode-mismatch")["severity"], "low");
}

#[test]
fn type_mismatch() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], type: stream }");
    let datagram = world.datagram("datagram.sock", 0o600);
    let packets = world.listener("packets.sock", 0o600, SocketType::SEQPACKET, 16);
    let twin = world.stream("twin.sock", 0o600);
    let report = world.audit().run().code(1).report();
    report.says(&datagram, &["type-mismatch"]);
    report.says(&packets, &["type-mismatch"]);
    report.says(&twin, &[]);
    assert_eq!(report.findings(&datagram)[0]["actual"], "dgram");
    assert_eq!(report.findings(&packets)[0]["actual"], "seqpacket");
}
