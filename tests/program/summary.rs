//! `audit --summary`: the figures without the list.

use serde_json::{Value, json};

use crate::support::{NOBODY, World, skipped_without_root};

fn world() -> World {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], max-mode: 0660, liveness: live, acl: forbid }");
    world.stream("a.sock", 0o666);
    world.stream("b.sock", 0o666);
    world.stale("c.sock", 0o600);
    world
}

#[test]
fn json_has_counts_in_place_of_lists() {
    let world = world();
    for format in ["json", "jsonl"] {
        let done = world
            .audit()
            .args(["--summary", "-f", format])
            .run()
            .code(1);
        let value: Value = serde_json::from_slice(&done.stdout).expect("one document");
        assert!(value.get("sockets").is_none() && value.get("findings").is_none());
        assert_eq!(value["summary"]["sockets"], 3);
        assert_eq!(
            value["codes"],
            json!([
                { "code": "mode-too-wide", "severity": "high", "count": 2 },
                { "code": "stale", "severity": "low", "count": 1 },
            ])
        );
        for key in ["roots", "policies", "notes", "skipped", "unreadable"] {
            assert!(value[key].is_array(), "{key}: {value}");
        }
        assert_eq!(done.out().lines().count() == 1, format == "jsonl");
    }
}

/// Who may not look at the processes of others cannot tell who listens, and says so.
#[test]
fn a_listener_that_cannot_be_seen_is_no_silent_pass() {
    let test = "a_listener_that_cannot_be_seen_is_no_silent_pass";
    if skipped_without_root(test) {
        return;
    }
    let mut world = World::new();
    world.rules(&format!(
        "- {{ id: app, paths: ['{{run}}/*.sock'], listener: {{ user: {NOBODY} }} }}"
    ));
    let path = world.stream("a.sock", 0o666);
    let report = world.audit_as_other().run().code(0).report();
    report.says(&path, &["not-probed"]);
    let message = report.finding("not-probed")["message"].to_string();
    assert!(message.contains("could not tell who listens"), "{message}");
    let human = world.audit_as_other().args(["--summary", "-f", "human"]);
    human.run().stdout_has("run it as root");
}

/// Without root a listener whose file is gone cannot be told from one that was renamed.
#[test]
fn ghosts_that_cannot_be_proved_are_noted() {
    if skipped_without_root("ghosts_that_cannot_be_proved_are_noted") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*.sock'], max-mode: 0666 }");
    let path = world.stream("a.sock", 0o666);
    std::fs::remove_file(&path).expect("the file can go");
    let notes = |done: &crate::support::Done| done.report().value["notes"].to_string();
    let done = world.audit_as_other().run().code(0);
    let said = notes(&done);
    assert!(said.contains("1 listener whose file may be gone"), "{said}");
    let done = world.audit().run();
    assert_eq!(notes(&done), "[]");
    done.report().says(&path, &["ghost"]);
}
