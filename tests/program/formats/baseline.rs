//! `audit --baseline`: only what is new.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use super::{ODD, TIGHT, audit, world};
use crate::support::{NOBODY, Sockctl, World, chmod, skipped_without_root};

/// A report of now, beside run/.
fn report(world: &World) -> std::path::PathBuf {
    let done = world.audit().run();
    world.file("old.json", &done.out())
}

fn against(world: &World, baseline: &std::path::Path) -> Sockctl {
    world.audit().arg("--baseline").arg(baseline)
}

#[test]
fn what_was_there_is_known_and_what_comes_is_new() {
    let mut world = world();
    let old = report(&world);
    let done = against(&world, &old).run().code(0).no_stderr();
    let now = done.report();
    now.verdict("pass");
    assert_eq!(now.value["summary"]["known"], ODD.len() + 1);
    assert_eq!(now.value["summary"]["findings"]["high"], 0);
    assert_eq!(now.value["summary"]["waived"], 1);
    now.says_in_all(&["mode-too-wide"]);
    assert!(!now.finding("mode-too-wide")["waived"].is_null());

    let new = world.stream("new.sock", 0o666);
    let worse = world.path(OsStr::from_bytes(ODD[0]));
    chmod(&worse, 0o777);
    let better = world.path(OsStr::from_bytes(ODD[3]));
    chmod(&better, 0o662);
    let now = against(&world, &old).run().code(1).report();
    now.verdict("fail");
    assert_eq!(now.value["summary"]["known"], ODD.len() - 1);
    assert_eq!(now.value["summary"]["findings"]["high"], 3);
    for path in [new, worse, better] {
        now.says(&path, &["mode-too-wide"]);
    }
}

#[test]
fn every_format_counts_what_is_known() {
    let world = world();
    let old = report(&world);
    let known = ODD.len() + 1;
    for (format, said) in [
        (
            "human",
            format!("no new findings; 1 waived (see -v); {known} known\n"),
        ),
        ("jsonl", format!(r#""known":{known}"#)),
        ("sarif", format!(r#""known": {known}"#)),
        (
            "junit",
            format!(r#"<property name="known" value="{known}"/>"#),
        ),
        (
            "prometheus",
            format!("\nsockctl_audit_known_findings {known}\n"),
        ),
        ("nagios", format!(" known={known};;;0 ")),
    ] {
        let done = against(&world, &old).args(["-f", format]).run().code(0);
        done.stdout_has(&said);
    }
    let before = world.audit().run().code(1).report();
    assert!(before.value["summary"]["known"].is_null());
    let new = world.path(OsStr::from_bytes(ODD[0]));
    chmod(&new, 0o777);
    let sarif = against(&world, &old).args(["-f", "sarif"]).run().code(1);
    let run: serde_json::Value = serde_json::from_slice(&sarif.stdout).expect("JSON");
    for result in run["runs"][0]["results"].as_array().expect("results") {
        let waived = result["suppressions"].get(0).is_some();
        let state = result["baselineState"].as_str();
        assert_eq!(state, (!waived).then_some("new"), "{result:#}");
    }
}

#[test]
fn a_waiver_that_is_over_is_not_known() {
    let mut world = World::new();
    let policy = |until: &str| {
        format!(
            "version: 1\nrules:\n{TIGHT}\nwaivers:\n- {{ finding: mode-too-wide, \
             paths: ['{{run}}/a.sock'], until: {until}, reason: r }}\n"
        )
    };
    world.policy(&policy("2999-01-01"));
    world.stream("a.sock", 0o666);
    let old = report(&world);
    world.policy(&policy("2020-01-01"));
    let now = against(&world, &old).run().code(1).report();
    now.says(&world.path("a.sock"), &["mode-too-wide", "waiver-expired"]);
}

#[test]
fn what_is_no_baseline_is_2_with_the_place() {
    let world = world();
    let lines = audit(&world, "jsonl").run().out();
    let summary = world.audit().arg("--summary").run().out();
    let list = Sockctl::new()
        .args(["list", "-f", "json"])
        .arg(world.run())
        .run()
        .out();
    let old = report(&world);
    let second = against(&world, &old).run().out();
    for (name, text, why) in [
        (
            "broken",
            "{\n  \"schema\": 1,\n  oops }".to_owned(),
            "line 3 column 3",
        ),
        (
            "half",
            "{ \"schema\": 1,\n \"findings\": [\n{} ]}".to_owned(),
            "line 3 column",
        ),
        (
            "schema",
            "{\"schema\": 7, \"findings\": []}".to_owned(),
            "schema is 7",
        ),
        ("lines", lines, "missing field `schema` at line 1"),
        ("summary", summary, "--summary"),
        ("list", list, "no findings"),
        ("second", second, "made with --baseline"),
    ] {
        let file = world.file(name, &text);
        let done = against(&world, &file).run().code(2).no_stdout();
        done.stderr_has(why)
            .stderr_has(name)
            .stderr_has("nothing was looked at");
    }
    against(&world, &world.root().join("gone"))
        .run()
        .code(2)
        .no_stdout()
        .stderr_has("there is no such file");
    against(&world, &world.run())
        .run()
        .code(2)
        .stderr_has("a directory");
}

#[test]
fn root_takes_no_baseline_of_anybody() {
    if skipped_without_root("root_takes_no_baseline_of_anybody") {
        return;
    }
    let world = world();
    let old = report(&world);
    std::os::unix::fs::chown(&old, Some(NOBODY), None).expect("chown");
    let done = against(&world, &old).run().code(2).no_stdout();
    done.stderr_has("user 65534 owns it");
    against(&world, &old).arg("--trust-policy").run().code(0);
    std::os::unix::fs::chown(&old, Some(0), None).expect("chown");
    std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o666)).expect("chmod");
    against(&world, &old)
        .run()
        .code(2)
        .stderr_has("everyone can write to it");
}
