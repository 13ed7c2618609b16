//! The program as it is.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::skipped_without_root;
use crate::tree::{chmod, give};

/// As Debian has them; both are on every system that the tests run on.
pub(crate) const WWW_DATA: u32 = 33;
const DAEMON: u32 = 1;

pub(crate) struct Scene {
    pub(crate) place: TempDir,
    _listener: UnixListener,
}

impl Scene {
    /// `app/a.sock`, of daemon.
    pub(crate) fn new(directory: u16, socket: u16) -> Scene {
        let place = tempfile::tempdir().expect("a directory");
        chmod(place.path(), 0o755);
        let app = place.path().join("app");
        std::fs::create_dir(&app).expect("mkdir");
        let path = app.join("a.sock");
        let listener = UnixListener::bind(&path).expect("bind");
        chmod(&path, socket);
        chmod(&app, directory);
        Scene {
            place,
            _listener: listener,
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.place.path().join("app/a.sock")
    }
}

pub(crate) fn access(words: &[&str], path: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockctl"));
    command
        .env_remove("SOCKCTL_POLICY")
        .env_remove("SOCKCTL_LOG");
    command
        .arg("access")
        .args(words)
        .arg(path)
        .stdin(Stdio::null());
    command.output().expect("the program can be run")
}

fn json(words: &[&str], path: &Path) -> Value {
    let output = access(&[words, &["-f", "json"]].concat(), path);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[track_caller]
pub(crate) fn ends(output: &Output, code: i32, says: &str) {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(text.contains(says), "no {says:?} in {text}");
}

pub(crate) fn names(value: &Value) -> Vec<&str> {
    let names = value.as_array().expect("a list").iter();
    names.map(|name| name.as_str().expect("a name")).collect()
}

#[test]
fn those_who_may_are_named() {
    if skipped_without_root("those_who_may_are_named") {
        return;
    }
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), DAEMON, WWW_DATA);
    let found = json(&[], &scene.path());
    assert_eq!(found["connect"]["everyone"], false);
    assert_eq!(
        names(&found["connect"]["users"]),
        ["root", "daemon", "www-data"]
    );
    assert_eq!(names(&found["connect"]["groups"]), ["www-data"]);
    assert_eq!(names(&found["replace"]["users"]), ["root"]);
    assert_eq!(names(&found["replace"]["groups"]), [""; 0]);
    assert!(found["complete"].is_boolean());
    assert!(found.get("answers").is_none());
    chmod(&scene.path(), 0o606);
    let found = json(&[], &scene.path());
    assert_eq!(found["connect"]["everyone"], true);
    assert_eq!(names(&found["connect"]["except"]["groups"]), ["www-data"]);
    ends(&access(&[], &scene.path()), 0, "but not www-data");
}

#[test]
fn a_process_that_runs_is_found_and_answered_for() {
    if skipped_without_root("a_process_that_runs_is_found_and_answered_for") {
        return;
    }
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), DAEMON, DAEMON);
    let mut sleeper = Command::new("setpriv");
    sleeper.args(["--reuid=33", "--regid=33", "--groups=1", "sleep", "60"]);
    let mut sleeper = sleeper.spawn().expect("setpriv");
    let pid = sleeper.id().to_string();
    // It is what it will be once it is called sleep.
    let comm = format!("/proc/{pid}/comm");
    while std::fs::read_to_string(&comm).expect("it runs").trim() != "sleep" {
        std::thread::yield_now();
    }
    let found = json(&["--pid", &pid], &scene.path());
    let answer = &found["answers"][0];
    assert_eq!(answer["connect"], true, "{found:#}");
    assert_eq!(answer["user"], "www-data");
    let by_pid = |it: &&Value| it["pid"] == sleeper.id();
    let processes = found["connect"]["processes"].as_array().expect("a list");
    assert_eq!(processes.iter().filter(by_pid).count(), 1);
    let by_login = access(&["--user", "www-data"], &scene.path());
    ends(&by_login, 1, "may not connect");
    sleeper.kill().expect("kill");
    sleeper.wait().expect("it ends");
    ends(
        &access(&["--pid", &pid], &scene.path()),
        2,
        "no such process",
    );
}

#[test]
fn the_lines_to_paste_do_what_is_said() {
    if skipped_without_root("the_lines_to_paste_do_what_is_said") {
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_sockctl"));
    let directory = program.parent().expect("a directory");
    let search = format!(
        "{}:{}",
        directory.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let connects =
        |scene: &Scene| access(&["--user", "www-data"], &scene.path()).status.code() == Some(0);
    for (dir_mode, mode) in [
        (0o755, 0o600),
        (0o700, 0o660),
        (0o755, 0o666),
        (0o755, 0o602),
    ] {
        let count = {
            let scene = Scene::new(dir_mode, mode);
            give(&scene.path(), DAEMON, DAEMON);
            json(&["--user", "www-data"], &scene.path())["answers"][0]["fixes"]
                .as_array()
                .expect("a list")
                .len()
        };
        assert!(count > 0, "{dir_mode:o} {mode:o}");
        for index in 0..count {
            let scene = Scene::new(dir_mode, mode);
            give(&scene.path(), DAEMON, DAEMON);
            let before = connects(&scene);
            let found = json(&["--user", "www-data"], &scene.path());
            let fix = &found["answers"][0]["fixes"][index];
            let lines = names(&fix["commands"]);
            // The users of this system are not ours to change.
            if lines.iter().any(|line| line.starts_with("usermod")) {
                continue;
            }
            let script = lines.join(" && ");
            let mut shell = Command::new("sh");
            let shell = shell.arg("-c").arg(&script).env("PATH", &search);
            let done = shell.output().expect("a shell");
            assert!(done.status.success(), "{script}: {done:?}");
            assert_ne!(connects(&scene), before, "{script}");
        }
    }
}

#[test]
fn that_nobody_listens_is_noted() {
    let scene = Scene::new(0o755, 0o666);
    let is_noted = |path: &Path| {
        let document = json(&[], path);
        let mut notes = names(&document["notes"]).into_iter();
        notes.any(|note| note.contains("nobody is bound to it now"))
    };
    assert!(!is_noted(&scene.path()));
    let stale = scene.path().with_extension("old");
    drop(UnixListener::bind(&stale).expect("bind"));
    assert!(is_noted(&stale));
    let link = scene.path().with_extension("link");
    std::os::unix::fs::symlink(&stale, &link).expect("a link");
    assert!(is_noted(&link));
}

#[test]
fn users_and_groups_without_a_name_are_numbers() {
    if skipped_without_root("users_and_groups_without_a_name_are_numbers") {
        return;
    }
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), 3_999_999, 3_999_998);
    let found = json(&["--user", "3999999", "--user", "3999997"], &scene.path());
    assert_eq!(names(&found["connect"]["users"]), ["root", "3999999"]);
    assert_eq!(names(&found["connect"]["groups"]), ["3999998"]);
    let answers = &found["answers"];
    assert_eq!(answers[0]["user"], Value::Null);
    assert_eq!(
        (&answers[0]["connect"], &answers[1]["connect"]),
        (&true.into(), &false.into())
    );
    // Who has no entry can join no group.
    let lines = answers[1]["fixes"].to_string();
    assert!(!lines.contains("usermod"), "{lines}");
}
