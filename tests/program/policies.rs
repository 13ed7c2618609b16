//! What the `policy` commands say of policies that can be used, and of some that cannot.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Done, Sockctl, World};

fn policy(command: &str, arguments: &[&str]) -> Done {
    Sockctl::new()
        .args(["policy", command])
        .args(arguments)
        .run()
}

fn check(world: &World, text: &str) -> Done {
    let file = world.file("site.yaml", text);
    policy("check", &[file.to_str().expect("UTF-8")])
}

fn json(done: &Done) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", done.shown()))
}

#[test]
fn what_no_audit_will_look_at_is_a_warning() {
    let world = World::new();
    let done = check(
        &world,
        "version: 1
roles: { r: { users: root } }
rules:
  - { id: a, paths: /run/a, acl: forbid, connect: [r] }
  - { id: b, paths: /run/b, acl: allow, world: forbid, replace: r }
  - { id: c, paths: '@c', world: forbid }
  - { id: d, paths: '@d', mode: 0600, owner: root, parent: { owner: root }, acl: forbid }
  - { id: e, paths: /run/e, because: of nothing }
  - { id: f, paths: /run/f, reset: true }
  - { id: g, paths: /run/g, severity: low }
waivers:
  - { finding: stale, paths: /run/a, until: 2020-02-29, reason: old }
  - { finding: stale, paths: /run/b, until: 9999-12-31, reason: new }
",
    )
    .code(0)
    .stdout_has("7 rules, no error, 6 warnings");
    let said = done.err();
    for (count, what) in [
        (4, "speaks of files"),
        (1, "the rule `e` sets no key"),
        (1, "the last day of this waiver is over: 2020-02-29"),
    ] {
        assert_eq!(said.matches(what).count(), count, "{what}: {said}");
    }
    let places: Vec<usize> = [7, 8, 12]
        .iter()
        .map(|line| said.find(&format!("site.yaml:{line}:")).expect(&said))
        .collect();
    assert!(places.is_sorted(), "{said}");
}

#[test]
fn rules_that_are_included_are_not_counted() {
    let world = World::new();
    let part = world.file(
        "part.yaml",
        "version: 1\nrules: [{ id: p, paths: /p, mode: 0600 }]\n",
    );
    let text = "version: 1
include: [builtin:default, part.yaml]
rules: [{ id: a, paths: /a, mode: 0600 }]
";
    check(&world, text)
        .code(0)
        .stdout_has("1 rule, and no error");
    let site = world.root().join("site.yaml");
    let both = [site.to_str().expect("UTF-8"), part.to_str().expect("UTF-8")];
    policy("check", &both).code(0).stdout_has("2 rules, and no");
}

#[test]
fn one_run_finds_mistakes_of_every_kind() {
    let world = World::new();
    check(
        &world,
        "version: 1
roles: { web: { users: nobody-of-that-name } }
rules:
  - { id: a, paths: /a, mode: 0888, connect: [wob] }
  - { id: b, paths: /b, tipe: stream, owner: another-of-no-name }
",
    )
    .code(2)
    .no_stdout()
    .stderr_has("`0888`")
    .stderr_has("no role `wob` is defined")
    .stderr_has("no key `tipe`")
    .stderr_has("no user `nobody-of-that-name`")
    .stderr_has("no user `another-of-no-name`");
    // Where the roles themselves could not be read, nobody knows which there are.
    for roles in ["rolse: { web: { users: root } }", "roles: [web]"] {
        let text = format!("version: 1\n{roles}\nrules: [{{ id: a, paths: /a, connect: web }}]\n");
        let done = check(&world, &text).code(2);
        assert!(!done.err().contains("no role"), "{}", done.shown());
    }
    let text = "version: 1\nroles: { web: root }\nrules: [{ id: a, paths: /a, connect: web }]\n";
    let done = check(&world, text).code(2);
    assert!(!done.err().contains("no role"), "{}", done.shown());
    let twice =
        "version: 1\nrules: [{ id: a, paths: /a, mode: 0600 }, { id: a, paths: /b, mode: 0600 }]\n";
    let done = check(&world, twice).code(2);
    assert_eq!(done.err().matches("used twice").count(), 1);
}

#[test]
fn lines_of_json_end_with_a_summary() {
    let world = World::new();
    for (text, valid, rules) in [
        ("version: 1\nrules: [{ id: a, paths: /a }]\n", true, 1),
        (
            "version: 1\nrules: [{ id: a, paths: /a, mode: 9 }]\n",
            false,
            1,
        ),
    ] {
        let file = world.file("site.yaml", text);
        let done = policy("check", &["-f", "jsonl", file.to_str().expect("UTF-8")]);
        let lines: Vec<Value> = done
            .out()
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let [problem, summary] = &lines[..] else {
            panic!("{}", done.shown());
        };
        assert_eq!(problem["kind"], "problem");
        assert_eq!(summary["kind"], "summary");
        assert_eq!(summary["valid"], valid);
        assert_eq!(summary["rules"], rules);
    }
}

#[test]
fn every_document_says_its_schema() {
    for arguments in [
        &["policy", "explain", "/run/x"][..],
        &["policy", "list"],
        &["policy", "show", "default"],
        &["explain", "stale"],
        &["explain"],
    ] {
        let done = Sockctl::new()
            .args(arguments)
            .args(["-f", "json"])
            .run()
            .code(0);
        assert_eq!(json(&done)["schema"], 1, "{}", done.shown());
    }
}

#[test]
fn a_builtin_without_its_prefix_is_recognized() {
    let world = World::new();
    for name in ["web", "no-such-file"] {
        let done = Sockctl::new()
            .args(["audit", "-p", name])
            .arg(world.run())
            .run()
            .code(2);
        let meant = done.err().contains("did you mean `builtin:web`?");
        assert_eq!(meant, name == "web", "{}", done.shown());
    }
    check(&world, "version: 1\ninclude: [web]\n")
        .code(2)
        .stderr_has("did you mean `builtin:web`?");
}

/// `policy explain` of a path, by a policy and nothing else.
fn explain(world: &World, text: &str, path: &str, format: &str) -> Done {
    let file = world.file("site.yaml", text);
    let file = file.to_str().expect("UTF-8");
    policy("explain", &["--no-builtin", "-f", format, "-p", file, path]).code(0)
}

/// `key = value at line` of every key.
fn keys(answer: &Value) -> Vec<String> {
    let keys = answer["keys"].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    keys.iter()
        .map(|key| {
            let source = text(&key["source"]);
            let line = source.rsplit(':').next().unwrap_or_default();
            format!("{} = {} at {line}", text(&key["key"]), text(&key["value"]))
        })
        .collect()
}

#[test]
fn severities_are_those_that_an_audit_uses() {
    let world = World::new();
    let text = "version: 1
rules:
  - id: a
    paths: /run/x
    mode: 0600
    owner: root
    severity:
      stale: critical
      mode-too-wide: critical
      owner-mismatch: low
  - id: b
    paths: /run/x
    liveness: live
    max-mode: 0660
    severity: high
  - id: c
    paths: /run/x
    severity:
      owner-mismatch: info
      ghost: low
";
    let answer = json(&explain(&world, text, "/run/x", "json"));
    assert_eq!(
        keys(&answer),
        [
            "max-mode = 0660 at 14",
            "owner = root at 6",
            "liveness = live at 13",
            "severity.mode-too-wide = high at 15",
            "severity.owner-mismatch = info at 19",
            "severity.stale = high at 15",
            "severity.ghost = low at 20",
        ]
    );
}

#[test]
fn a_link_on_the_way_is_followed_as_far_as_there_is_anything() {
    let world = World::new();
    std::fs::create_dir(world.path("real")).expect("a directory");
    symlink("real", world.path("link")).expect("a link");
    let real = world.path("real/later/a.sock");
    let text = format!(
        "version: 1\nrules:\n  - {{ id: a, paths: {}, mode: 0600 }}\n",
        real.display()
    );
    symlink("real/later", world.path("ahead")).expect("a link");
    for asked in ["link/later/a.sock", "ahead/a.sock"] {
        let asked = world.path(asked);
        let asked = asked.to_str().expect("UTF-8");
        let answer = json(&explain(&world, &text, asked, "json"));
        assert_eq!(keys(&answer), ["mode = 0600 at 3"], "{asked}");
    }
}

#[test]
fn what_is_left_out_and_what_is_waived_is_noted() {
    let world = World::new();
    let text = "version: 1
rules:
  - { id: a, paths: /run/x, mode: 0600 }
  - { id: b, paths: /run/x, mode: 0660, when: { exists: /nowhere/at/all } }
  - { id: c, paths: /run/y, mode: 0660, when: { exists: /nowhere/at/all } }
  - { id: d, paths: /run/x, reset: true }
waivers:
  - { finding: stale, paths: /run/*, until: 2020-02-29, reason: one }
  - { finding: ghost, paths: /run/x, reason: two }
  - { finding: ghost, paths: /run/y, reason: three }
";
    let shown = explain(&world, text, "/run/x", "json");
    let answer = json(&shown);
    let notes: Vec<&str> = answer["notes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|note| note.as_str().expect("a text"))
        .collect();
    for (note, parts) in [
        (0, &["the first rule of these says nothing here"][..]),
        (1, &["b (", "site.yaml:4) is left out", "`when`"]),
        (
            2,
            &["stale was waived until 2020-02-29", "no more", ": one"],
        ),
        (3, &["ghost is waived (", ": two"]),
    ] {
        for part in parts {
            assert!(notes[note].contains(part), "{part}: {notes:?}");
        }
    }
    assert_eq!(notes.len(), 4, "{notes:?}");
}

#[test]
fn one_test_is_one() {
    let world = World::new();
    let text = "version: 1
tests:
  - { name: t, socket: { path: /run/x }, expect: [] }
";
    let file = world.file("site.yaml", text);
    policy("test", &[file.to_str().expect("UTF-8")])
        .code(0)
        .stdout_has("1 test: 1 passed");
}

#[test]
fn a_policy_without_tests_is_told_to_be_untested() {
    let world = World::new();
    let file = world.file("site.yaml", "version: 1\n");
    policy("test", &[file.to_str().expect("UTF-8")])
        .code(0)
        .stderr_has("nothing was tested");
}
