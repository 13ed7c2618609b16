//! The policies inside the program: what hosts really have is known to them, is allowed as it is
//! shipped, and is found where it is open and should not be.

use std::fmt::Write as _;

use serde_json::Value;
use sockctl::model::Pattern;
use sockctl::policy::rule::{Document, Presence, Rule, Test};
use sockctl::policy::{Source, builtin, decode};

use crate::support::{Done, Sockctl, World};

/// A row of the table.
#[derive(Clone)]
struct Shipped {
    path: &'static str,
    mode: &'static str,
    owner: &'static str,
    kind: &'static str,
    /// `everyone`, `directory` or `few`.
    lets: &'static str,
    directories: Vec<&'static str>,
}

fn shipped() -> Vec<Shipped> {
    let lines = include_str!("shipped.txt").lines();
    let row = |line: &'static str| {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_else(|| panic!("{line}"));
        Shipped {
            path: word(),
            mode: word(),
            owner: word(),
            kind: word(),
            lets: word(),
            directories: words.collect(),
        }
    };
    let rows: Vec<Shipped> = lines
        .filter(|line| !line.starts_with('#'))
        .map(row)
        .collect();
    assert!(rows.len() > 70, "{}", rows.len());
    rows
}

impl Shipped {
    /// The test of a policy that says what is found then.
    fn test(&self, expect: &str) -> String {
        let Shipped {
            path,
            mode,
            owner,
            kind,
            ..
        } = self;
        let mut facts = format!("path: \"{path}\", type: {kind}, state: live");
        if !path.starts_with('@') {
            write!(facts, ", mode: {mode}, owner: \"{owner}\"").expect("text");
        }
        let directories: Vec<String> = self.directories.iter().map(directory).collect();
        let directories = directories.join(", ");
        format!(
            "  - name: \"{path} {mode}\"\n    socket: {{ {facts} }}\n    \
             directories: {{ {directories} }}\n    expect: {expect}\n"
        )
    }
}

/// `/run/a=0755=root:root`
fn directory(word: &&str) -> String {
    let mut parts = word.split('=');
    let mut part = || parts.next().unwrap_or_else(|| panic!("{word}"));
    let (path, mode, owner) = (part(), part(), part());
    format!("{path}: {{ mode: {mode}, owner: \"{owner}\" }}")
}

/// Runs tests on top of all policies.
#[track_caller]
fn tested(tests: &str) -> Done {
    let world = World::new();
    let text = format!("version: 1\ninclude: [builtin:default]\ntests:\n{tests}");
    let file = world.file("tests.yaml", &text);
    Sockctl::new().args(["policy", "test"]).arg(file).run()
}

#[test]
fn what_packages_ship_is_right() {
    let tests: String = shipped().iter().map(|row| row.test("[]")).collect();
    tested(&tests).code(0);
}

#[test]
fn what_is_shipped_closed_is_found_when_it_is_open() {
    for mut row in shipped() {
        if row.lets != "few" {
            continue;
        }
        row.mode = "0777";
        // Without directories that would keep everyone out.
        row.directories.clear();
        let done = tested(&row.test("[]")).code(1);
        let done = done.stdout_has("mode-too-wide");
        done.stdout_has("world-connectable");
    }
}

#[test]
fn what_nobody_knows_is_held_against_the_baseline() {
    // gunicorn under its own umask of 0, what tutorials do to other servers, and what is right.
    let open = "[mode-too-wide, world-connectable]";
    let tests = [
        ("/run/shop/gunicorn.sock", "0777", open),
        ("/run/shop/gin.sock", "0777", open),
        ("/srv/shop/app.sock", "0666", open),
        ("/run/shop/gin.sock", "0755", "[]"),
        ("/run/shop/app.sock", "0770", "[]"),
    ];
    let test = |(path, mode, expect): (&'static str, &'static str, &str)| {
        let row = Shipped {
            path,
            mode,
            owner: "www-data:www-data",
            kind: "stream",
            lets: "few",
            directories: vec!["/run/shop=0755=www-data:www-data"],
        };
        row.test(expect)
    };
    tested(&tests.map(test).concat()).code(0);
}

#[test]
fn each_shipped_socket_has_a_rule_that_says_why() {
    for Shipped { path, lets, .. } in shipped() {
        let explain = Sockctl::new().args(["policy", "explain", "-f", "json", path]);
        let done = explain.run().code(0);
        let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        let list = |key: &str| answer[key].as_array().expect("a list").clone();
        let is_known = |rule: &Value| {
            let pattern = rule["pattern"].as_str().expect("a pattern");
            pattern != "/**" && pattern != "@**"
        };
        assert!(list("rules").iter().any(is_known), "{}", done.shown());
        let keys = list("keys");
        let world = keys.iter().find(|key| key["key"] == "world");
        let world = world.expect("it is said whether everyone may connect");
        let is_open = lets == "everyone";
        let expected = if is_open { "allow" } else { "forbid" };
        assert_eq!(world["value"], expected, "{}", done.shown());
        let rule = world["rule"].as_str().expect("a rule");
        let because = format!("{rule} because ");
        let says = |note: &Value| note.as_str().is_some_and(|it| it.starts_with(&because));
        assert!(list("notes").iter().any(says), "{}", done.shown());
    }
}

fn documents() -> Vec<Document> {
    let read = |builtin: &builtin::Builtin| {
        let unit = decode(Source::new(builtin.name, builtin.text));
        unit.expect("the build has read it").document
    };
    builtin::all().iter().map(read).collect()
}

fn speaks_of(rule: &Rule, test: &Test) -> bool {
    let path = test.socket.path.as_os_str().as_encoded_bytes();
    let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(path));
    any(&rule.paths) && !any(&rule.not_paths)
}

#[test]
fn each_rule_has_a_reason_and_tests_of_both_kinds() {
    for document in documents() {
        for rule in &document.rules {
            let id = &rule.id;
            assert!(rule.because.is_some(), "{id} does not say why");
            assert!(rule.description.is_some(), "{id} does not say of what");
            let tests = document.tests.iter().filter(|test| speaks_of(rule, test));
            let (good, bad): (Vec<_>, Vec<_>) = tests.partition(|test| test.expect.is_empty());
            let presence = rule.keys.presence.as_ref().map(|set| set.value);
            let is_forbidden = presence == Some(Presence::Forbidden);
            assert!(is_forbidden || !good.is_empty(), "{id}: nothing is right");
            // To an abstract name that is allowed nothing can be wrong.
            let is_free = rule.paths.iter().all(|path| path.as_str().starts_with('@'));
            assert!(is_free || !bad.is_empty(), "{id}: nothing is wrong");
        }
    }
}
