//! Other views of the file system than ours: mounts, roots and user namespaces of others.

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::agrees::in_a_place_of_its_own;
use crate::command::{Scene, access, ends};
use crate::hosts::parsed;
use crate::skipped_without_root;
use crate::tree::{chmod, give};

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

/// Whether that process is told among those that run and may connect.
fn may_connect(pid: u32, path: &Path) -> bool {
    let found = parsed(&access(&["-f", "json"], path));
    let processes = found["connect"]["processes"].as_array().expect("a list");
    processes.iter().any(|it| it["pid"] == pid)
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
    assert!(!may_connect(process.0.id(), &path));
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
        assert!(!may_connect(process.0.id(), &path));
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
            let is_listed = may_connect(pid, &path);
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
