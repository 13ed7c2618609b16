//! Every bad policy ends with 2 and its place, at once, and nothing is looked at.

use std::fmt::Write as _;
use std::os::unix::fs::chown;
use std::path::Path;
use std::time::Duration;

use crate::support::{Done, NOBODY, Sockctl, World, chmod, skipped_without_root};

/// What a policy with errors may take, of any size.
const AT_ONCE: Duration = Duration::from_secs(1);

fn audit_with(world: &World, policy: &Path) -> Done {
    Sockctl::new()
        .args(["audit", "--no-builtin", "-p"])
        .arg(policy)
        .arg(world.run())
        .run()
}

#[track_caller]
fn refused(text: &str) -> Done {
    let mut world = World::new();
    world.stream("a.sock", 0o666);
    let policy = world.file("bad.yaml", text);
    let done = audit_with(&world, &policy).code(2).no_stdout();
    assert!(done.took < AT_ONCE, "{}", done.shown());
    assert!(!done.err().contains("panicked"), "{}", done.shown());
    assert!(!done.err().contains("a.sock"), "{}", done.shown());
    done
}

/// Refused, with the place as `bad.yaml:LINE:COLUMN`.
#[track_caller]
fn refused_at(place: &str, text: &str) -> Done {
    refused(text).stderr_has(&format!("bad.yaml:{place}"))
}

#[test]
fn broken_yaml() {
    refused_at("3:", "version: 1\nrules:\n- { id: app, paths: ['/run/a']\n");
    for (place, text) in [
        ("2:1", "version: 1\n\trules: []\n"),
        ("4:1", "version: 1\nrules:\n  - id: a\n\tpaths: /x\n"),
        ("5:3", "version: 1\nrules:\n- id: a\n  paths:\n  \t- /x\n"),
    ] {
        refused_at(place, text).stderr_has("a tab cannot indent");
    }
    refused("version: 1\nrules:\n- id: \"app\n");
    refused("");
    refused("just text\n");
    refused("- a\n- list\n");
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_word() {
    let done = refused_at(
        "3:29",
        "version: 1\nrules:\n- { id: app, paths: [/run], maxmode: 0660 }\n",
    )
    .stderr_has("maxmode")
    .stderr_has("max-mode");
    // The line itself is shown.
    done.stderr_has("- { id: app, paths: [/run], maxmode: 0660 }");
    refused_at("1:1", "verson: 1\n").stderr_has("version");
    refused_at(
        "3:",
        "version: 1\nrules:\n- { id: a, paths: [/a], parent: { mode: 0700 } }\n",
    )
    .stderr_has("max-mode");
}

#[test]
fn what_cannot_be_a_mode() {
    for mode in [
        "0888",
        "07777777",
        "-1",
        "''",
        "rw",
        "u+w",
        "0o",
        "1e3",
        "[0660]",
        "0x1ff",
        "６６０",
    ] {
        let text = format!("version: 1\nrules:\n- {{ id: a, paths: [/a], mode: {mode} }}\n");
        refused_at("3:", &text).stderr_has("mode");
    }
}

#[test]
fn a_key_twice() {
    refused_at(
        "3:37",
        "version: 1\nrules:\n- { id: a, paths: [/a], mode: 0600, mode: 0660 }\n",
    )
    .stderr_has("mode");
    refused_at("2:1", "version: 1\nversion: 1\n").stderr_has("version");
}

#[test]
fn words_that_nobody_knows() {
    refused_at(
        "3:",
        "version: 1\nrules:\n- { id: a, paths: [/a], type: steam }\n",
    )
    .stderr_has("stream");
    refused_at(
        "3:",
        "version: 1\nrules:\n- { id: a, paths: [/a], world: alow }\n",
    )
    .stderr_has("allow");
    refused_at(
        "3:",
        "version: 1\nrules:\n- { id: a, paths: [/a], connect: [web] }\n",
    )
    .stderr_has("web");
    refused_at(
        "3:",
        "version: 1\nrules:\n- { id: a, paths: [/a], severity: { mode-to-wide: low } }\n",
    )
    .stderr_has("mode-too-wide");
    refused_at(
        "3:",
        "version: 1\nwaivers:\n- { finding: stail, paths: [/a], reason: x }\n",
    )
    .stderr_has("stale");
    refused_at("2:", "version: 1\ninclude: ['builtin:webb']\n").stderr_has("web");
    refused_at("1:", "version: 2\n").stderr_has("version");
}

#[test]
fn an_id_twice_and_a_waiver_without_a_reason() {
    refused_at(
        "4:",
        "version: 1\nrules:\n- { id: a, paths: [/a] }\n- { id: a, paths: [/b] }\n",
    );
    refused_at(
        "3:",
        "version: 1\nwaivers:\n- { finding: stale, paths: [/a] }\n",
    )
    .stderr_has("reason");
    refused_at(
        "3:",
        "version: 1\nwaivers:\n- { finding: stale, paths: [/a], reason: x, until: 2026-02-30 }\n",
    );
}

#[test]
fn several_errors_are_told_in_one_run() {
    refused("version: 1\nrules:\n- { id: a, paths: [/a], mode: 0888 }\n- { id: b, paths: [/b], tipe: stream }\n")
        .stderr_has("bad.yaml:3:")
        .stderr_has("bad.yaml:4:");
}

#[test]
fn a_cycle_of_includes() {
    let world = World::new();
    let first = world.file("first.yaml", "version: 1\ninclude: [second.yaml]\n");
    world.file("second.yaml", "version: 1\ninclude: [first.yaml]\n");
    let done = audit_with(&world, &first).code(2).no_stdout();
    assert!(done.took < AT_ONCE, "{}", done.shown());
    done.stderr_has("second.yaml:2:").stderr_has("first.yaml");

    let own = world.file("own.yaml", "version: 1\ninclude: [own.yaml]\n");
    audit_with(&world, &own)
        .code(2)
        .no_stdout()
        .stderr_has("own.yaml:2:");
}

#[test]
fn an_include_that_is_not_there() {
    refused_at("2:", "version: 1\ninclude: [gone.yaml]\n").stderr_has("gone.yaml");
}

#[test]
fn a_file_of_2_mib() {
    let filler = format!("# {}\n", "x".repeat(61)).repeat(32 * 1024);
    assert_eq!(filler.len(), 2 << 20);
    refused(&format!("version: 1\n{filler}"))
        .stderr_has("bad.yaml")
        .stderr_has("1 MiB");
}

#[test]
fn a_file_without_an_end() {
    let world = World::new();
    let done = audit_with(&world, Path::new("/dev/zero"))
        .code(2)
        .no_stdout();
    assert!(done.took < AT_ONCE, "{}", done.shown());
}

#[test]
fn an_anchor_bomb() {
    let mut bomb = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 10].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{items}]").expect("a text takes it");
    }
    refused(&bomb).stderr_has("bad.yaml:");
}

#[test]
fn nesting_of_100_000() {
    for (open, close) in [("[", "]"), ("{ a: ", "}")] {
        let text = format!(
            "version: 1\nrules: {}{}\n",
            open.repeat(100_000),
            close.repeat(100_000)
        );
        refused(&text).stderr_has("bad.yaml:");
    }
    // By indentation it would take 5 GB; by one list in another it does not.
    refused(&format!("version: 1\nrules:\n{}a\n", "- ".repeat(100_000))).stderr_has("bad.yaml:");
}

#[test]
fn nul_newlines_and_what_is_not_text() {
    refused("version: 1\nrules:\n- { id: a, paths: [\"/run/a\\0b\"] }\n");
    refused("version: 1\nrules:\n- { id: \"a\\nb\", paths: [/run] }\n");
    refused("version: 1\n\0\n");
    let world = World::new();
    let policy = world.root().join("latin1.yaml");
    std::fs::write(&policy, b"version: 1\n# caf\xe9\n").expect("a file");
    audit_with(&world, &policy)
        .code(2)
        .no_stdout()
        .stderr_has("latin1.yaml");
}

/// What others have written is shown without what it might do to a terminal.
#[test]
fn the_line_that_is_shown_is_escaped() {
    let done = refused("version: 1\nrules:\n- { id: a, paths: [/a], \"x\\e[31m\u{9b}31m\": 1 }\n");
    let raw = |byte: &u8| (*byte < 0x20 && *byte != b'\n') || *byte == 0x7f;
    assert!(!done.stderr.iter().any(raw), "{}", done.shown());
    assert!(!done.err().contains('\u{9b}'), "{}", done.shown());
}

#[test]
fn a_directory_is_read_as_a_whole() {
    let world = World::new();
    std::fs::create_dir(world.root().join("policy.d")).expect("a directory");
    world.file("policy.d/a.yaml", "version: 1\n");
    world.file(
        "policy.d/b.yaml",
        "version: 1\nrules:\n- { id: b, pats: [/b] }\n",
    );
    world.file("policy.d/c.txt", "nothing\n");
    audit_with(&world, &world.root().join("policy.d"))
        .code(2)
        .no_stdout()
        .stderr_has("b.yaml:3:")
        .stderr_has("paths");
}

#[test]
fn as_root_a_policy_that_others_can_write_is_refused() {
    if skipped_without_root("as_root_a_policy_that_others_can_write_is_refused") {
        return;
    }
    let mut world = World::new();
    world.stream("a.sock", 0o660);
    let policy = world.file("policy.yaml", "version: 1\n");

    let refused = |world: &World| {
        audit_with(world, &policy)
            .code(2)
            .no_stdout()
            .stderr_has("--trust-policy");
        Sockctl::new()
            .args(["audit", "--trust-policy", "--no-builtin", "-p"])
            .arg(&policy)
            .arg(world.run())
            .run()
            .code(0);
        // Reading it does no harm, but it is said.
        let check = || Sockctl::new().args(["policy", "check"]).arg(&policy);
        check()
            .run()
            .code(0)
            .stdout_has("0 rules, no error, 1 warning")
            .stderr_has("audit would refuse this policy as root")
            .stderr_has("is not to be trusted");
        check().arg("--trust-policy").run().code(0).no_stderr();
    };
    audit_with(&world, &policy).code(0);
    chmod(&policy, 0o666);
    refused(&world);
    chmod(&policy, 0o664);
    chown(&policy, None, Some(NOBODY)).expect("chown");
    refused(&world);
    chmod(&policy, 0o644);
    chown(&policy, Some(NOBODY), None).expect("chown");
    refused(&world);
    chown(&policy, Some(0), Some(0)).expect("chown");
    audit_with(&world, &policy).code(0);

    // Whoever can write to the directory can put another file there.
    chmod(world.root(), 0o777);
    refused(&world);
    chmod(world.root(), 0o1777);
    audit_with(&world, &policy).code(0);
    chmod(world.root(), 0o755);

    // What it includes is held to the same.
    let part = world.file("part.yaml", "version: 1\n");
    world.file("policy.yaml", "version: 1\ninclude: [part.yaml]\n");
    audit_with(&world, &policy).code(0);
    chown(&part, Some(NOBODY), None).expect("chown");
    audit_with(&world, &policy)
        .code(2)
        .no_stdout()
        .stderr_has("part.yaml");
}
