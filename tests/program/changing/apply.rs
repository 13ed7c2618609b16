//! `sockctl apply`

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::PathBuf;
use std::process::Command;

use super::{mode, state};
use crate::support::{NOBODY, Sockctl, World, skipped_without_root};

fn apply(world: &World) -> Sockctl {
    by(world, Sockctl::new())
}

fn by(world: &World, sockctl: Sockctl) -> Sockctl {
    sockctl
        .args(["apply", "--no-builtin", "-p"])
        .arg(world.root().join("policy.yaml"))
        .arg(world.run())
}

#[test]
fn modes_and_owners_are_mended_and_looked_at_again() {
    if skipped_without_root("modes_and_owners_are_mended_and_looked_at_again") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/**'], mode: 0660, owner: 'games:www-data' }");
    let a = world.stream("a", 0o606);
    let b = world.stream("b", 0o660);
    lchown(&b, Some(5), Some(33)).expect("chown");
    let report = apply(&world).args(["-f", "json"]).run().code(0).report();
    report.verdict("pass");
    let actions = report.value["actions"].as_array().expect("actions");
    let words: Vec<String> = actions
        .iter()
        .map(|action| {
            assert_eq!(action["path"].as_str(), a.to_str());
            assert_eq!(action["done"], true);
            let said = |key: &str| action[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", said("action"), said("from"), said("to"))
        })
        .collect();
    assert_eq!(
        words,
        [
            "chmod 0606 0600",
            "chown root:root games:www-data",
            "chmod 0600 0660"
        ]
    );
    assert_eq!((state(&a), state(&b)), ((0o660, 5, 33), (0o660, 5, 33)));
    let done = apply(&world).run().code(0).stdout_has("PASS");
    assert!(!done.out().contains("chmod"), "{}", done.shown());
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/*'], max-mode: 0660 }\n\
         - { id: kind, paths: ['{run}/kind'], type: dgram }",
    );
    let a = world.stream("a", 0o666);
    apply(&world)
        .arg("-n")
        .run()
        .code(0)
        .stdout_has("would chmod   0666 -> 0660");
    let report = apply(&world)
        .args(["-n", "-f", "json"])
        .run()
        .code(0)
        .report();
    report.verdict("pass");
    assert_eq!(report.value["actions"][0]["done"], false);
    assert!(report.value["actions"][0]["why"].is_null());
    assert_eq!(mode(&a), 0o666);
    // What no plan mends is still an answer of no, and is shown.
    world.stream("kind", 0o600);
    apply(&world)
        .arg("-n")
        .run()
        .code(1)
        .stdout_has("type-mismatch")
        .stdout_has("FAIL: 1 finding");
    let report = apply(&world)
        .args(["-n", "-f", "json"])
        .run()
        .code(1)
        .report();
    report.verdict("fail");
    report.says_in_all(&["type-mismatch"]);
    apply(&world).run().code(1).stdout_has("type-mismatch");
    assert_eq!(mode(&a), 0o660);
}

#[test]
fn only_what_was_asked_for() {
    if skipped_without_root("only_what_was_asked_for") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], mode: 0660, owner: games, liveness: live }");
    let a = world.stale("a", 0o666);
    apply(&world)
        .args(["--only", "owner"])
        .run()
        .code(1)
        .stdout_has("for --only mode, which was not asked for");
    assert_eq!(state(&a), (0o666, 5, 0));
    apply(&world).args(["--only", "mode,owner"]).run().code(0);
    assert_eq!(state(&a), (0o660, 5, 0));
    // A stale file stays unless that is asked for.
    apply(&world).run().code(0).stdout_has("stale");
    assert_eq!(state(&a), (0o660, 5, 0));
    apply(&world).args(["--only", "nonsense"]).run().code(2);
    Sockctl::new().arg("apply").run().code(2);
}

#[test]
fn what_only_the_program_says_is_not_acted_on_unless_asked() {
    let mut world = World::new();
    world.rules("- { id: mine, paths: ['{run}/mine'], max-mode: 0600 }");
    let (mine, other) = (world.stream("mine", 0o666), world.stream("other", 0o666));
    let run = |options: &[&str]| {
        Sockctl::new()
            .args(["apply", "-p"])
            .arg(world.root().join("policy.yaml"))
            .args(options)
            .arg(world.run())
            .run()
    };
    run(&["-n"]).code(1).stdout_has("with --builtin-too only");
    let done = run(&[]).code(1).stdout_has("builtin:");
    done.stdout_has("with --builtin-too only");
    assert_eq!((mode(&mine), mode(&other)), (0o600, 0o666));
    let done = run(&["--builtin-too"]).code(0);
    assert!(
        !done.out().contains("with --builtin-too"),
        "{}",
        done.shown()
    );
    assert_eq!(mode(&mine), 0o600);
    assert_ne!(mode(&other), 0o666);
}

#[test]
fn what_is_waived_stays() {
    let mut world = World::new();
    world.policy(
        "version: 1\nrules:\n- { id: app, paths: ['{run}/*'], mode: 0660 }\n\
         waivers:\n- { finding: mode-too-wide, paths: ['{run}/waived'], reason: ticket }\n\
         - { finding: mode-too-wide, paths: ['{run}/over'], reason: t, until: 2020-01-01 }\n",
    );
    let (waived, over) = (world.stream("waived", 0o666), world.stream("over", 0o666));
    apply(&world).run().code(1).stdout_has("waiver-expired");
    assert_eq!((mode(&waived), mode(&over)), (0o666, 0o660));
}

#[test]
fn an_acl_goes_where_the_policy_forbids_it() {
    let mut world = World::new();
    let rule = |acl: &str| format!("- {{ id: app, paths: ['{{run}}/*'], acl: {acl} }}");
    let a = world.stream("a", 0o600);
    let set = Command::new("setfacl")
        .args(["-m", "u:77:rw,g::r"])
        .arg(&a)
        .status();
    if !set.is_ok_and(|status| status.success()) {
        println!("skipped: an_acl_goes_where_the_policy_forbids_it: needs setfacl and ACLs");
        return;
    }
    let entries = || {
        let output = Command::new("getfacl").arg("-cp").arg(&a).output();
        String::from_utf8(output.expect("getfacl").stdout).expect("text")
    };
    world.rules(&rule("allow"));
    apply(&world).run().code(0);
    assert!(entries().contains("user:77:rw-"));
    world.rules(&rule("forbid"));
    let others = apply(&world).args(["--only", "mode,owner"]).run().code(1);
    others.stdout_has("acl-grants").stdout_has("--only acl");
    assert!(entries().contains("user:77:rw-"));
    apply(&world)
        .arg("-n")
        .run()
        .code(0)
        .stdout_has("user:77:rw-");
    apply(&world).run().code(0).stdout_has("acl");
    assert!(!entries().contains("77"), "{}", entries());
    // The group has what its own entry gave it, and not what was the mask.
    assert_eq!(mode(&a), 0o640);
}

/// A directory of root:games 0750 with a socket of theirs in it, a policy that wants it 0666, and
/// an ACL entry that lets nobody through.
fn kept_by_the_directory(name: &str) -> Option<(World, PathBuf)> {
    if skipped_without_root(name) {
        return None;
    }
    let mut world = World::new();
    let directory = world.run().clone();
    lchown(&directory, Some(0), Some(60)).expect("chown");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o750)).expect("chmod");
    world.policy(
        "version: 1\nroles: { games: { groups: [games] } }\nrules:\n\
         - { id: app, paths: ['{run}/*'], mode: 0666, connect: [games], acl: forbid }\n",
    );
    let a = world.stream("a", 0o660);
    lchown(&a, Some(5), Some(60)).expect("chown");
    let set = Command::new("setfacl")
        .args(["-m", "u:nobody:x"])
        .arg(&directory)
        .status();
    if !set.is_ok_and(|status| status.success()) {
        println!("skipped: {name}: needs setfacl and ACLs");
        return None;
    }
    Some((world, a))
}

#[test]
fn a_mode_that_lets_somebody_in_is_not_given() {
    let name = "a_mode_that_lets_somebody_in_is_not_given";
    let Some((world, a)) = kept_by_the_directory(name) else {
        return;
    };
    let line = format!("first setfacl -n -x user:nobody {}", world.run().display());
    for dry_run in [true, false] {
        let arguments = dry_run.then_some("-n");
        let done = apply(&world).args(arguments).run().code(0);
        done.stdout_has("mode-mismatch")
            .stdout_has("PASS")
            .stderr_has("with 0666 there would be access-unexpected")
            .stderr_has(&line);
        assert_eq!(mode(&a), 0o660);
    }
    // Where nothing is in the way of it, it is given.
    let removed = Command::new("setfacl")
        .args(["-x", "u:nobody"])
        .arg(world.run())
        .status();
    assert!(removed.expect("setfacl").success());
    for dry_run in [true, false] {
        let arguments = dry_run.then_some("-n");
        let done = apply(&world).args(arguments).run().code(0);
        assert!(!done.out().contains("mode-mismatch"), "{}", done.shown());
    }
    assert_eq!(mode(&a), 0o666);
}

#[test]
fn an_entry_that_a_mode_would_wake_is_seen_at_a_live_socket_too() {
    let name = "an_entry_that_a_mode_would_wake_is_seen_at_a_live_socket_too";
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], mode: 0660, acl: forbid }");
    let path = world.stream("a.sock", 0o600);
    let set = Command::new("setfacl")
        .args(["-m", "u:nobody:rw,m::---"])
        .arg(&path)
        .status();
    if !set.is_ok_and(|status| status.success()) {
        println!("skipped: {name}: needs setfacl and ACLs");
        return;
    }
    let only_mode = || apply(&world).args(["--only", "mode"]);
    only_mode()
        .run()
        .stderr_has("with 0660 there would be acl-grants");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_is_there_already_is_shut_out_by_the_entry_and_not_by_a_mode_below_the_policys() {
    let name = "what_is_there_already_is_shut_out_by_the_entry_and_not_by_a_mode_below_the_policys";
    let Some((world, a)) = kept_by_the_directory(name) else {
        return;
    };
    fs::set_permissions(&a, fs::Permissions::from_mode(0o666)).expect("chmod");
    let line = format!("setfacl -n -x user:nobody {}", world.run().display());
    for dry_run in [true, false] {
        let arguments = dry_run.then_some("-n");
        let report = apply(&world)
            .args(arguments)
            .args(["-f", "json"])
            .run()
            .code(1)
            .report();
        report.says_in_all(&["acl-grants", "access-unexpected"]);
        let findings = report.value["findings"].as_array().expect("findings");
        for finding in findings {
            assert_eq!(finding["fix"].as_str(), Some(line.as_str()));
        }
    }
    assert_eq!(mode(&a), 0o666);
}

#[test]
fn what_cannot_be_chosen_or_done_is_said() {
    if skipped_without_root("what_cannot_be_chosen_or_done_is_said") {
        return;
    }
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], mode: 0660, owner: dynamic }");
    let a = world.stream("a", 0o666);
    apply(&world).run().code(1).stderr_has("61184-65519");
    assert_eq!(state(&a), (0o660, 0, 0));

    // Its owner may change its mode and not give it away: the mode is not left half done.
    world.rules("- { id: app, paths: ['{run}/*'], mode: 0660, owner: 'root:root' }");
    lchown(&a, Some(NOBODY), Some(NOBODY)).expect("chown");
    crate::support::chmod(&a, 0o606);
    let done = by(&world, world.other())
        .arg("--trust-policy")
        .run()
        .code(1);
    done.stderr_has("EPERM").stderr_has("taken back");
    assert_eq!(state(&a), (0o606, NOBODY, NOBODY));
}

#[test]
fn several_names_are_left_alone() {
    let mut world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    let a = world.stream("a", 0o666);
    std::fs::hard_link(&a, world.root().join("b")).expect("a hard link");
    let done = apply(&world).run().code(1).stderr_has("2 names");
    let done = done.stderr_has("sockctl chmod and sockctl chown do it with --force");
    assert!(!done.out().starts_with('\n'), "{}", done.shown());
    assert_eq!(mode(&a), 0o666);
}

#[test]
fn stale_files_go_when_that_was_asked_for() {
    let mut world = World::new();
    world.rules(
        "- { id: app, paths: ['{run}/*'], liveness: live }\n\
         - { id: any, paths: ['{run}/any'], liveness: any }",
    );
    let (dead, sticky) = (world.stale("dead", 0o660), world.stale("sticky", 0o1660));
    let (any, live) = (world.stale("any", 0o660), world.stream("live", 0o660));
    let run = |options: &[&str]| apply(&world).args(["--only", "stale"]).args(options).run();
    let done = run(&["-n"]).code(0).stderr_has("sticky");
    let out = done.out();
    let (planned, left) = out.split_once("\n\n").expect("two parts");
    assert_eq!(planned, format!("would remove  stale  {}", dead.display()));
    let shown = |path: &std::path::Path| left.contains(path.to_str().expect("text"));
    assert!(shown(&sticky) && !shown(&dead), "{left}");
    assert!(dead.exists());
    run(&["--fail-on", "low"])
        .code(1)
        .stdout_has("remove  stale")
        .stderr_has("sticky");
    let there = [&dead, &sticky, &any, &live].map(|path| path.exists());
    assert_eq!(there, [false, true, true, true]);
}

#[test]
fn nothing_there_is_said_plainly() {
    let world = World::new();
    world.rules("- { id: app, paths: ['{run}/*'], max-mode: 0660 }");
    apply(&world).run().code(0);
    let gone = world.path("gone");
    let policy = world.root().join("policy.yaml");
    let sockctl = Sockctl::new().args(["apply", "--no-builtin", "-p"]);
    sockctl.arg(policy).arg(gone).run().code(3);
}
