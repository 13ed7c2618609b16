use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{only, probe};
use crate::support::{Sockctl, World};

#[test]
fn what_is_no_socket() {
    let world = World::new();
    let at = |name: &str| world.path(name);
    fs::write(at("file"), "").expect("a file");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .expect("a fifo");
    symlink("nowhere", at("dangling")).expect("link");
    symlink("loop", at("loop")).expect("link");
    symlink("file", at("to-file")).expect("link");
    world.directory("directory", 0o755);
    let missing = ("missing", 1);
    let no_socket = ("not-a-socket", 1);
    for (path, expected, why) in [
        (at("file"), no_socket, "a regular file"),
        (at("to-file"), no_socket, "a regular file"),
        (at("fifo"), no_socket, "a FIFO"),
        (at("directory"), no_socket, "a directory"),
        ("/dev/null".into(), no_socket, "a character device"),
        (at("none"), missing, "(ENOENT)"),
        (at("none/none"), missing, "(ENOENT)"),
        (at("dangling"), missing, "link to nowhere"),
        (at("loop"), missing, "(ELOOP)"),
        (at("file/below"), missing, "(ENOTDIR)"),
        (at(&"n".repeat(4000)), missing, "(ENAMETOOLONG)"),
        (at(&"n/".repeat(2500)), ("unknown", 3), "(ENAMETOOLONG)"),
    ] {
        for options in [&[][..], &["--silent"], &["--wait=0"], &["--http", "/"]] {
            let done = probe().args(options).arg(&path).run();
            let socket = only(&done);
            assert_eq!(socket["state"], expected.0, "{}", done.shown());
            assert!(done.took < Duration::from_secs(5), "{}", done.shown());
            let reason = socket["why"].as_str().unwrap_or_default();
            assert!(reason.contains(why), "{}", done.shown());
            let _ = done.code(expected.1);
        }
    }
}

#[test]
fn addresses_that_are_none() {
    let long = format!("@{}", "x".repeat(108));
    for (address, reason) in [
        ("", "an empty address"),
        ("unix:", "an empty address"),
        ("@", "an empty address"),
        (long.as_str(), "at most 107 bytes"),
    ] {
        let done = Sockctl::new().args(["probe", address]).run().code(2);
        let _ = done.no_stdout().stderr_has(reason);
    }
    let _ = Sockctl::new().arg("probe").run().code(2);
}

fn with_stdin(addresses: &[u8], more: &[&str]) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockctl"))
        .args(["probe", "-"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(addresses).expect("it reads all");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn addresses_from_standard_input() {
    let mut world = World::new();
    let path = world.stream("s", 0o600);
    let path = path.to_str().expect("text");
    let (code, out, _) = with_stdin(format!("{path}\n\nunix:{path}\n{path}").as_bytes(), &[path]);
    assert_eq!((code, out.lines().count()), (Some(0), 4), "{out}");
    let (code, out, err) = with_stdin(b"\n\n", &[]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "find(1) found none");
    assert!(err.contains("no address on standard input"), "{err}");
    let (code, _, err) = with_stdin(format!("{path}\n/a\0b\n").as_bytes(), &[]);
    assert_eq!(code, Some(2));
    assert!(err.contains("line 2") && err.contains("NUL"), "{err}");
}

#[test]
fn options_that_cannot_be_meant() {
    for line in [
        "--timeout 0 x",
        "--timeout -1 x",
        "--timeout 1y x",
        "--wait=soon x",
        "--type raw x",
        "--http health x",
        "--http /a --send b x",
        "--expect-status 200 x",
        "--http / --expect-status 20x x",
        r"--send \q x",
        "--expect ( x",
        "--interval 1s x",
        "--count 0 x",
        "--jobs 0 x",
        "--silent --http / x",
        "--silent --count 2 x",
    ] {
        let done = Sockctl::new().arg("probe").args(line.split(' ')).run();
        let _ = done.code(2).no_stdout();
    }
}

/// As it is printed it can be typed: a name with an `@` in front is another one.
#[test]
fn a_file_is_not_shown_as_an_abstract_name() {
    let mut world = World::new();
    std::fs::rename(world.stream("s", 0o600), world.path("@s")).expect("rename");
    for address in ["unix:@s", "./@s"] {
        let done = probe().arg(address).working_in(&world.run()).run().code(0);
        assert_eq!(only(&done)["path"], "./@s");
        let done = Sockctl::new().args(["probe", address]);
        done.working_in(&world.run()).run().stdout_has("./@s: live");
    }
    let done = Sockctl::new()
        .args(["probe", "@s"])
        .working_in(&world.run());
    done.run().code(1).stdout_has("@s: missing");
}

#[test]
fn a_policy_that_is_named_has_to_be_one() {
    let mut world = World::new();
    let (live, dead) = (world.stream("live", 0o600), world.stale("dead", 0o600));
    let bad = world.file("bad.yaml", "version: 1\nrules: [{ id: 5, paht: x }]\n");
    let table: [(&[&str], &std::path::Path); 6] = [
        (&["probe"], &live),
        (&["probe", "--silent"], &live),
        (&["list"], &live),
        (&["clean"], &dead),
        (&["chmod", "--force", "0600"], &live),
        (&["chown", "--force", "0"], &live),
    ];
    for (words, path) in table {
        let named = Sockctl::new().args(words).arg(path).arg("-p").arg(&bad);
        named.run().code(2).no_stdout().stderr_has("bad.yaml");
        let set = Sockctl::new().args(words).arg(path);
        let set = set.env("SOCKCTL_POLICY", &bad);
        set.run().code(2).no_stdout().stderr_has("bad.yaml");
        assert!(dead.exists());
    }
}

/// Nothing of a name reaches the terminal as it is.
#[test]
fn names_are_escaped() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let mut world = World::new();
    let path = world.stream(OsStr::from_bytes(b"a\x1b[31m\n\xff"), 0o600);
    let done = Sockctl::new().arg("probe").arg(&path).run().code(0);
    let done = done.stdout_has(r"a\x1b[31m\n\xff: live");
    assert_eq!(done.out().lines().count(), 1);
    let socket = only(&probe().arg(&path).run().code(0));
    assert!(
        socket["path_hex"]
            .as_str()
            .is_some_and(|hex| hex.ends_with("0aff"))
    );
}
