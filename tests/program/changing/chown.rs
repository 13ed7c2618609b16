//! `sockctl chown`

use std::os::unix::fs::{lchown, symlink};

use super::{plain, state};
use crate::support::{NOBODY, Sockctl, World, chmod, skipped_without_root};

fn with_policy(world: &World) -> Sockctl {
    plain("chown")
        .arg("-p")
        .arg(world.root().join("policy.yaml"))
}

#[test]
fn what_is_not_exactly_a_name_or_a_number_is_2() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let before = state(&a);
    for word in [
        "",
        ":",
        "root:",
        "::",
        "a:b:c",
        " 5",
        "5 ",
        "+5",
        "-1",
        "007",
        "4294967295",
        "4294967296",
        "18446744073709551616",
        "root: 5",
        ":+5",
        "root:-1",
        ":4294967295",
        "no-such-user-here",
        ":no-such-group-here",
        "root:no-such-group-here",
        "a\nb",
        "root\u{a0}",
    ] {
        for options in [&[][..], &["--force"]] {
            let sockctl = plain("chown").args(options).args(["--", word]).arg(&a);
            let done = sockctl.run().code(2).no_stdout();
            assert!(!done.err().is_empty(), "{word:?}");
            assert_eq!(state(&a), before, "{word:?}");
        }
    }
}

#[test]
fn names_are_looked_up_before_anything_is_touched() {
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let before = state(&a);
    let gone = world.path("gone");
    let done = plain("chown")
        .arg("ghost-user")
        .args([&gone, &a])
        .run()
        .code(2);
    assert!(!done.err().contains("gone"), "{}", done.shown());
    assert_eq!(state(&a), before);
}

#[test]
fn what_is_not_named_is_kept() {
    if skipped_without_root("what_is_not_named_is_kept") {
        return;
    }
    let mut world = World::new();
    let a = world.stream("a", 0o660);
    let run = |word: &str| plain("chown").arg(word).arg(&a).run().code(0);
    run("www-data:7").stdout_has("root:root -> www-data:");
    assert_eq!(state(&a), (0o660, 33, 7));
    run(":daemon");
    assert_eq!(state(&a), (0o660, 33, 1));
    run("4000000000");
    assert_eq!(state(&a), (0o660, 4_000_000_000, 1));
    run("4000000000:1").no_stdout();
    // As chown(2) has it, and said.
    chmod(&a, 0o6660);
    run("0").stderr_has("set-id");
    assert_eq!(state(&a), (0o2660, 0, 1));
}

#[test]
fn only_sockets_and_only_the_one_that_was_named() {
    if skipped_without_root("only_sockets_and_only_the_one_that_was_named") {
        return;
    }
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    let (link, file) = (world.path("link"), world.path("file"));
    symlink(&a, &link).expect("a link");
    std::fs::write(&file, "").expect("a file");
    for path in [&link, &file] {
        let before = state(path);
        plain("chown")
            .arg("7:8")
            .arg(path)
            .run()
            .code(1)
            .no_stdout();
        assert_eq!(state(path), before);
    }
    assert_eq!(state(&a), (0o600, 0, 0));
    std::fs::hard_link(&a, world.path("b")).expect("a hard link");
    plain("chown")
        .arg("7:8")
        .arg(&a)
        .run()
        .code(1)
        .stderr_has("2 names");
    assert_eq!(state(&a), (0o600, 0, 0));
}

#[test]
fn the_owner_of_the_policy() {
    if skipped_without_root("the_owner_of_the_policy") {
        return;
    }
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/a'], owner: [games:tty, www-data] }\n\
         - { id: dynamic, paths: ['{run}/d'], owner: dynamic }\n\
         - { id: ghost, paths: ['{run}/g'], owner: ghost-user }",
    );
    let a = world.stream("a", 0o600);
    let run = |word: &str| with_policy(&world).arg(word).arg(&a).run();
    run("daemon").code(1).no_stdout().stderr_has("(app, ");
    assert_eq!(state(&a).1, 0);
    run("--from-policy").code(0);
    assert_eq!(state(&a), (0o600, 5, 5));
    run("www-data:daemon").code(0);
    run("--from-policy").code(0).no_stdout();
    assert_eq!(state(&a), (0o600, 33, 1));
    with_policy(&world)
        .args(["daemon", "--force"])
        .arg(&a)
        .run()
        .code(0);
    assert_eq!(state(&a).1, 1);

    let (d, g) = (world.stream("d", 0o600), world.stream("g", 0o600));
    let other = world.stream("other", 0o600);
    let from_policy = |path| with_policy(&world).arg("--from-policy").arg(path).run();
    from_policy(&d).code(3).stderr_has("61184-65519");
    lchown(&d, Some(61184), None).expect("chown");
    from_policy(&d).code(0).no_stdout();
    from_policy(&g).code(3).stderr_has("no user ghost-user");
    from_policy(&other).code(1).stderr_has("no policy says");
}

#[test]
fn who_may_not_is_told_so() {
    if skipped_without_root("who_may_not_is_told_so") {
        return;
    }
    let mut world = World::new();
    let a = world.stream("a", 0o600);
    lchown(&a, Some(NOBODY), Some(NOBODY)).expect("chown");
    let run = |word: &str| {
        let sockctl = world.other().args(["chown", "--no-builtin", word]);
        sockctl.arg(&a).run()
    };
    run("root").code(3).no_stdout().stderr_has("EPERM");
    run(":root").code(3).stderr_has("EPERM");
    run("nobody:nogroup").code(0).no_stdout();
    assert_eq!(state(&a), (0o600, NOBODY, NOBODY));
}

#[test]
fn a_tree() {
    if skipped_without_root("a_tree") {
        return;
    }
    let mut world = World::new();
    world.directory("d/e", 0o755);
    let (a, b) = (world.stream("d/a", 0o666), world.datagram("d/e/b", 0o606));
    let file = world.path("d/file");
    std::fs::write(&file, "").expect("a file");
    let tree = world.path("d");
    plain("chown")
        .args(["-R", "games"])
        .arg(&tree)
        .run()
        .code(0)
        .no_stderr();
    assert_eq!((state(&a).1, state(&b).1), (5, 5));
    assert_eq!((state(&file).1, state(&tree).1), (0, 0));
}
