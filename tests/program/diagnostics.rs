//! What goes to stderr: how much of it, in which form, and that the answer does not depend on it.

use serde_json::Value;

use crate::support::{Done, Sockctl, World};

const TIGHT: &str = "- { id: app, paths: ['{run}/**'], max-mode: 0660 }";
const BROKEN: &str = "version: 1\nrules:\n- { id: app, path: ['/run/*'] }\n";

fn lines(done: &Done) -> Vec<Value> {
    let text = done.err();
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    text.lines().map(parse).collect()
}

fn chmod_of_nothing(world: &World) -> Sockctl {
    Sockctl::new()
        .args(["chmod", "0600"])
        .arg(world.path("gone.sock"))
}

#[test]
fn an_error_is_a_line_for_people() {
    let world = World::new();
    let done = Sockctl::new()
        .args(["policy", "show", "gone"])
        .run()
        .code(2);
    let err = done.err();
    assert!(err.starts_with("sockctl: no policy inside"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    let err = chmod_of_nothing(&world).run().err();
    assert!(err.starts_with("sockctl: "), "{err}");
}

#[test]
fn quiet_twice_is_silent_and_the_answer_the_same() {
    let world = World::new();
    world.policy(BROKEN);
    for (sockctl, code) in [
        (Sockctl::new().args(["policy", "show", "gone"]), 2),
        (world.audit(), 2),
        (chmod_of_nothing(&world), 3),
    ] {
        let done = sockctl.arg("-qq").run().no_stderr();
        assert_eq!(done.status.code(), Some(code), "{}", done.shown());
    }
    // Once leaves the errors.
    world.audit().arg("-q").run().code(2).stderr_has("path");
}

#[test]
fn json_is_an_object_a_line() {
    let world = World::new();
    world.policy(BROKEN);
    let json = ["--log-format", "json"];
    let done = Sockctl::new().args(json).args(["policy", "show", "gone"]);
    let told = lines(&done.run().code(2));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["level"], "error");
    let message = told[0]["message"].as_str().expect("a message");
    assert!(message.starts_with("no policy"), "{message}");

    let told = lines(&world.audit().args(json).run().code(2));
    let problem = told.iter().find(|line| line["column"] == 14);
    let problem = problem.unwrap_or_else(|| panic!("no problem at the key: {told:?}"));
    assert_eq!(problem["line"], 3);
    let file = problem["file"].as_str().expect("a file");
    assert!(file.ends_with("policy.yaml"), "{file}");
    assert!(problem["message"].is_string() && told.len() > 1, "{told:?}");

    let told = lines(&chmod_of_nothing(&world).args(json).run());
    assert!(told[0]["message"].to_string().contains("gone.sock"));
}

#[test]
fn verbose_says_more() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o600);
    world.audit().run().code(0).no_stderr();
    let once = world.audit().arg("-v").run().code(0);
    let once = once.stderr_has("policies loaded").stderr_has("sockets=1");
    let twice = world.audit().arg("-vv").run().code(0);
    let twice = twice.stderr_has("kernel's list of sockets read");
    assert!(twice.err().lines().count() > once.err().lines().count());
    let told = lines(&world.audit().args(["-v", "--log-format", "json"]).run());
    let walked = told.iter().find(|line| line["message"] == "roots walked");
    assert_eq!(walked.expect("a line about the walk")["sockets"], 1);
}

#[test]
fn the_filter_of_the_environment_goes_first() {
    let mut world = World::new();
    world.rules(TIGHT);
    world.stream("a.sock", 0o600);
    let with = |filter: &str| world.audit().env("SOCKCTL_LOG", filter);
    let done = with("sockctl=debug").arg("-qq").run().code(0);
    done.stderr_has("kernel's list of sockets read");
    with("off").arg("-vv").run().code(0).no_stderr();
    with("").run().code(0).no_stderr();
    let done = with("sockctl=loud").run().code(2).no_stdout();
    done.stderr_has("sockctl: $SOCKCTL_LOG is no filter");
}

/// Where stderr is gone the answer is still the right one.
#[test]
fn a_full_stderr_changes_nothing() {
    let full = std::fs::File::options().write(true).open("/dev/full");
    let mut command = Sockctl::new()
        .args(["policy", "show", "gone"])
        .into_command();
    let status = command.stderr(full.expect("/dev/full")).status();
    assert_eq!(status.expect("the program can be run").code(), Some(2));
}

#[test]
fn names_of_others_move_no_cursor() {
    let done = Sockctl::new()
        .args(["chmod", "0600", "/nowhere/a\u{1b}[2J\u{9b}b"])
        .run();
    assert!(
        !done.err().contains(['\u{1b}', '\u{9b}']),
        "{:?}",
        done.err()
    );
}

#[test]
fn json_shows_nothing_that_acts_on_a_terminal() {
    let mut world = World::new();
    world.rules(TIGHT);
    let name = "a\u{202e}b\u{9b}c\u{7f}d\u{feff}.sock";
    let path = world.stream(name, 0o666);
    for format in ["json", "jsonl"] {
        let done = world.audit().args(["-f", format]).run().code(1);
        assert!(done.out().is_ascii(), "{}", done.out());
        done.stdout_has(r"a\u202eb\u009bc\u007fd\ufeff.sock");
    }
    let report = world.audit().run().report();
    report.says(&path, &["mode-too-wide"]);
    let done = Sockctl::new()
        .args(["policy", "explain", "-f", "json"])
        .arg(&path)
        .run()
        .code(0);
    assert!(done.out().is_ascii(), "{}", done.out());
}

#[test]
fn mistakes_are_named() {
    for command in ["audit", "list", "apply", "probe"] {
        for jobs in ["0", "x"] {
            Sockctl::new()
                .args([command, "--jobs", jobs, "/run"])
                .run()
                .code(2)
                .stderr_has("a number from 1 on");
        }
    }
}

/// Where a relative path leads, nobody can tell in a directory that is gone.
#[test]
fn a_current_directory_that_is_gone_is_named() {
    let world = World::new();
    let gone = world.directory("gone", 0o755);
    let mut command = std::process::Command::new("sh");
    let program = env!("CARGO_BIN_EXE_sockctl");
    let line = "cd \"$1\" && rmdir \"$1\" && exec \"$0\" policy explain x";
    command.args(["-c", line, program]).arg(gone);
    let output = command.output().expect("sh");
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(err.starts_with("sockctl: cannot tell where x is"), "{err}");
}
