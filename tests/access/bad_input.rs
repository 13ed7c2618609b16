//! What leads nowhere, what cannot be looked at, and what changes meanwhile.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use crate::command::{Scene, WWW_DATA, access, ends};
use crate::skipped_without_root;
use crate::tree::{chmod, set_acl};
use crate::user::{connects_in, plain};

#[test]
fn bad_input_is_told() {
    let scene = Scene::new(0o755, 0o600);
    let place = scene.place.path();
    let say = |path: &Path, code, words: &str| ends(&access(&[], path), code, words);
    say(&place.join("gone"), 3, "ENOENT");
    let first_missing = format!("(ENOENT) at {}", place.join("gone").display());
    say(&place.join("gone/a.sock"), 3, &first_missing);
    symlink("nothing/a.sock", place.join("dangling")).expect("symlink");
    let whither = format!(
        "it goes by the link {}, and {} does not exist",
        place.join("dangling").display(),
        place.join("nothing").display()
    );
    say(&place.join("dangling"), 3, &whither);
    say(&place.join("app"), 1, "it is no socket but a directory");
    say(&place.join("."), 1, "it is no socket but a directory");
    say(Path::new(".././.."), 1, "it is no socket but a directory");
    say(&place.join("app/a.sock/"), 3, "ENOTDIR");
    say(&place.join("app/a.sock/x"), 3, "ENOTDIR");
    say(Path::new("@abstract"), 2, "abstract");
    say(
        Path::new("/proc/self/cwd"),
        3,
        "leads every process elsewhere",
    );
    std::fs::write(place.join("file"), "").expect("a file");
    say(&place.join("file"), 1, "it is no socket but a regular file");
    symlink("loop", place.join("loop")).expect("symlink");
    say(&place.join("loop"), 3, "ELOOP");
    symlink("app/a.sock", place.join("l0")).expect("symlink");
    for number in 1..=40 {
        let (to, link) = (format!("l{}", number - 1), format!("l{number}"));
        symlink(to, place.join(link)).expect("symlink");
    }
    say(&place.join("l39"), 0, "may connect");
    say(&place.join("l40"), 3, "ELOOP");
    let odd = place.join("app/\u{1b}[31m\n.sock");
    let _listener = UnixListener::bind(&odd).expect("bind");
    say(&odd, 0, r"app/\x1b[31m\n.sock");
    for (words, code, says) in [
        (["--user", "no-such-user"], 2, "no such user"),
        (["--user", "007"], 2, "no such user"),
        (["--user", "4294967295"], 2, "no such user"),
        (["--pid", "0"], 2, "--pid"),
        (["--pid", "2147483647"], 2, "no such process"),
    ] {
        ends(&access(&words, &scene.path()), code, says);
    }
}

#[test]
fn a_link_that_nobody_may_follow_leads_nowhere() {
    if skipped_without_root("a_link_that_nobody_may_follow_leads_nowhere") {
        return;
    }
    let scene = Scene::new(0o755, 0o666);
    let script = r#"mount --make-rprivate / && mount -t tmpfs -o nosymfollow none /mnt || exit 99
        ln -s "$1" /mnt/link; ln -s "${1%/*}" /mnt/app
        for way in "$1" /mnt/link /mnt/app/a.sock; do
            "$0" access --user games "$way" >/dev/null; echo $?
        done"#;
    let done = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, env!("CARGO_BIN_EXE_sockctl")])
        .arg(scene.path())
        .output()
        .expect("unshare");
    if done.status.code() == Some(99) {
        println!("skipped: a_link_that_nobody_may_follow_leads_nowhere: no such mounts here");
        return;
    }
    assert_eq!(String::from_utf8_lossy(&done.stdout), "0\n3\n3\n");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("the link /mnt/link: its file system is mounted with nosymfollow"));
    assert!(said.contains("the link /mnt/app:"), "{said}");
}

#[test]
fn what_cannot_be_looked_at_is_never_guessed() {
    if skipped_without_root("what_cannot_be_looked_at_is_never_guessed") {
        return;
    }
    let scene = Scene::new(0o700, 0o666);
    // Its own place may be out of their reach.
    let program = scene.place.path().join("sockctl");
    std::fs::copy(env!("CARGO_BIN_EXE_sockctl"), &program).expect("a copy of the program");
    let by_other = Command::new("setpriv")
        .args(["--reuid=33", "--regid=33", "--clear-groups"])
        .arg(&program)
        .arg("access")
        .arg(scene.path())
        .output();
    let by_other = by_other.expect("setpriv");
    ends(&by_other, 3, "Permission denied (EACCES)");
    assert!(by_other.stdout.is_empty());
    // The kernel takes it, and goes by the first of the two.
    let entry = |tag: u16, bits: u16, id: u32| {
        let parts = [
            &tag.to_le_bytes()[..],
            &bits.to_le_bytes(),
            &id.to_le_bytes(),
        ];
        parts.concat()
    };
    let none = u32::MAX;
    let entries = [
        entry(1, 6, none),
        entry(2, 0, WWW_DATA),
        entry(2, 6, WWW_DATA),
        entry(4, 0, none),
        entry(0x10, 6, none),
        entry(0x20, 0, none),
    ];
    let value = [&2_u32.to_le_bytes()[..], &entries.concat()].concat();
    set_acl(&scene.path(), c"system.posix_acl_access", &value);
    let done = access(&["--user", "www-data"], &scene.path());
    ends(&done, 1, "ACL entry of user www-data: ---");
    let scene = Scene::new(0o755, 0o666);
    set_acl(&scene.path(), c"system.posix_acl_access", &value);
    let www_data = plain(WWW_DATA, &[WWW_DATA]);
    assert!(!connects_in(www_data, &[WWW_DATA], &scene.path()));
    ends(
        &access(&["--user", "www-data"], &scene.path()),
        1,
        "may not connect",
    );
}

#[test]
fn a_link_that_is_swapped_all_the_time_is_told_or_judged_as_one_of_both() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = tempfile::tempdir().expect("a directory");
    for (name, mode) in [("one", 0o600), ("two", 0o666)] {
        let directory = place.path().join(name);
        std::fs::create_dir(&directory).expect("mkdir");
        let path = directory.join("s");
        drop(UnixListener::bind(&path).expect("bind"));
        chmod(&path, mode);
    }
    let over = AtomicBool::new(false);
    let at = |name: &str| place.path().join(name);
    symlink("one", at("way")).expect("symlink");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for to in ["two", "one"] {
                    symlink(to, at("new")).expect("symlink");
                    std::fs::rename(at("new"), at("way")).expect("rename");
                }
            }
        });
        for _ in 0..300 {
            let trail = sockctl::sys::way::trace(&at("way/s"), None);
            let trail = trail.expect("one of both");
            let (node, link) = (&trail.socket, &trail.way.steps);
            let is_open = node.mode.bits() == 0o666;
            assert_eq!(node.path.ends_with("two/s"), is_open, "{link:#?}");
        }
        over.store(true, Ordering::Relaxed);
    });
}
