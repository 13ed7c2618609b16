use crate::model::{Host, Problem};
use crate::policy::doubles::{TableFiles, TableHost};
use crate::policy::{Sources, load};

use super::render;

fn problems(files: &[(&str, &str)]) -> Vec<Problem> {
    let sources = Sources {
        explicit: vec![files[0].0.into()],
        env: None,
        builtin: true,
    };
    let host = TableHost::default();
    let host: &dyn Host = &host;
    load(&sources, &TableFiles::new(files), host).expect_err(files[0].1)
}

/// What is said of a rule with these lines, each case after the other.
fn of_rules(cases: &[&str]) -> String {
    let whole = |case: &&str| {
        let lines = case.replace('\n', "\n    ");
        format!("version: 1\nrules:\n  - id: app\n    paths: /run/app.sock\n    {lines}\n")
    };
    shown(&cases.iter().map(whole).collect::<Vec<String>>())
}

fn of_files(cases: &[&str]) -> String {
    shown(
        &cases
            .iter()
            .map(|case| (*case).to_owned())
            .collect::<Vec<String>>(),
    )
}

fn shown(cases: &[String]) -> String {
    let show = |case: &String| {
        let problems = problems(&[("site.yaml", case)]);
        without_builtin_lines(&render(&problems, false, 100))
    };
    cases.iter().map(show).collect::<Vec<String>>().join("\n")
}

/// The policies inside the program change, and their lines with them.
fn without_builtin_lines(text: &str) -> String {
    let Some((before, place)) = text.split_once(" builtin:") else {
        return text.to_owned();
    };
    let rest = place.split_once('\n').map_or("", |(_, rest)| rest);
    format!("{before} builtin:NAME:LINE\n{rest}")
}

#[test]
fn modes() {
    insta::assert_snapshot!(of_rules(&[
        "mode: 0888",
        "mode: 07777777",
        "mode: -1",
        "mode: rw-rw----",
        "mode: g+w",
        "mode: 0x1b0",
        "mode: [0660]",
        "mode:",
        "mode: \"\"",
        "mode: 0660\nmax-mode: 0666",
        "parent: { max-mode: 9 }",
    ]));
}

#[test]
fn keys() {
    insta::assert_snapshot!(of_rules(&[
        "max_mode: 0660",
        "perms: 0660",
        "user: root",
        "exe: /usr/bin/app",
        "acl: forbid\nacl: allow",
        "parent: {}",
        "parent: root",
        "parent: { mode: 0750 }",
        "listener: { unti: a.service }",
        "when: { exist: /x }",
        "? [a, b]\n: c",
    ]));
}

#[test]
fn words() {
    insta::assert_snapshot!(of_rules(&[
        "acl: fobid",
        "world: deny",
        "presence: require",
        "liveness: alive",
        "type: tcp",
        "reset: yes",
        "severity: hihg",
        "severity: { mode-to-wide: high }",
        "severity: { stale: bad }",
        "severity: [high]",
        "severity: {}",
        "description: [a]",
        "because:",
    ]));
}

#[test]
fn owners() {
    insta::assert_snapshot!(of_rules(&[
        "owner: \"app:\"",
        "owner: \":\"",
        "owner: a:b:c",
        "owner: -1",
        "owner: 007",
        "owner: 4294967295",
        "owner: 9-5",
        "owner: 5-",
        "owner: 0x5",
        "owner: \" app\"",
        "owner: a b",
        "owner: a/b",
        "owner: []",
        "owner: { user: app }",
        "owner: <pool>",
        "owner: \"<pool\"",
        "listener: { user: +5 }",
        "parent: { owner: \"a*\" }",
    ]));
}

#[test]
fn paths_and_globs() {
    insta::assert_snapshot!(of_files(&[
        "version: 1\nrules: [{ id: a, paths: [] }]",
        "version: 1\nrules: [{ id: a, paths: run/x }]",
        "version: 1\nrules: [{ id: a, paths: /run//x }]",
        "version: 1\nrules: [{ id: a, paths: /run/../x }]",
        "version: 1\nrules: [{ id: a, paths: /run/x/ }]",
        "version: 1\nrules: [{ id: a, paths: \"/run/[ab\" }]",
        "version: 1\nrules: [{ id: a, paths: \"/run/{a,b/c}\" }]",
        "version: 1\nrules: [{ id: a, paths: '/é/<9>' }]",
        "version: 1\nrules: [{ id: a, paths: \"/run/<p>\", not-paths: \"/run/\\\\\" }]",
        "version: 1\nrules: [{ id: a, paths: [\"/run/<p>\", /x], owner: <p> }]",
        "version: 1\nrules: [{ id: a, paths: \"/<p>\", listener: { exe: \"/usr/bin/<p>\" } }]",
        "version: 1\nrules: [{ id: a, paths: /x, when: { exists: \"@x\", host: \"[\" } }]",
        "version: 1\nrules: [{ id: a, paths: { a: b } }]",
    ]));
}

#[test]
fn rules_and_roles() {
    insta::assert_snapshot!(of_files(&[
        "version: 1\nrules: [{ paths: /x }]",
        "version: 1\nrules: [{ id: a b, paths: /x }]",
        "version: 1\nrules: [{ id: a }]",
        "version: 1\nrules: [{ id: a, paths: /x }, { id: a, paths: /y }]",
        "version: 1\nrules: [{ id: baseline, paths: /x }]",
        "version: 1\nrules: { id: a, paths: /x }",
        "version: 1\nrules: [just a text]",
        "version: 1\nroles: { web: { users: www-data } }\nrules: [{ id: a, paths: /x, connect: [wep] }]",
        "version: 1\nrules: [{ id: a, paths: /x, replace: [deploy] }]",
        "version: 1\nrules: [{ id: a, paths: /x, connect: }]",
        "version: 1\nroles: { a b: { users: [x] }, c: { user: y }, d: {} }",
        "version: 1\nroles: { a: { users: [\"x:y\", dynamic] } }",
        "version: 1\nroles: [web]",
    ]));
}

#[test]
fn waivers_and_tests() {
    insta::assert_snapshot!(of_files(&[
        "version: 1\nwaivers: [{ finding: stale, paths: /x }]",
        "version: 1\nwaivers: [{ finding: stale, paths: /x, reason: \" \" }]",
        "version: 1\nwaivers: [{ finding: stael, paths: /x, reason: r }]",
        "version: 1\nwaivers: [{ finding: stale, paths: /x, reason: r, until: 2027-02-30 }]",
        "version: 1\nwaivers: [{ finding: stale, paths: /x, reason: r, until: tomorrow }]",
        "version: 1\ntests: [{ name: a, socket: { path: x }, expect: [] }]",
        "version: 1\ntests: [{ name: a, socket: { path: /x, state: dead, owner: \":g\" }, expect: [stael] }]",
        "version: 1\ntests: [{ name: a, socket: { mode: 0600 } }]",
        "version: 1\ntests: [{ name: a, socket: { path: /x, listener: { pid: 1 } }, directories: { run: {} }, expect: stale }]",
    ]));
}

#[test]
fn yaml() {
    insta::assert_snapshot!(of_files(&[
        "",
        "# nothing yet\n",
        "rules: []",
        "version: 2",
        "- version: 1",
        "version: 1\nversion: 1",
        "version: 1\n---\nversion: 1",
        "version: 1\nrules:\n  - id: a\n    paths: [/x\n    mode: 0600\n",
        "version: 1\nrules:\n\t- id: a\n",
        "version: 1\nrules:\n  - id: a\n   paths: /x\n",
        "version: 1\nrules:\n  - id: a: b\n",
        "version: 1\nrules:\n  - paths: *.sock\n",
        "version: 1\nrules:\n  - paths: @x\n",
        "version: 1\ndescription: \"open\n",
        "version: 1\ndescription: \"\\q\"\n",
        "%YAML 1.1\n---\nversion: 1\n",
        "version: !!int 1\n",
        "version: 1\nrules:\n  - &a { id: a, paths: /x }\n  - { <<: *a, id: b }\n",
        "version: 1\nroles: &a { b: *a }",
        "version: 1\nrules:\n  - id\n  mode\n",
        "version: 1\nrules: \0",
        "version: }",
        "version: 1\ninclude: [a b",
    ]));
}

#[test]
fn refused_at_once() {
    let deep = format!("version: 1\nrules: {}", "[".repeat(100_000));
    let blocks = format!("version: 1\nrules:\n{}", "- ".repeat(100_000));
    let large = format!("version: 1\n#{}", "x".repeat(2 << 20));
    let bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n\
                c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n\
                e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    insta::assert_snapshot!(of_files(&[&deep, &blocks, &large, bomb]));
}

#[test]
fn includes() {
    let version = "version: 1\n";
    let cases: [&[(&str, &str)]; 6] = [
        &[
            ("/e/a.yaml", "version: 1\ninclude: [b.yaml]"),
            ("/e/b.yaml", "version: 1\ninclude: c.yaml"),
            ("/e/c.yaml", "version: 1\ninclude:\n  - a.yaml"),
        ],
        &[("/e/a.yaml", "version: 1\ninclude: a.yaml")],
        &[(
            "/e/a.yaml",
            "version: 1\ninclude: [gone.yaml, builtin:defualt]",
        )],
        &[
            (
                "/e/a.yaml",
                "version: 1\ninclude: b.yaml\nrules: [{ id: x, paths: /x }]",
            ),
            (
                "/e/b.yaml",
                "version: 1\nrules: [{ id: x, paths: /y }, { id: y, pahts: /z }]",
            ),
        ],
        &[
            ("/e/a.yaml", "version: 1\ninclude: { a: b }"),
            ("/e/b.yaml", version),
        ],
        &[("/e/a.yaml", "version: 1\ninclude: [\"\"]")],
    ];
    let show = |files: &&[(&str, &str)]| render(&problems(files), false, 100);
    let missing = render(
        &load(
            &Sources {
                explicit: vec!["/nowhere".into(), "builtin:no-such-policy".into()],
                ..Sources::default()
            },
            &TableFiles::default(),
            &TableHost::default(),
        )
        .expect_err("it is not there"),
        false,
        100,
    );
    let shown = cases.iter().map(show).chain([missing]);
    insta::assert_snapshot!(shown.collect::<Vec<String>>().join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "version: 1\nrules:\n  - id: app\n    paths: run/app.sock\n    mode: 0888\n    acl: fobid\n    wrold: allow\n\
                \u{20} - id: app\n    owner: \"a:\"\n";
    insta::assert_snapshot!(render(&problems(&[("site.yaml", text)]), false, 80));
}

#[test]
fn nothing_in_a_file_reaches_the_terminal_as_it_is() {
    let text =
        "version: 1\nrules: [{ id: \"\\e[31m\u{202e}x\", \u{202e}mode: 1, paths: \"\\a\" }]\n";
    let problems = problems(&[("si\x1bte\n.yaml", text)]);
    let shown = render(&problems, false, 80);
    assert!(!shown.contains(['\x1b', '\u{202e}', '\x07']), "{shown:?}");
    insta::assert_snapshot!(shown);
    assert!(render(&problems, true, 80).contains("\x1b["));
}

#[test]
fn a_long_line_is_cut_around_what_is_meant() {
    let text = format!(
        "version: 1\nrules: [{{ description: {}, mode: 0888, id: a, paths: /x, because: {} }}]",
        "x".repeat(100_000),
        "é".repeat(100_000)
    );
    insta::assert_snapshot!(render(&problems(&[("site.yaml", &text)]), false, 80));
}
