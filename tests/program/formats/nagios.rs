//! `audit -f nagios`: one line, figures, and the exit status of a plugin.

use super::{ODD, TIGHT, audit, world};
use crate::support::{Done, Sockctl, World};

/// The first line, without the figures, and the figures.
#[track_caller]
fn first(done: &Done) -> (String, Vec<(String, String)>) {
    let text = done.out();
    let line = text.lines().next().expect("a line").to_owned();
    assert_eq!(
        text.matches('|').count(),
        line.matches('|').count(),
        "{text}"
    );
    let (said, figures) = line.split_once(" | ").expect("figures");
    assert!(!figures.contains('|'), "{line}");
    let figure = |word: &str| {
        let (label, value) = word.split_once('=').expect("label=value");
        let parts: Vec<&str> = value.split(';').collect();
        assert_eq!(parts.len(), 4, "value;warn;crit;min: {word}");
        (label.to_owned(), parts[0].to_owned())
    };
    (said.to_owned(), figures.split(' ').map(figure).collect())
}

#[test]
fn the_worst_that_counts_decides() {
    for (mode, severity, fail_on, code, word) in [
        (0o660, "medium", "medium", 0, "OK"),
        (0o666, "info", "info", 1, "WARNING"),
        (0o666, "low", "medium", 0, "OK"),
        (0o666, "low", "low", 1, "WARNING"),
        (0o666, "medium", "medium", 1, "WARNING"),
        (0o666, "medium", "high", 0, "OK"),
        (0o666, "high", "medium", 2, "CRITICAL"),
        (0o666, "high", "critical", 0, "OK"),
        (0o666, "critical", "critical", 2, "CRITICAL"),
    ] {
        let mut world = World::new();
        world.rules(&format!(
            "- {{ id: app, paths: ['{{run}}/*'], max-mode: 0660, severity: {severity} }}"
        ));
        world.stream("a.sock", mode);
        let done = audit(&world, "nagios")
            .args(["--fail-on", fail_on])
            .run()
            .code(code);
        let (said, _) = first(&done);
        assert!(said.starts_with(&format!("SOCKCTL {word} - ")), "{said}");
    }
}

#[test]
fn a_line_and_figures_whatever_the_names_are() {
    let done = audit(&world(), "nagios").run().code(2).no_stderr();
    let (said, figures) = first(&done);
    let expected = format!(
        "{} findings at medium or above in 10 sockets: mode-too-wide /",
        ODD.len()
    );
    assert!(said.contains(&expected), "{said}");
    let figure = |label: &str| {
        let found = figures.iter().find(|(it, _)| it == label);
        let (_, value) = found.unwrap_or_else(|| panic!("{label}: {figures:?}"));
        value.clone()
    };
    assert_eq!(figure("sockets"), "10");
    assert_eq!(figure("high"), ODD.len().to_string());
    assert_eq!(figure("low"), "1");
    assert_eq!(figure("waived"), "1");
    assert!(figure("time").ends_with('s'));
    assert_eq!(
        done.out().lines().count(),
        1 + ODD.len(),
        "{}",
        done.shown()
    );
    let short = audit(&world(), "nagios").arg("--summary").run().code(2);
    assert_eq!(short.out().lines().count(), 1, "{}", short.shown());
}

#[test]
fn a_long_answer_keeps_within_what_agents_read() {
    let mut world = World::new();
    world.rules(TIGHT);
    for index in 0..100 {
        world.stream(format!("{index:03}-{}", "x".repeat(40)), 0o666);
    }
    let done = audit(&world, "nagios").run().code(2);
    assert!(done.stdout.len() <= 4000, "{}", done.stdout.len());
    assert!(done.out().lines().count() > 20, "{}", done.shown());
    let lines = done.out().lines().count();
    let last = format!("and {} more: ", 100 - (lines - 2));
    assert!(
        done.out()
            .lines()
            .last()
            .expect("a line")
            .starts_with(&last),
        "{}",
        done.shown()
    );
}

#[test]
fn no_answer_is_unknown() {
    let world = World::new();
    world.rules(TIGHT);
    let done = audit(&world, "nagios")
        .arg(world.path("gone"))
        .run()
        .code(3);
    let (said, _) = first(&done);
    assert!(
        said.starts_with("SOCKCTL UNKNOWN - 1 place could not be looked at"),
        "{said}"
    );
    done.stdout_has("/gone: ");
    audit(&world, "nagios")
        .arg(world.path("gone"))
        .arg("--allow-unreadable")
        .run()
        .code(0)
        .stdout_has("SOCKCTL OK - no socket found | ");
    for wrong in [
        &["--no-such-flag"][..],
        &["--fail-on", "dire"],
        &["-p", "/nowhere/|x.yaml"],
    ] {
        let done = audit(&world, "nagios").args(wrong).run().code(3);
        assert!(
            done.out().starts_with("SOCKCTL UNKNOWN - "),
            "{}",
            done.shown()
        );
        assert_eq!(done.out().lines().count(), 1, "{}", done.shown());
        assert!(!done.out().contains('|'), "{}", done.shown());
        assert!(!done.stderr.is_empty(), "{}", done.shown());
    }
    Sockctl::new()
        .args(["audit", "-f", "nagios", "--help"])
        .run()
        .code(0);
}
