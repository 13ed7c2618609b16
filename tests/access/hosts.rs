//! Other hosts than this one: their users, their mounts, their user namespaces.

use std::fmt::Write as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::agrees::in_a_place_of_its_own;
use crate::command::{Scene, access, ends, names};
use crate::tree::{chmod, give};
use crate::{skipped_without_root, skipped_without_setfacl};

/// Runs `access` on a host with these users, groups and services.
fn on_a_host_with(files: [&str; 3], words: &[&str], path: &Path) -> Output {
    let words: Vec<&str> = [&["access"], words].concat();
    run_on_a_host_with(files, &words, path)
}

/// Runs sockctl where these files stand for /etc/passwd, /etc/group and /etc/nsswitch.conf.
fn run_on_a_host_with(files: [&str; 3], words: &[&str], path: &Path) -> Output {
    const SCRIPT: &str = r#"mount --make-rprivate /
        for name in passwd group nsswitch.conf; do mount --bind "$1/$name" "/etc/$name"; done
        shift
        exec "$@""#;
    let place = tempfile::tempdir().expect("a directory");
    for (name, text) in ["passwd", "group", "nsswitch.conf"].iter().zip(files) {
        std::fs::write(place.path().join(name), text).expect("a file");
    }
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-ec", SCRIPT, "sh"])
        .arg(place.path());
    command.arg(env!("CARGO_BIN_EXE_sockctl"));
    command.args(words).arg(path).stdin(Stdio::null());
    command.output().expect("unshare")
}

fn parsed(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

#[test]
fn a_group_of_ten_thousand_is_listed_with_those_whose_primary_group_it_is() {
    let test = "a_group_of_ten_thousand_is_listed_with_those_whose_primary_group_it_is";
    if skipped_without_root(test) {
        return;
    }
    let mut passwd = String::from("root:x:0:0::/:/bin/sh\n");
    let mut members = Vec::new();
    for number in 0..12_000 {
        // The last ones are no members, and it is their primary group.
        let is_member = number < 10_000;
        let gid = if is_member { 5 } else { 7000 };
        let name = format!("user{number}");
        writeln!(passwd, "{name}:x:{}:{gid}::/:/bin/sh", 20_000 + number).expect("a line");
        members.extend(is_member.then_some(name));
    }
    let group = format!("root:x:0:\nother:x:5:\nmany:x:7000:{}\n", members.join(","));
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), 0, 7000);
    let services = "passwd: files\ngroup: files\n";
    let host = [passwd.as_str(), &group, services];
    let found = parsed(&on_a_host_with(host, &["-f", "json"], &scene.path()));
    assert_eq!(names(&found["connect"]["users"]).len(), 12_001);
    assert_eq!(names(&found["connect"]["groups"]), ["many"]);
    assert_eq!(found["complete"], true);
    let human = on_a_host_with(host, &[], &scene.path());
    ends(&human, 0, "and 11988 more");
    // A fix is worked out for all of them, too.
    let asked = ["--user", "user1", "-f", "json"];
    let found = parsed(&on_a_host_with(host, &asked, &scene.path()));
    assert_eq!(found["answers"][0]["connect"], true);
}

/// Those who get in by their other groups anyway are told apart, whether they are asked for one by
/// one or found in the lists.
#[test]
fn of_the_hundreds_that_an_entry_names_only_those_are_told_whom_it_lets_in() {
    let test = "of_the_hundreds_that_an_entry_names_only_those_are_told_whom_it_lets_in";
    if skipped_without_root(test) || skipped_without_setfacl(test) {
        return;
    }
    let mut passwd = String::from("root:x:0:0::/:/bin/sh\n");
    let (mut many, mut owners) = (Vec::new(), Vec::new());
    for number in 0..300 {
        let name = format!("user{number}");
        let primary = if number >= 290 { 7001 } else { 5 };
        writeln!(passwd, "{name}:x:{}:{primary}::/:/bin/sh", 20_000 + number).expect("a line");
        owners.extend((280..290).contains(&number).then(|| name.clone()));
        many.push(name);
    }
    let group = format!(
        "root:x:0:\nother:x:5:\nmany:x:7000:{}\nowners:x:7001:{}\n",
        many.join(","),
        owners.join(",")
    );
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), 0, 7001);
    let setfacl = Command::new("setfacl")
        .args(["-m", "g:7000:rw"])
        .arg(scene.path())
        .status();
    assert!(setfacl.is_ok_and(|status| status.success()), "setfacl");
    // A service that keeps its users to itself makes the lists useless.
    for services in ["files", "files sss"] {
        let services = format!("passwd: {services}\ngroup: {services}\n");
        let host = [passwd.as_str(), &group, &services];
        let found = parsed(&run_on_a_host_with(
            host,
            &["audit", "-f", "json"],
            &scene.path(),
        ));
        let findings = found["findings"].as_array().expect("findings");
        let of_entries = findings.iter().find(|it| it["code"] == "acl-grants");
        let message = of_entries.expect("a finding")["message"].as_str();
        // 280 of 300: seven of them by name.
        let message = message.expect("a message");
        assert!(message.contains("user6 and 273 more)"), "{message}");
    }
}

/// Who has two names may log in by either.
#[test]
fn the_groups_of_a_second_name_count_too() {
    let test = "the_groups_of_a_second_name_count_too";
    if skipped_without_root(test) {
        return;
    }
    let passwd =
        "root:x:0:0::/:/bin/sh\none:x:20000:20000::/:/bin/sh\ntwo:x:20000:20000::/:/bin/sh\n";
    let group = "root:x:0:\none:x:20000:\nother:x:20001:two\n";
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), 0, 20001);
    give(scene.path().parent().expect("a directory"), 20000, 20000);
    let policy = scene.place.path().join("policy.yaml");
    std::fs::write(
        &policy,
        "version: 1\nrules:\n  - { id: it, paths: /tmp/**, connect: [] }\n",
    )
    .expect("a policy");
    let words = ["audit", "--no-builtin", "-f", "json", "-p"];
    let words = [&words[..], &[policy.to_str().expect("UTF-8")]].concat();
    let services = "passwd: files\ngroup: files\n";
    let found = run_on_a_host_with([passwd, group, services], &words, &scene.path());
    let found = parsed(&found);
    let message = found["findings"][0]["message"].as_str().expect("a finding");
    assert!(message.contains("can connect, besides root"), "{message}");
    assert!(message.contains("one"), "{message}");
}

#[test]
fn a_service_that_keeps_its_users_to_itself_makes_the_list_incomplete() {
    let test = "a_service_that_keeps_its_users_to_itself_makes_the_list_incomplete";
    if skipped_without_root(test) {
        return;
    }
    let scene = Scene::new(0o755, 0o660);
    let passwd = "root:x:0:0::/:/bin/sh\n";
    let host = [passwd, "root:x:0:\n", "passwd: files sss\ngroup: files\n"];
    let found = parsed(&on_a_host_with(host, &["-f", "json"], &scene.path()));
    assert_eq!(found["complete"], false);
    assert!(found["incomplete"].as_str().expect("why").contains("sss"));
    let human = on_a_host_with(host, &[], &scene.path());
    ends(&human, 0, "there may be more users and groups");
}

/// A process that lives until it is dropped.
struct Process(Child);

impl Process {
    /// `None` where it ended at once; else it says that it is ready before it waits.
    fn start(words: &[&str], script: &str, argument: &Path) -> Option<Process> {
        use std::io::Read as _;
        let script = format!("{script}; echo ready; exec sleep 60");
        let shell = ["sh", "-ec", &script, "sh"];
        let mut words = words.iter().chain(&shell).copied();
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).arg(argument);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Process(command.spawn().expect("it starts"));
        let mut said = [0; 5];
        let stdout = process.0.stdout.as_mut().expect("its output");
        stdout.read_exact(&mut said).ok()?;
        Some(process)
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_process_in_another_mount_namespace_goes_its_own_way() {
    if skipped_without_root("a_process_in_another_mount_namespace_goes_its_own_way") {
        return;
    }
    let scene = Scene::new(0o755, 0o600);
    let path = scene.path();
    let hides = r#"mount --make-rprivate /; mount -t tmpfs none "$(dirname "$1")""#;
    let process = Process::start(&["unshare", "-m"], hides, &path).expect("unshare");
    let pid = process.pid();
    let seen = format!("as process {pid} sees it");
    ends(&access(&["--pid", &pid], &path), 3, &seen);
    let found = parsed(&access(&["-f", "json"], &path));
    let processes = found["connect"]["processes"].as_array().expect("a list");
    assert!(processes.iter().all(|it| it["pid"] != process.0.id()));
    let shows = "mount --make-rprivate /; mount -t tmpfs none /mnt";
    let process = Process::start(&["unshare", "-m"], shows, &path).expect("unshare");
    ends(&access(&["--pid", &process.pid()], &path), 0, "may connect");
}

/// The same directory, mounted elsewhere, and nothing of what is mounted below it.
#[test]
fn another_mount_of_our_root_is_another_root() {
    if skipped_without_root("another_mount_of_our_root_is_another_root") {
        return;
    }
    in_a_place_of_its_own(|place| {
        let path = place.join("s");
        let _listener = UnixListener::bind(&path).expect("bind");
        let root = place.join("root");
        std::fs::create_dir(&root).expect("mkdir");
        rustix::mount::mount_bind("/", &root).expect("a bind mount");
        let words = ["chroot", root.to_str().expect("UTF-8")];
        let process = Process::start(&words, "true", &path).expect("chroot");
        let pid = process.pid();
        let seen = format!("as process {pid} sees it");
        ends(&access(&["--pid", &pid], &path), 3, &seen);
        let found = parsed(&access(&["-f", "json"], &path));
        let processes = found["connect"]["processes"].as_array().expect("a list");
        assert!(processes.iter().all(|it| it["pid"] != process.0.id()));
    });
}

/// What a process is let through is judged by the modes of its own way.
#[test]
fn processes_are_judged_by_their_own_way() {
    if skipped_without_root("processes_are_judged_by_their_own_way") {
        return;
    }
    in_a_place_of_its_own(|place| {
        let make = |name: &str, mode| {
            let directory = place.join(name);
            std::fs::create_dir(&directory).expect("mkdir");
            chmod(&directory, mode);
            directory
        };
        let (closed, open) = (make("closed", 0o700), make("open", 0o755));
        let path = closed.join("s");
        let _listener = UnixListener::bind(&path).expect("bind");
        chmod(&path, 0o666);
        let file = open.join("s");
        std::fs::write(&file, "").expect("a file");
        rustix::mount::mount_bind(&path, &file).expect("a bind mount");
        let runs = |script: &str, wanted: bool| {
            let script = format!("mount --make-rprivate /; {script}");
            let as_user =
                "setpriv --reuid=33 --regid=33 --clear-groups sleep 60 & echo $! > $1.pid; ";
            let waits = "until grep -q ^Uid:.33 /proc/$!/status; do :; done";
            let script = format!("{script}; {as_user}{waits}");
            let note = place.join("note");
            let process = Process::start(&["unshare", "-m"], &script, &note).expect("unshare");
            let pid = std::fs::read_to_string(place.join("note.pid")).expect("a pid");
            let pid: u32 = pid.trim().parse().expect("a number");
            let found = parsed(&access(&["-f", "json"], &path));
            let processes = found["connect"]["processes"].as_array().expect("a list");
            let is_listed = processes.iter().any(|it| it["pid"] == pid);
            let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a pid");
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("kill");
            drop(process);
            assert_eq!(is_listed, wanted, "{script}");
        };
        runs("true", false);
        // The very same inode, by a way that is open.
        runs(
            &format!("mount --bind {} {}", open.display(), closed.display()),
            false,
        );
        let bound = format!(
            "mount --bind {0} {1}; : > {1}/s 2>/dev/null || true; mount --bind {2} {1}/s",
            open.display(),
            closed.display(),
            file.display()
        );
        runs(&bound, true);
    });
}

/// Somebody else may have the same file system mounted in another way.
#[test]
fn what_is_read_only_for_the_auditor_alone_protects_nothing() {
    if skipped_without_root("what_is_read_only_for_the_auditor_alone_protects_nothing") {
        return;
    }
    in_a_place_of_its_own(|place| {
        let directory = place.join("open");
        std::fs::create_dir(&directory).expect("mkdir");
        chmod(&directory, 0o777);
        let _listener = UnixListener::bind(directory.join("s")).expect("bind");
        rustix::mount::mount_bind(&directory, &directory).expect("a bind mount");
        let flags = rustix::mount::MountFlags::BIND | rustix::mount::MountFlags::RDONLY;
        rustix::mount::mount_remount(&directory, flags, c"").expect("a read-only mount");
        let audit = Command::new(env!("CARGO_BIN_EXE_sockctl"))
            .args(["audit", "-f", "json"])
            .arg(&directory)
            .output()
            .expect("sockctl");
        let found = parsed(&audit);
        let findings = found["findings"].as_array().expect("findings");
        assert!(
            findings.iter().any(|it| it["code"] == "path-replaceable"),
            "{findings:#?}"
        );
        // Of this view it is said as it is.
        let said = access(&["--user", "nobody"], &directory.join("s"));
        ends(&said, 1, "the mount of");
    });
}

#[test]
fn root_of_a_user_namespace_is_nobody_outside() {
    let test = "root_of_a_user_namespace_is_nobody_outside";
    if skipped_without_root(test) {
        return;
    }
    let scene = Scene::new(0o755, 0o600);
    give(&scene.path(), 1, 1);
    let words = ["setpriv", "--reuid=33", "--regid=33", "--clear-groups"];
    let words = [&words[..], &["unshare", "-r"]].concat();
    let Some(process) = Process::start(&words, "true", &scene.path()) else {
        println!("skipped: {test}: needs user namespaces of everybody");
        return;
    };
    ends(
        &access(&["--pid", &process.pid()], &scene.path()),
        1,
        "may not connect",
    );
    give(&scene.path(), 33, 33);
    ends(
        &access(&["--pid", &process.pid()], &scene.path()),
        0,
        "may connect",
    );
}

#[test]
fn a_thousand_users_and_groups_take_no_time() {
    let test = "a_thousand_users_and_groups_take_no_time";
    if skipped_without_root(test) {
        return;
    }
    let (mut passwd, mut group) = (String::from("root:x:0:0::/:/bin/sh\n"), String::new());
    for number in 0..1000 {
        let id = 20_000 + number;
        writeln!(passwd, "user{number}:x:{id}:{id}::/:/bin/sh").expect("a line");
        writeln!(group, "group{number}:x:{id}:user{}", (number + 1) % 1000).expect("a line");
    }
    let scene = Scene::new(0o755, 0o660);
    give(&scene.path(), 20_000, 20_000);
    let host = [passwd.as_str(), &group, "passwd: files\ngroup: files\n"];
    // The least of several: this machine has other things to do.
    let took = (0..5).map(|_| {
        let found = parsed(&on_a_host_with(host, &["-f", "json"], &scene.path()));
        assert_eq!(
            names(&found["connect"]["users"]),
            ["root", "user0", "user1"]
        );
        Duration::from_millis(found["duration_ms"].as_u64().expect("a number"))
    });
    let least = took.min().expect("five of them");
    // A build without optimisation takes several times as long as the one that counts.
    assert!(least <= Duration::from_millis(100), "{least:?}");
}
