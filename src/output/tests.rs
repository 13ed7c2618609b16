mod formats;

use std::collections::BTreeSet;
use std::io;

use serde_json::Value;

use super::fixture::{TestNames, empty, report, run};
use super::human::{audit, explain, list, policy};
use super::style::Style;
use super::{json, jsonl};
use crate::model::untrusted::is_showable;
use crate::model::{Code, Report, Severity, Survey};

fn text(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

const PLAIN: Option<usize> = None;

fn human(report: &Report, style: Style, verbose: bool) -> String {
    with_view(report, style, verbose, audit::write)
}

fn with_view(
    report: &Report,
    style: Style,
    verbose: bool,
    write: fn(&mut dyn io::Write, &audit::View<'_>) -> io::Result<()>,
) -> String {
    let fail_on = Severity::Medium;
    let summary = report.summary(fail_on, false);
    let view = audit::View {
        report,
        summary: &summary,
        fail_on,
        names: &TestNames,
        style,
        verbose,
    };
    text(|out| write(out, &view))
}

#[test]
fn audit_for_people() {
    insta::assert_snapshot!(human(&report(), Style::new(false, PLAIN), false));
}

#[test]
fn audit_for_people_in_colour_with_waived_findings() {
    let colored = human(&report(), Style::new(true, Some(80)), true);
    insta::assert_snapshot!(colored.replace('\u{1b}', "^"));
}

#[test]
fn audit_for_people_on_a_narrow_terminal() {
    insta::assert_snapshot!(human(&report(), Style::new(false, Some(50)), false));
}

#[test]
fn audit_of_nothing() {
    insta::assert_snapshot!(human(&empty(), Style::new(false, PLAIN), false));
}

#[test]
fn summary_of_an_audit() {
    let style = Style::new(false, PLAIN);
    insta::assert_snapshot!(with_view(&report(), style, false, audit::write_summary));
}

#[test]
fn verdicts_in_words() {
    let last = |report: &Report| {
        let report = human(report, Style::new(false, PLAIN), false);
        report.lines().last().unwrap().to_owned()
    };
    let mut report = report();
    report.findings.clear();
    assert_eq!(last(&report), "INCOMPLETE: 1 place could not be looked at");
    report.survey.unreadable.clear();
    assert_eq!(last(&report), "PASS: nothing at medium or above");
}

#[test]
fn inventory_for_people() {
    let survey = report().survey;
    let plain = Style::new(false, PLAIN);
    insta::assert_snapshot!(text(|out| list::write(out, &survey, &TestNames, plain)));
}

#[test]
fn inventory_in_colour_without_other_namespaces() {
    let mut survey = report().survey;
    survey.sockets.retain(|socket| socket.netns.is_none());
    let colored = text(|out| list::write(out, &survey, &TestNames, Style::new(true, PLAIN)));
    insta::assert_snapshot!(colored.replace('\u{1b}', "^"));
}

#[test]
fn inventory_of_nothing() {
    let none = Survey::default();
    let plain = Style::new(false, PLAIN);
    assert_eq!(
        text(|out| list::write(out, &none, &TestNames, plain)),
        "no socket found\n"
    );
}

#[test]
fn nothing_reaches_the_terminal_as_it_is() {
    let report = human(&report(), Style::new(false, PLAIN), true);
    assert!(
        report
            .chars()
            .all(|character| character == '\n' || is_showable(character))
    );
}

#[test]
fn audit_as_json() {
    let report = report();
    let summary = report.summary(Severity::Medium, false);
    let document = text(|out| json::audit(out, &run(), &report, &summary, &TestNames));
    let value: Value = serde_json::from_str(&document).unwrap();
    let hex = "2f72756e2f6576696c1b5b33316d0aff206e616d652e736f636b";
    assert_eq!(value["sockets"][2]["path_hex"], hex);
    insta::assert_snapshot!(document);
}

/// The order of keys in a document, as it is written.
fn keys(document: &str) -> Vec<String> {
    let members = document.lines().filter(|line| line.starts_with("  \""));
    members
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        .collect()
}

#[test]
fn the_documents_begin_with_the_fields_of_the_manual_in_its_order() {
    let report = report();
    let summary = report.summary(Severity::Medium, false);
    let document = text(|out| json::audit(out, &run(), &report, &summary, &TestNames));
    let manual = [
        "schema",
        "sockctl",
        "host",
        "time",
        "duration_ms",
        "roots",
        "policies",
        "summary",
        "sockets",
        "findings",
    ];
    assert!(keys(&document).starts_with(&manual.map(str::to_owned)));
}

#[test]
fn empty_arrays_stay_on_their_line() {
    let report = empty();
    let summary = report.summary(Severity::Medium, false);
    let document = text(|out| json::audit(out, &run(), &report, &summary, &TestNames));
    assert!(document.contains("  \"sockets\": [],\n"), "{document}");
    let value: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(value["summary"]["verdict"], "empty");
}

#[test]
fn audit_as_lines() {
    let report = report();
    let summary = report.summary(Severity::Medium, false);
    let lines = text(|out| jsonl::audit(out, &run(), &report, &summary, &TestNames));
    let kinds: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].to_string())
        .collect();
    assert_eq!(kinds.last().unwrap(), "\"summary\"");
    let sockets = kinds.iter().filter(|kind| *kind == "\"socket\"").count();
    assert_eq!(sockets, report.survey.sockets.len());
    insta::assert_snapshot!(lines);
}

#[test]
fn inventory_as_json_and_lines_agree() {
    let survey = report().survey;
    let document = text(|out| json::list(out, &run(), &survey, &TestNames));
    let lines = text(|out| jsonl::list(out, &run(), &survey, &TestNames));
    let document: Value = serde_json::from_str(&document).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(document["sockets"][0]["path"], first["path"]);
    assert_eq!(document["sockets"][0]["rules"], Value::Null);
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["kind"], "summary");
    assert_eq!(last["skipped"], document["skipped"]);
}

#[test]
fn a_page_for_people() {
    let page = "# What it says\n\nThe mode is wider than `mode`, which is a sentence that is long \
                enough\nfor a second line.\n\nAnother.\n\n# Example\n\n```console\n/run/a.sock\n  high\n```\n\n\
                # References\n\n- unix(7), \"Pathname sockets\", which is long enough for a second line too\n\
                - A title:\n  <https://example.org/>\n";
    insta::assert_snapshot!(explain::render(
        Code::ModeTooWide,
        page,
        Style::new(false, PLAIN)
    ));
}

#[test]
fn policy_commands_for_people() {
    let plain = Style::new(false, PLAIN);
    let rule = |id: &str| policy::RuleRow {
        id: id.to_owned(),
        place: "site.yaml:12".to_owned(),
        pattern: "/run/app/*.sock".to_owned(),
        description: "The application".to_owned(),
    };
    let key = |key: &str, value: &str| policy::KeyRow {
        key: key.to_owned(),
        value: value.to_owned(),
        rule: "app".to_owned(),
        place: "site.yaml:14".to_owned(),
    };
    let answer = policy::Explanation {
        path: b"/run/app/a.sock",
        rules: vec![rule("baseline"), rule("app")],
        keys: vec![
            key("mode", "0660"),
            key("parent.owner", "app or root"),
            key("world", "forbid"),
        ],
        notes: vec!["not judged yet: world".to_owned()],
    };
    let nothing = policy::Explanation {
        rules: Vec::new(),
        keys: Vec::new(),
        notes: Vec::new(),
        ..answer.clone()
    };
    let test = policy::TestRow {
        name: "a world-writable socket is refused".to_owned(),
        place: "site.yaml:30".to_owned(),
        ..policy::TestRow::default()
    };
    let failed = policy::TestRow {
        missing: vec!["stale".to_owned()],
        surplus: vec!["ghost".to_owned(), "saturated".to_owned()],
        said: vec!["ghost: its file has no name any more".to_owned()],
        ..test.clone()
    };
    let list = [policy::PolicyRow {
        name: "builtin:default".to_owned(),
        rules: 12,
        description: "What holds everywhere".to_owned(),
    }];
    let all = [
        text(|out| policy::explain(out, &answer, plain)),
        text(|out| policy::explain(out, &nothing, plain)),
        text(|out| policy::list(out, &list, plain)),
        text(|out| policy::tests(out, &[test, failed], plain, true)),
    ];
    insta::assert_snapshot!(all.join("----\n"));
}

#[test]
fn every_line_keeps_within_the_terminal_unless_it_is_to_be_pasted_or_a_path() {
    let long: BTreeSet<String> = human(&report(), Style::new(false, PLAIN), true)
        .lines()
        .filter(|line| unicode_width::UnicodeWidthStr::width(*line) > 80)
        .map(str::to_owned)
        .collect();
    assert!(long.iter().all(|line| line.contains("try: ")), "{long:#?}");
}
