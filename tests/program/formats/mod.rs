//! The formats for other programs, read by the programs that they are for.

mod baseline;
mod junit;
mod nagios;
mod output;
mod prometheus;
mod sarif;

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Done, Sockctl, World};

/// Names that would be markup, links, labels or columns somewhere, and two that are no text.
const ODD: [&[u8]; 7] = [
    b"new\nline.sock",
    b"\x1b[31mred\x1b[0m.sock",
    b"\xff\xfe.sock",
    b"]]><!-- & \"'.sock",
    b"a|b=1;2 c.sock",
    b"[here](http:x) {0}.sock",
    "caf\u{e9} \u{202e}kcos\u{ffff}.sock".as_bytes(),
];

const TIGHT: &str = "- { id: app, paths: ['{run}/**'], max-mode: 0660, liveness: live }";

/// One that is fine, one that is waived, one that is stale, and all the odd ones, which are not.
fn world() -> World {
    let mut world = World::new();
    world.policy(&format!(
        "version: 1\nrules:\n{TIGHT}\nwaivers:\n- {{ finding: mode-too-wide, \
         paths: ['{{run}}/legacy.sock'], until: 2999-03-01, reason: 'ticket <4711> | [x](y)' }}\n"
    ));
    world.stream("fine.sock", 0o660);
    world.stream("legacy.sock", 0o666);
    world.stale("stale.sock", 0o660);
    for name in ODD {
        world.stream(OsStr::from_bytes(name), 0o666);
    }
    world
}

/// An audit of the world in a format.
fn audit(world: &World, format: &str) -> Sockctl {
    world.audit().args(["-f", format])
}

/// What `program` makes of `input`; says by name that a test is left out where there is none.
fn fed(test: &str, program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("skipped: {test}: needs {program}");
        return None;
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown = String::from_utf8_lossy(input);
    assert!(output.status.success(), "{program}: {said}\n{shown}");
    assert_eq!(said, "", "{shown}");
    Some(output.stdout)
}

/// Debian's, for which the package with the validator is.
const PYTHON: &str = "/usr/bin/python3";

/// Nothing that acts on a terminal, and nothing that is no text.
#[track_caller]
fn is_plain(done: &Done) {
    let text = String::from_utf8(done.stdout.clone()).expect("UTF-8");
    let acts = |c: char| c != '\n' && !sockctl::model::untrusted::is_showable(c);
    assert!(!text.contains(acts), "{text:?}");
}

#[test]
fn other_commands_have_other_formats() {
    let world = world();
    for format in ["sarif", "junit", "prometheus", "nagios"] {
        for command in [
            &["list"][..],
            &["explain"],
            &["clean"],
            &["apply"],
            &["policy", "list"],
        ] {
            let done = Sockctl::new()
                .args(command)
                .args(["-f", format])
                .args((command.len() == 1 && command != ["explain"]).then_some(world.run()))
                .run()
                .code(2)
                .no_stdout();
            done.stderr_has(format).stderr_has("human, json, jsonl");
        }
    }
    for command in [&["man"][..], &["completions", "bash"]] {
        let done = Sockctl::new().args(command).args(["-f", "json"]).run();
        done.code(2).no_stdout().stderr_has("human");
    }
}

#[test]
fn what_has_no_short_form_says_so() {
    let world = world();
    for format in ["sarif", "junit", "prometheus"] {
        let done = audit(&world, format).arg("--summary").run();
        done.code(2).no_stdout().stderr_has("--summary");
    }
}

#[test]
fn every_format_is_one_plain_text() {
    let world = world();
    for (format, code) in [("sarif", 1), ("junit", 1), ("prometheus", 1), ("nagios", 2)] {
        let done = audit(&world, format).run().code(code).no_stderr();
        is_plain(&done);
    }
}

/// The path as a URI has it.
fn uri(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encoded = |&byte: &u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let bytes = path.as_os_str().as_bytes();
    bytes[1..].iter().map(encoded).collect()
}
