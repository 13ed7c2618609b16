//! `audit -f junit`, read by an XML parser.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use serde_json::Value;

use super::{ODD, PYTHON, TIGHT, audit, fed, world};
use crate::support::{Done, World};

/// Expat refuses what is not well-formed XML 1.0, every forbidden character included.
const PARSE: &str = "\
import json, sys, xml.etree.ElementTree as tree
def plain(e):
    return {'tag': e.tag, 'text': (e.text or '').strip(), **e.attrib, 'in': [plain(c) for c in e]}
json.dump(plain(tree.fromstring(sys.stdin.buffer.read())), sys.stdout)
";

fn parsed(test: &str, done: &Done) -> Option<Value> {
    let json = fed(test, PYTHON, &["-c", PARSE], &done.stdout)?;
    Some(serde_json::from_slice(&json).expect("JSON"))
}

fn inner<'v>(value: &'v Value, tag: &str) -> Vec<&'v Value> {
    let all = value["in"].as_array().into_iter().flatten();
    all.filter(|it| it["tag"] == tag).collect()
}

/// Every case; the figures of its suite and of the whole agree with them.
#[track_caller]
fn cases(root: &Value) -> Vec<&Value> {
    assert_eq!(root["tag"], "testsuites");
    let suites = inner(root, "testsuite");
    for suite in suites.iter().chain([&root]) {
        let cases: Vec<&Value> = match suite["tag"].as_str() {
            Some("testsuite") => inner(suite, "testcase"),
            _ => suites.iter().flat_map(|it| inner(it, "testcase")).collect(),
        };
        let with = |tag: &str| cases.iter().filter(|it| !inner(it, tag).is_empty()).count();
        let figures = [
            ("tests", cases.len()),
            ("failures", with("failure")),
            ("errors", with("error")),
            ("skipped", with("skipped")),
        ];
        for (attribute, number) in figures {
            assert_eq!(
                suite[attribute],
                number.to_string(),
                "{attribute} of {suite:#}"
            );
        }
    }
    suites.iter().flat_map(|it| inner(it, "testcase")).collect()
}

fn named<'v>(cases: &[&'v Value], name: &str) -> &'v Value {
    let has = |case: &&&Value| case["name"].as_str().is_some_and(|it| it.ends_with(name));
    let found: Vec<_> = cases.iter().filter(has).collect();
    assert_eq!(found.len(), 1, "{name}: {cases:#?}");
    found[0]
}

#[test]
fn a_socket_is_a_case() {
    let world = world();
    let done = audit(&world, "junit").run().code(1).no_stderr();
    let Some(root) = parsed("a_socket_is_a_case", &done) else {
        return;
    };
    let cases = cases(&root);
    assert_eq!(cases.len(), ODD.len() + 3);
    assert_eq!(
        inner(&root, "testsuite")[0]["name"],
        world.run().to_str().expect("text")
    );
    assert_eq!(named(&cases, "/fine.sock")["in"], Value::Array(Vec::new()));
    let stale = named(&cases, "/stale.sock");
    assert!(inner(stale, "failure").is_empty());
    let aside = inner(stale, "system-out")[0]["text"]
        .as_str()
        .expect("text");
    assert!(
        aside.contains("low stale: nothing is bound to it"),
        "{aside}"
    );
    let legacy = named(&cases, "/legacy.sock");
    let why = inner(legacy, "skipped")[0]["message"]
        .as_str()
        .expect("text");
    assert!(why.ends_with("ticket <4711> | [x](y)"), "{why}");
    for name in ODD {
        let path = world.path(OsStr::from_bytes(name));
        let shown = sockctl::output::escape::escape(path.as_os_str().as_bytes());
        let failure = inner(named(&cases, &shown), "failure")[0];
        assert_eq!(failure["type"], "mode-too-wide");
        assert_eq!(failure["message"], "0666 is wider than 0660");
        let text = failure["text"].as_str().expect("text");
        assert!(
            text.contains("policy.yaml:3") && text.contains("try: sockctl chmod"),
            "{text}"
        );
    }
}

#[test]
fn several_findings_are_one_failure() {
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/*'], max-mode: 0660, type: dgram, presence: forbidden }",
    );
    world.stream("a.sock", 0o666);
    let done = audit(&world, "junit").run().code(1);
    let Some(root) = parsed("several_findings_are_one_failure", &done) else {
        return;
    };
    let failures = inner(cases(&root)[0], "failure");
    assert_eq!(failures.len(), 1);
    let message = failures[0]["message"].as_str().expect("text");
    assert!(message.starts_with("3 findings: "), "{message}");
    for code in ["mode-too-wide", "type-mismatch", "forbidden-present"] {
        assert!(message.contains(code), "{message}");
        let text = failures[0]["text"].as_str().expect("text");
        assert!(text.contains(code), "{text}");
    }
}

#[test]
fn what_is_missing_is_a_case_too() {
    let world = World::new();
    world.rules("- { id: app, paths: ['{run}/needed.*'], presence: required }");
    let done = audit(&world, "junit").run().code(1);
    let Some(root) = parsed("what_is_missing_is_a_case_too", &done) else {
        return;
    };
    let cases = cases(&root);
    assert_eq!(
        inner(named(&cases, "/needed.*"), "failure")[0]["type"],
        "required-missing"
    );
}

#[test]
fn nothing_is_no_pass() {
    let world = World::new();
    world.rules(TIGHT);
    let done = audit(&world, "junit").run().code(0);
    let Some(root) = parsed("nothing_is_no_pass", &done) else {
        return;
    };
    let cases = cases(&root);
    assert_eq!(cases.len(), 1);
    assert_eq!(inner(cases[0], "skipped")[0]["message"], "no socket found");
}

#[test]
fn what_could_not_be_looked_at_is_an_error_and_no_failure() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o660);
    let test = "what_could_not_be_looked_at_is_an_error_and_no_failure";
    let run = || audit(&world, "junit").arg(world.path("gone"));
    let done = run().run().code(3);
    let Some(root) = parsed(test, &done) else {
        return;
    };
    let error = inner(named(&cases(&root), "/gone"), "error")[0];
    assert!(
        error["message"].as_str().expect("text").contains("ENOENT"),
        "{error:#}"
    );
    let done = run().arg("--allow-unreadable").run().code(0);
    let root = parsed(test, &done).expect("as before");
    assert_eq!(inner(named(&cases(&root), "/gone"), "skipped").len(), 1);
}
