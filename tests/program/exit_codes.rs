//! 0, 1, 2 and 3, and what tells them apart.

use std::fs::File;

use crate::support::{Sockctl, World};

const TIGHT: &str = "- { id: app, paths: ['{run}/**'], max-mode: 0660, liveness: live }";

#[test]
fn nothing_to_say_is_0() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o660);
    let report = world.audit().run().code(0).no_stderr().report();
    report.verdict("pass");
    assert_eq!(report.value["summary"]["sockets"], 1);
}

#[test]
fn findings_are_1() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o666);
    world.audit().run().code(1).report().verdict("fail");
}

#[test]
fn fail_on_moves_the_threshold() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stale("stale.sock", 0o660);
    for (severity, code) in [("info", 1), ("low", 1), ("medium", 0), ("critical", 0)] {
        world.audit().args(["--fail-on", severity]).run().code(code);
    }
    world.stream("wide.sock", 0o666);
    for (severity, code) in [("medium", 1), ("high", 1), ("critical", 0)] {
        world.audit().args(["--fail-on", severity]).run().code(code);
    }
}

#[test]
fn a_rule_may_say_how_much_it_matters() {
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/*.sock'], max-mode: 0660, severity: { mode-too-wide: critical } }",
    );
    world.stream("a.sock", 0o666);
    world.audit().args(["--fail-on", "critical"]).run().code(1);
}

#[test]
fn no_socket_is_empty_and_no_pass() {
    let world = World::new();
    world.rules(TIGHT);
    world.audit().run().code(0).report().verdict("empty");
    let human = world.audit().args(["-f", "human"]).run().code(0);
    let text = human.out().to_lowercase();
    assert!(text.contains("no socket"), "{}", human.shown());
}

#[test]
fn a_place_that_is_not_there_is_3() {
    let world = World::new();
    world.rules(TIGHT);
    let done = world.audit().arg(world.path("gone")).run().code(3);
    done.report().verdict("incomplete");
    done.stdout_has("gone");
}

#[test]
fn a_place_that_cannot_be_read_is_3_unless_allowed() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.directory("closed", 0o000);
    world.stream("a.sock", 0o660);
    world
        .audit_as_other()
        .run()
        .code(3)
        .report()
        .verdict("incomplete");
    world
        .audit_as_other()
        .arg("--allow-unreadable")
        .run()
        .code(0)
        .report()
        .verdict("pass");
    // With findings too, 1 wins.
    world.stream("b.sock", 0o666);
    world.audit_as_other().run().code(1);
    world
        .audit_as_other()
        .args(["--fail-on", "critical"])
        .run()
        .code(3);
}

#[test]
fn wrong_usage_is_2_and_looks_at_nothing() {
    let world = World::new();
    world.rules(TIGHT);
    world
        .audit()
        .arg("--no-such-flag")
        .run()
        .code(2)
        .no_stdout();
    world
        .audit()
        .args(["--fail-on", "dire"])
        .run()
        .code(2)
        .no_stdout()
        .stderr_has("critical");
    world
        .audit()
        .args(["--jobs", "0"])
        .run()
        .code(2)
        .no_stdout();
    world
        .audit()
        .args(["--exclude", "[a"])
        .run()
        .code(2)
        .no_stdout();
    Sockctl::new()
        .arg("adit")
        .run()
        .code(2)
        .no_stdout()
        .stderr_has("audit");
    Sockctl::new().run().code(2);
    Sockctl::new()
        .args(["explain", "mode-to-wide"])
        .run()
        .code(2);
}

#[test]
fn an_answer_for_help_and_version_is_0() {
    Sockctl::new().arg("--help").run().code(0).no_stderr();
    Sockctl::new()
        .arg("--version")
        .run()
        .code(0)
        .stdout_has(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_policy_that_is_not_there_is_2() {
    let world = World::new();
    world.rules(TIGHT);
    world
        .audit()
        .arg("-p")
        .arg(world.root().join("gone.yaml"))
        .run()
        .code(2)
        .no_stdout()
        .stderr_has("gone.yaml");
}

/// `sockctl audit | head -1`: nobody is interested in the rest, and that is no error.
#[test]
fn a_closed_pipe_ends_it_silently() {
    let mut world = World::new();
    world.rules(TIGHT);
    for number in 0..50 {
        world.stream(format!("{number}.sock"), 0o666);
    }
    for format in ["human", "json", "jsonl"] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let done = world
            .audit()
            .args(["-f", format])
            .run_into(File::from(std::os::fd::OwnedFd::from(writer)))
            .no_stderr();
        assert_ne!(done.status.code(), Some(101), "{}", done.shown());
        assert_ne!(done.status.code(), Some(3), "{}", done.shown());
    }
}

#[test]
fn a_full_stdout_is_3_and_said() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o660);
    for format in ["human", "json", "jsonl"] {
        let full = File::options()
            .write(true)
            .open("/dev/full")
            .expect("/dev/full");
        world
            .audit()
            .args(["-f", format])
            .run_into(full)
            .code(3)
            .stderr_has("No space left on device");
    }
}

#[test]
fn global_options_before_and_after_the_command_add_up() {
    let mut world = World::new();
    world.stream("a.sock", 0o666);
    let before = world.file(
        "before.yaml",
        "version: 1\nrules:\n- { id: before, paths: ['{run}/*'], max-mode: 0777 }\n",
    );
    let after = world.file(
        "after.yaml",
        "version: 1\nrules:\n- { id: after, paths: ['{run}/*'], max-mode: 0660 }\n",
    );
    let done = Sockctl::new()
        .args(["--no-builtin", "-p"])
        .arg(&before)
        .arg("audit")
        .arg("-p")
        .arg(&after)
        .args(["-f", "json"])
        .arg(world.run())
        .run()
        .code(1);
    let report = done.report();
    assert_eq!(report.finding("mode-too-wide")["rule"], "after");
    let policies = report.value["policies"].to_string();
    let (first, second) = (policies.find("before.yaml"), policies.find("after.yaml"));
    assert!(first.is_some() && first < second, "{policies}");
}

#[test]
fn policies_come_from_the_environment_where_none_is_named() {
    let mut world = World::new();
    world.stream("a.sock", 0o666);
    world.file(
        "one.yaml",
        "version: 1\nrules:\n- { id: one, paths: ['{run}/*'], max-mode: 0777 }\n",
    );
    world.file(
        "two.yaml",
        "version: 1\nrules:\n- { id: two, paths: ['{run}/*'], max-mode: 0660 }\n",
    );
    let root = world.root().display().to_string();
    let report = Sockctl::new()
        .env("SOCKCTL_POLICY", format!("{root}/one.yaml:{root}/two.yaml"))
        .args(["audit", "-f", "json", "--no-builtin"])
        .arg(world.run())
        .run()
        .code(1)
        .report();
    assert_eq!(report.finding("mode-too-wide")["rule"], "two");
}
