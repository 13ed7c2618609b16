//! `audit -f prometheus`, read by promtool.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{ODD, TIGHT, audit, fed, world};
use crate::support::{Done, World};

#[track_caller]
fn value(done: &Done, series: &str) -> f64 {
    let text = done.out();
    let found: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .collect();
    assert_eq!(found.len(), 1, "{series}\n{text}");
    found[0].parse().expect("a number")
}

#[track_caller]
fn has(done: &Done, series: &str, number: usize) {
    let found = value(done, series);
    assert!(
        (found - f64::from(u32::try_from(number).expect("a small number"))).abs() < 0.1,
        "{series} is {found}, and should be {number}\n{}",
        done.shown()
    );
}

#[test]
fn promtool_has_nothing_to_say() {
    let empty = World::new();
    empty.rules(TIGHT);
    let baseline = empty.file("old.json", r#"{"schema":1,"findings":[]}"#);
    for done in [
        audit(&world(), "prometheus").run().code(1).no_stderr(),
        audit(&empty, "prometheus").run().code(0).no_stderr(),
        audit(&empty, "prometheus")
            .arg("--baseline")
            .arg(baseline)
            .run()
            .code(0),
    ] {
        let test = "promtool_has_nothing_to_say";
        let said = fed(test, "promtool", &["check", "metrics"], &done.stdout);
        assert_eq!(said.unwrap_or_default(), b"");
    }
}

#[test]
fn figures_that_an_alarm_can_go_by() {
    let begin = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    let done = audit(&world(), "prometheus").run().code(1);
    has(
        &done,
        r#"sockctl_audit_sockets{state="live"}"#,
        ODD.len() + 2,
    );
    has(&done, r#"sockctl_audit_sockets{state="stale"}"#, 1);
    has(&done, r#"sockctl_audit_sockets{state="ghost"}"#, 0);
    let wide = r#"sockctl_audit_findings{code="mode-too-wide",severity="high"}"#;
    has(&done, wide, ODD.len());
    has(
        &done,
        r#"sockctl_audit_findings{code="stale",severity="low"}"#,
        1,
    );
    has(
        &done,
        r#"sockctl_audit_findings{code="ghost",severity="medium"}"#,
        0,
    );
    has(&done, "sockctl_audit_waived_findings", 1);
    has(&done, r#"sockctl_audit_verdict{verdict="fail"}"#, 1);
    has(&done, r#"sockctl_audit_verdict{verdict="pass"}"#, 0);
    let last = value(&done, "sockctl_audit_last_run_timestamp_seconds");
    assert!((last - begin.as_secs_f64()).abs() < 60.0, "{last}");
    assert!(!done.out().contains("audit_known"), "{}", done.shown());
}

#[test]
fn a_severity_of_a_rule_is_a_series_of_its_own() {
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/*'], max-mode: 0660, severity: { mode-too-wide: critical } }",
    );
    world.stream("a.sock", 0o666);
    let done = audit(&world, "prometheus").run().code(1);
    has(
        &done,
        r#"sockctl_audit_findings{code="mode-too-wide",severity="critical"}"#,
        1,
    );
    has(
        &done,
        r#"sockctl_audit_findings{code="mode-too-wide",severity="high"}"#,
        0,
    );
}

/// As many series for two sockets as for two hundred.
#[test]
fn the_number_of_series_depends_on_nothing_that_is_there() {
    let series = |number: usize| {
        let mut world = World::new();
        world.rules(TIGHT);
        for index in 0..number {
            world.stream(format!("{index}.sock"), 0o666);
        }
        let text = audit(&world, "prometheus").run().code(1).out();
        let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(name).collect::<Vec<_>>()
    };
    assert_eq!(series(2), series(200));
}

#[test]
fn nothing_and_incomplete_are_verdicts_of_their_own() {
    let world = World::new();
    world.rules(TIGHT);
    let done = audit(&world, "prometheus").run().code(0);
    has(&done, r#"sockctl_audit_verdict{verdict="empty"}"#, 1);
    has(&done, r#"sockctl_audit_verdict{verdict="pass"}"#, 0);
    let done = audit(&world, "prometheus")
        .arg(world.path("gone"))
        .run()
        .code(3);
    has(&done, r#"sockctl_audit_verdict{verdict="incomplete"}"#, 1);
    has(&done, "sockctl_audit_unreadable_places", 1);
}
