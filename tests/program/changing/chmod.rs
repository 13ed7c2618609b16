//! `sockctl chmod`

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;
use std::process::Command;

use super::{mode, plain, state};
use crate::support::{NOBODY, Sockctl, World, skipped_without_root};

fn chmod(mode: &str) -> Sockctl {
    plain("chmod").arg(mode)
}

/// With the policy of the world and nothing else.
fn with_policy(world: &World) -> Sockctl {
    plain("chmod")
        .arg("-p")
        .arg(world.root().join("policy.yaml"))
}

#[test]
fn several_sockets_and_what_is_said_of_them() {
    let mut world = World::new();
    let (a, b) = (world.stream("a", 0o666), world.stale("b", 0o600));
    let done = chmod("u=rw,g=rw,o=")
        .args([&a, &b])
        .run()
        .code(0)
        .no_stderr();
    let lines: Vec<String> = done.out().lines().map(str::to_owned).collect();
    assert_eq!(lines[0], format!("chmod   0666 -> 0660  {}", a.display()));
    assert_eq!(lines[1], format!("chmod   0600 -> 0660  {}", b.display()));
    assert_eq!((mode(&a), mode(&b)), (0o660, 0o660));
    chmod("660")
        .args([&a, &b])
        .run()
        .code(0)
        .no_stderr()
        .no_stdout();
}

#[test]
fn json_has_actions() {
    let mut world = World::new();
    let a = world.stream("a", 0o666);
    let gone = world.path("gone");
    let done = chmod("0600")
        .args([&a, &gone])
        .args(["-f", "json"])
        .run()
        .code(3);
    let actions = &done.report().value["actions"];
    assert_eq!(actions[0]["path"].as_str(), a.to_str());
    assert_eq!(actions[0]["action"], "chmod");
    assert_eq!(
        (&actions[0]["from"], &actions[0]["to"]),
        (&"0666".into(), &"0600".into())
    );
    assert_eq!(
        (&actions[0]["done"], actions[0]["why"].is_null()),
        (&true.into(), true)
    );
    assert_eq!(actions[1]["done"], false);
    assert!(
        actions[1]["why"]
            .as_str()
            .is_some_and(|why| why.contains("ENOENT"))
    );
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut world = World::new();
    let a = world.stream("a", 0o666);
    let done = chmod("0600").arg("-n").arg(&a).run().code(0);
    done.stdout_has("would chmod   0666 -> 0600");
    assert_eq!(mode(&a), 0o666);
}

#[test]
fn what_is_no_socket_is_refused_and_not_touched() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let file = world.path("file");
    std::fs::write(&file, "").expect("a file");
    let (link, fifo) = (world.path("link"), world.path("fifo"));
    symlink(&a, &link).expect("a link");
    let kind = rustix::fs::FileType::Fifo;
    let bits = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, kind, bits, 0).expect("a FIFO");
    let directory = world.directory("directory", 0o755);
    for (path, word) in [
        (&file, "regular file"),
        (&link, "symbolic link"),
        (&fifo, "FIFO"),
        (&directory, "directory"),
        (&world.path("directory/"), "directory"),
    ] {
        let before = state(path);
        chmod("0666")
            .arg(path)
            .run()
            .code(1)
            .no_stdout()
            .stderr_has(word);
        assert_eq!(state(path), before);
    }
    assert_eq!(mode(&a), 0o600);
    chmod("0640")
        .arg("/dev/null")
        .run()
        .code(1)
        .stderr_has("character device");
}

#[test]
fn odd_paths_are_told_apart() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let below = a.join("b");
    let slash = Path::new(OsStr::from_bytes(
        &[a.as_os_str().as_bytes(), b"/"].concat(),
    ))
    .to_owned();
    let long = world.path("x".repeat(256));
    let longer = world.root().join("d/".repeat(2000));
    for (path, code, word) in [
        (world.path("gone"), 3, "ENOENT"),
        (below, 3, "ENOTDIR"),
        (slash, 3, "ENOTDIR"),
        (long, 3, "ENAMETOOLONG"),
        (longer, 3, "ENOENT"),
        (Path::new("-").to_owned(), 2, "write ./-"),
        (Path::new("").to_owned(), 2, ""),
    ] {
        chmod("0640")
            .arg(&path)
            .run()
            .code(code)
            .no_stdout()
            .stderr_has(word);
    }
    assert_eq!(mode(&a), 0o600);
    for name in ["\u{1b}[31m", "a b\n", "-R", "\u{e9}"] {
        let path = world.stream(name, 0o600);
        let done = chmod("0640").arg("--").arg(&path).run().code(0);
        assert!(!done.out().contains('\u{1b}'), "{}", done.shown());
        assert_eq!(mode(&path), 0o640);
    }
    let path = world.stream(OsStr::from_bytes(b"\xff"), 0o600);
    let done = chmod("0640").arg(&path).args(["-f", "json"]).run().code(0);
    assert!(done.report().value["actions"][0]["path_hex"].is_string());
}

#[test]
fn wrong_words_are_2_and_change_nothing() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    for word in ["0888", "", "77777", "-1", "u=q", "g", "0x1b0"] {
        let done = plain("chmod").args(["--", word]).arg(&a).run().code(2);
        done.no_stdout();
        assert_eq!(mode(&a), 0o600);
    }
    plain("chmod").arg("0660").run().code(2);
    plain("chmod")
        .arg("--from-policy")
        .run()
        .code(2)
        .stderr_has("no PATH");
}

#[test]
fn a_wrong_word_is_answered_with_the_reason() {
    for (words, reason) in [
        (
            ["create", "--mode", "-1", "x"].as_slice(),
            "a mode is octal (0660) or symbolic",
        ),
        (
            &["create", "--owner", "-1", "x"],
            "does not begin with a sign",
        ),
        (&["chmod", "-1", "x"], "a mode is no negative number"),
        (&["chown", "-1", "x"], "does not begin with a sign"),
        (&["clean", "--older-than", "-1", "x"], "a length of time is"),
        (&["probe", "--timeout", "-1s", "x"], "a length of time is"),
        (&["chmod", "0600", ""], "a PATH is empty"),
        (&["create", ""], "a PATH is empty"),
        (&["clean", ""], "a PATH is empty"),
        (&["apply", ""], "a PATH is empty"),
    ] {
        let done = Sockctl::new().args(words).run().code(2).no_stdout();
        let done = done.stderr_has(reason);
        assert!(!done.err().contains("to pass"), "{}", done.shown());
    }
}

#[test]
fn a_tree_has_its_sockets_changed_and_nothing_else() {
    let mut world = World::new();
    world.directory("d/e", 0o755);
    let (a, b) = (world.stream("d/a", 0o666), world.datagram("d/e/b", 0o606));
    let outside = world.stream("outside", 0o666);
    let file = world.path("d/file");
    std::fs::write(&file, "").expect("a file");
    super::super::support::chmod(&file, 0o644);
    symlink(&outside, world.path("d/link")).expect("a link");
    symlink(world.run(), world.path("d/e/up")).expect("a link");
    let d = world.path("d");
    chmod("o=").arg("-R").arg(&d).run().code(0).no_stderr();
    assert_eq!((mode(&a), mode(&b)), (0o660, 0o600));
    assert_eq!(
        (mode(&outside), mode(&file), mode(&d)),
        (0o666, 0o644, 0o755)
    );
    chmod("0600").arg("-R").arg(&outside).run().code(0);
    assert_eq!((mode(&a), mode(&outside)), (0o660, 0o600));
}

#[test]
fn wider_than_the_policy_is_refused() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    let a = world.stream("a", 0o600);
    let run = |word: &str| with_policy(&world).arg(word).arg(&a).run();
    run("0666")
        .code(1)
        .no_stdout()
        .stderr_has("0666 is wider than 0660");
    run("o+w").code(1).stderr_has("(app, ");
    assert_eq!(mode(&a), 0o600);
    run("0620").code(0);
    assert_eq!(mode(&a), 0o620);
    let link = world.root().join("way");
    symlink(world.run(), &link).expect("a link");
    let round = link.join("a");
    with_policy(&world).arg("0606").arg(&round).run().code(1);
    with_policy(&world)
        .args(["0606", "--force"])
        .arg(&round)
        .run()
        .code(0);
    assert_eq!(mode(&a), 0o606);
}

#[test]
fn the_mode_of_the_policy() {
    let mut world = World::new();
    world.rules(
        "- { id: exact, paths: ['{run}/exact'], mode: 0660 }\n\
         - { id: most, paths: ['{run}/most'], max-mode: 0660 }",
    );
    let exact = world.stream("exact", 0o602);
    let most = world.stream("most", 0o622);
    let other = world.stream("other", 0o777);
    let run = |paths: &[&Path]| with_policy(&world).arg("--from-policy").args(paths).run();
    run(&[&exact, &most]).code(0).no_stderr();
    assert_eq!((mode(&exact), mode(&most)), (0o660, 0o620));
    run(&[&other]).code(1).stderr_has("no policy says");
    let tree = world.run();
    with_policy(&world)
        .args(["-R", "--from-policy"])
        .arg(&tree)
        .run()
        .code(0)
        .no_stderr();
    assert_eq!(mode(&other), 0o777);
}

#[test]
fn several_names_are_refused() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    std::fs::hard_link(&a, world.path("b")).expect("a hard link");
    chmod("0660").arg(&a).run().code(1).stderr_has("2 names");
    assert_eq!(mode(&a), 0o600);
    chmod("0660").arg("--force").arg(&a).run().code(0);
    assert_eq!(mode(&a), 0o660);
}

#[test]
fn an_acl_is_said_to_make_the_mode_its_mask() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let set = Command::new("setfacl")
        .args(["-m", "u:77:rw,g::r"])
        .arg(&a)
        .status();
    if !set.is_ok_and(|status| status.success()) {
        println!("skipped: an_acl_is_said_to_make_the_mode_its_mask: needs setfacl and ACLs");
        return;
    }
    chmod("0620")
        .arg(&a)
        .run()
        .code(0)
        .stderr_has("user:77:rw-");
    let done = chmod("0600").arg("-q").arg(&a).run().code(0);
    done.no_stderr();
}

/// What was there is told too where it was refused.
#[test]
fn json_of_what_was_refused() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    let (a, dead) = (world.stream("a", 0o600), world.stale("dead", 0o600));
    let file = world.path("file");
    std::fs::write(&file, "").expect("a file");
    let from = |words: &[&str], path: &Path| {
        let sockctl = Sockctl::new().args(words).arg("--no-builtin").arg("-p");
        let sockctl = sockctl.arg(world.root().join("policy.yaml")).arg(path);
        let done = sockctl.args(["-f", "json"]).run().code(1);
        done.report().value["actions"][0]["from"]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(from(&["chmod", "0666"], &a).expect("known"), "0600");
    assert_eq!(from(&["clean"], &a).expect("known"), "live");
    assert_eq!(from(&["clean"], &file).expect("known"), "regular file");
    assert_eq!(from(&["create"], &file).expect("known"), "regular file");
    assert!(
        from(&["create"], &dead)
            .expect("known")
            .starts_with("stale 0600 ")
    );
}

#[test]
fn what_could_not_be_looked_at_is_no_result() {
    if skipped_without_root("what_could_not_be_looked_at_is_no_result") {
        return;
    }
    let mut world = World::new();
    world.directory("shut", 0o700);
    lchown(world.stream("a", 0o666), Some(NOBODY), None).expect("chown");
    let sockctl = world.other().args(["chmod", "--no-builtin", "-R", "0600"]);
    let done = sockctl.arg(world.run()).run().code(3).stderr_has("shut: ");
    assert_eq!(done.out().lines().count(), 1, "{}", done.shown());
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    if skipped_without_root("what_is_not_ours_is_left_as_it_is") {
        return;
    }
    let mut world = World::new();
    let theirs = world.stream("theirs", 0o666);
    let hidden = world.directory("hidden", 0o700);
    world.stream("hidden/a", 0o666);
    let run = |path: &Path| {
        let sockctl = world.other().args(["chmod", "--no-builtin", "0600"]);
        sockctl.arg(path).run().code(3).no_stdout()
    };
    run(&theirs).stderr_has("EPERM");
    run(&hidden.join("a")).stderr_has("EACCES");
    assert_eq!((mode(&theirs), mode(&hidden.join("a"))), (0o666, 0o666));
    lchown(&theirs, Some(NOBODY), None).expect("chown");
    let sockctl = world.other().args(["chmod", "--no-builtin", "0600"]);
    sockctl.arg(&theirs).run().code(0);
    assert_eq!(mode(&theirs), 0o600);
}

#[test]
fn on_a_read_only_mount_it_says_so() {
    if skipped_without_root("on_a_read_only_mount_it_says_so") {
        return;
    }
    let mut world = World::new();
    let (a, run) = (world.stream("a", 0o666), world.run());
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" || exit 99
        exec \"$0\" chmod --no-builtin 0600 \"$1/a\"";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_sockctl")])
        .arg(&run)
        .output()
        .expect("unshare");
    if output.status.code() == Some(99) || output.status.code() == Some(1) {
        println!("skipped: on_a_read_only_mount_it_says_so: cannot mount");
        return;
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("EROFS"), "{said}");
    assert_eq!(mode(&a), 0o666);
}
