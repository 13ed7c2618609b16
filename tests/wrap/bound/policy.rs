//! What a policy says against the sockets of a command, and what follows.

use std::os::unix::fs::MetadataExt;

use super::scene::{IDLES, Scene, answers, cannot_run};
use crate::support::{chmod, run};

const WIDE: [&str; 6] = ["bind", "{run}/s", "listen", "chmod", "{run}/s", "777"];

#[test]
fn what_everybody_can_connect_to_is_refused() {
    if cannot_run("what_everybody_can_connect_to_is_refused") {
        return;
    }
    let scene = Scene::new();
    for options in [vec![scene.expect("s")], vec![]] {
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (said, _) = scene.start(&options, &WIDE).ends_with(77);
        assert!(said.contains("mode-too-wide"), "{said}");
        assert!(said.contains("sockctl chmod 0775"), "{said}");
        assert!(!said.contains("is ready"), "{said}");
        assert!(!scene.is_there("s"));
    }
}

/// Between listen() and chmod() it has a lot to do.
#[test]
fn a_busy_server_is_waited_for() {
    if cannot_run("a_busy_server_is_waited_for") {
        return;
    }
    let scene = Scene::new();
    let words = [
        "bind", "{run}/s", "listen", "spin", "0.2", "chmod", "{run}/s", "777",
    ];
    let (said, _) = scene.start(&[&scene.expect("s")], &words).ends_with(77);
    assert!(said.contains("mode-too-wide"), "{said}");
}

#[test]
fn it_is_mended_with_fix_and_passes_with_log() {
    if cannot_run("it_is_mended_with_fix_and_passes_with_log") {
        return;
    }
    let scene = Scene::new();
    for options in [vec![scene.expect("s")], vec![]] {
        for (mode, mended) in [("fix", 0o775), ("log", 0o777)] {
            let on_violation = format!("--on-violation={mode}");
            let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
            options.push(&on_violation);
            let mut wrapped = scene.start(&options, &WIDE);
            wrapped.says("mode-too-wide");
            wrapped.is_ready();
            assert_eq!(scene.facts("s").0, mended, "{mode}");
            assert!(answers(&scene.path("s")));
            wrapped.stops();
            assert!(!scene.is_there("s"));
        }
    }
}

#[test]
fn afterwards_it_is_logged_mended_or_stopped_for() {
    if cannot_run("afterwards_it_is_logged_mended_or_stopped_for") {
        return;
    }
    let scene = Scene::new();
    let words = ["bind", "{run}/s", "listen"];
    for mode in ["refuse", "log", "fix", "stop"] {
        let on_violation = format!("--on-violation={mode}");
        let mut wrapped = scene.start(&[&scene.expect("s"), &on_violation], &words);
        wrapped.is_ready();
        chmod(&scene.path("s"), 0o777);
        if mode == "stop" {
            let (said, _) = wrapped.ends_with(77);
            assert!(said.contains("mode-too-wide"), "{said}");
        } else {
            wrapped.says("mode-too-wide");
            if mode == "fix" {
                wrapped.says("mended: chmod 0777 -> 0775");
                assert_eq!(scene.facts("s").0, 0o775);
            } else {
                assert_eq!(scene.facts("s").0, 0o777);
            }
            wrapped.stops();
        }
        assert!(!scene.is_there("s"), "{mode}");
    }
}

#[test]
fn the_users_own_policy_decides_and_waivers_hold() {
    if cannot_run("the_users_own_policy_decides_and_waivers_hold") {
        return;
    }
    let scene = Scene::new();
    // The server makes the socket in a directory of its own.
    let rule = "  - {id: app, paths: ['{run}/s'], mode: 0660, owner: 'games:nogroup', \
                replace: [server]}\nroles: {server: {users: [nobody]}}\n";
    let words = &["bind", "{run}/s", "listen", "chmod", "{run}/s", "660"];
    let policy = scene.policy(rule);
    let (said, _) = scene
        .start(&[&scene.expect("s"), &policy], words)
        .ends_with(77);
    assert!(
        said.contains("owner-mismatch, high") && said.contains("app"),
        "{said}"
    );
    let options = [&scene.expect("s"), &policy, "--on-violation=fix"];
    let mut wrapped = scene.start(&options, words);
    wrapped.is_ready();
    let file = std::fs::symlink_metadata(scene.path("s")).unwrap();
    assert_eq!(
        (file.uid(), file.gid(), file.mode() & 0o777),
        (5, 65534, 0o660)
    );
    wrapped.stops();
    assert!(!scene.is_there("s"));
    let waived = format!(
        "{rule}waivers:\n  - {{finding: owner-mismatch, paths: ['{{run}}/s'], reason: ticket}}\n"
    );
    let policy = scene.policy(&waived);
    let mut wrapped = scene.start(&[&scene.expect("s"), &policy], words);
    wrapped.is_ready();
    wrapped.stops();
}

#[test]
fn what_cannot_be_mended_is_refused() {
    if cannot_run("what_cannot_be_mended_is_refused") {
        return;
    }
    let scene = Scene::new();
    let policy = scene.policy("  - {id: app, paths: ['{run}/s'], listener: {user: games}}\n");
    let options = [&scene.expect("s"), &policy, "--on-violation=fix"];
    let (said, _) = scene
        .start(&options, &["bind", "{run}/s", "listen"])
        .ends_with(77);
    assert!(said.contains("listener-mismatch"), "{said}");
    assert!(said.contains("could not be mended"), "{said}");
    assert!(!scene.is_there("s"));
}

/// Those who are meant to connect have to be able to before it is ready.
#[test]
fn those_in_connect_can_connect_before_it_is_ready() {
    if cannot_run("those_in_connect_can_connect_before_it_is_ready") {
        return;
    }
    let scene = Scene::new();
    let with = |keys: &str| {
        let rule = format!("  - {{id: app, paths: ['{{run}}/s'], connect: [web]{keys}}}\n");
        scene.policy(&format!("{rule}roles: {{web: {{users: [games]}}}}\n"))
    };
    let words = &["bind", "{run}/s", "listen", "chmod", "{run}/s", "600"];
    let expected = scene.expect("s");
    let (said, _) = scene.start(&[&expected, &with("")], words).ends_with(77);
    let missing = "access-missing, medium: games cannot connect: has no w on the socket";
    assert!(said.contains(missing), "{said}");
    assert!(!said.contains("is ready"), "{said}");

    let mut wrapped = scene.start(&[&expected, &with(""), "--on-violation=log"], words);
    wrapped.says("access-missing");
    wrapped.is_ready();
    wrapped.stops();

    let minor = with(", severity: {access-missing: low}");
    let mut wrapped = scene.start(&[&expected, &minor], words);
    wrapped.is_ready();
    wrapped.stops();

    let mended = with(", mode: 0660, owner: 'nobody:games'");
    let mut wrapped = scene.start(&[&expected, &mended, "--on-violation=fix"], words);
    wrapped.is_ready();
    let file = std::fs::symlink_metadata(scene.path("s")).unwrap();
    let games = 60;
    assert_eq!((file.gid(), file.mode() & 0o777), (games, 0o660));
    wrapped.stops();
}

/// The same of sockets that it gets from us: it is not even started.
#[test]
fn those_in_connect_can_connect_to_what_is_made() {
    if cannot_run("those_in_connect_can_connect_to_what_is_made") {
        return;
    }
    let scene = Scene::new();
    let with = |keys: &str| {
        let rule = format!("  - {{id: app, paths: ['{{run}}/s'], connect: [web]{keys}}}\n");
        scene.policy(&format!("{rule}roles: {{web: {{users: [games]}}}}\n"))
    };
    let listen = format!("--listen={}", scene.text("s"));
    let policy = with("");
    for more in [&["--user=nobody"][..], &["--user=nobody", "--exec"]] {
        let options = [more, &[&listen, &policy]].concat();
        let done = run(scene.command(&options, IDLES)).exits(77);
        done.says("games cannot connect: has no w on the socket");
        assert!(!scene.is_there("s") && !scene.is_there("begun"));
    }
    for (keys, more) in [
        ("", "--on-violation=log"),
        (
            ", mode: 0660, owner: 'nobody:games'",
            "--on-violation=refuse",
        ),
    ] {
        let mut wrapped = scene.start(&[&listen, &with(keys), more], IDLES);
        scene.has_begun();
        wrapped.is_ready();
        wrapped.stops();
    }
}

/// So it is with those who are not meant to connect, and with its place.
#[test]
fn what_is_made_is_open_to_nobody_else() {
    if cannot_run("what_is_made_is_open_to_nobody_else") {
        return;
    }
    let scene = Scene::new();
    let wide =
        scene.policy("  - {id: app, paths: ['{run}/s'], mode: 0666, world: allow, connect: []}\n");
    let listen = format!("--listen={}", scene.text("s"));
    for more in [
        &["--user=nobody"][..],
        &["--user=nobody", "--on-violation=stop"],
        &["--user=nobody", "--exec"],
    ] {
        let options = [more, &[&listen, &wide]].concat();
        let done = run(scene.command(&options, IDLES)).exits(77);
        done.says("access-unexpected, high")
            .says("the command is not started");
        assert!(!scene.is_there("s") && !scene.is_there("begun"));
    }
    let (said, _) = scene
        .start(&[&listen, &wide, "--on-violation=fix"], IDLES)
        .ends_with(77);
    assert!(said.contains("could not be mended"), "{said}");
    for more in ["--on-violation=stop", "--on-violation=fix", "--exec"] {
        let options = ["-n", "--user=nobody", &listen, &wide, more];
        let done = run(scene.command(&options, IDLES)).exits(77);
        done.says("access-unexpected");
    }
    let options = ["-n", "--user=nobody", &listen, &wide, "--on-violation=log"];
    run(scene.command(&options, IDLES)).exits(0);
    let mut wrapped = scene.start(&[&listen, &wide, "--on-violation=log"], IDLES);
    wrapped.says("access-unexpected");
    scene.has_begun();
    wrapped.stops();

    chmod(&scene.root().join("run"), 0o777);
    for more in [
        &["--user=nobody"][..],
        &["--user=nobody", "--exec"],
        &["--user=nobody", "-n"],
    ] {
        let options = [more, &[&listen]].concat();
        let done = run(scene.command(&options, IDLES)).exits(77);
        done.says("path-replaceable, high")
            .says("by hand it takes chmod 00755");
        assert!(!scene.is_there("s") && !scene.is_there("begun"));
    }
    chmod(&scene.root().join("run"), 0o1777);
    let mut wrapped = scene.start(&[&listen], IDLES);
    scene.has_begun();
    wrapped.is_ready();
    wrapped.stops();
}

#[test]
fn what_is_made_is_mended_before_the_start() {
    if cannot_run("what_is_made_is_mended_before_the_start") {
        return;
    }
    let scene = Scene::new();
    let rule = "  - {id: app, paths: ['{run}/s'], mode: 0660, owner: 'nobody:games', \
                connect: [web]}\nroles: {web: {users: [games]}}\n";
    let policy = scene.policy(rule);
    let listen = format!("--listen={},mode=0600", scene.text("s"));
    let (said, _) = scene.start(&[&listen, &policy], IDLES).ends_with(77);
    assert!(said.contains("--on-violation fix mends it"), "{said}");
    let with_acl = scene.policy(&rule.replace("connect", "acl: allow, connect"));
    let options = ["-n", "--user=nobody", &listen, &with_acl];
    let done = run(scene.command(&options, IDLES)).exits(0);
    done.says("is checked before the start, on the socket itself");
    let policy = scene.policy(rule);
    for (by, status) in [("--on-violation=refuse", 77), ("--on-violation=fix", 0)] {
        let options = ["-n", "--user=nobody", &listen, &policy, by];
        run(scene.command(&options, IDLES)).exits(status);
    }
    let mut wrapped = scene.start(&[&listen, &policy, "--on-violation=fix"], IDLES);
    wrapped.says("mended: chmod 0600 -> 0660");
    scene.has_begun();
    wrapped.is_ready();
    assert_eq!(scene.facts("s").0, 0o660);
    wrapped.stops();
}

/// A directory is nothing that is mended here.
#[test]
fn what_fix_does_not_mend_is_left_to_hands() {
    if cannot_run("what_fix_does_not_mend_is_left_to_hands") {
        return;
    }
    let scene = Scene::new();
    chmod(&scene.root().join("run"), 0o777);
    let words = ["bind", "{run}/s", "listen"];
    let expect = scene.expect("s");
    let (said, _) = scene.start(&[&expect], &words).ends_with(77);
    assert!(said.contains("by hand it takes chmod 00755"), "{said}");
    assert!(!said.contains("fix mends it"), "{said}");
    let options = [&expect, "--on-violation=fix"];
    let (said, _) = scene.start(&options, &words).ends_with(77);
    let unmended = "could not be mended: by hand it takes chmod 00755";
    assert!(said.contains(unmended), "{said}");
}

#[test]
fn the_policy_names_the_user_where_nobody_does() {
    if cannot_run("the_policy_names_the_user_where_nobody_does") {
        return;
    }
    let scene = Scene::new();
    let rules = "  - {id: s, paths: ['{run}/s'], listener: {user: nobody}}\n  \
                 - {id: t, paths: ['{run}/t'], listener: {user: games}}\n";
    let policy = scene.policy(rules);
    let words = ["print-user", "exit", "0"];
    let done = run(scene.command(&[&scene.expect("s"), &policy], &words)).exits(0);
    done.prints("65534\n");
    let both = [&scene.expect("s"), &scene.expect("t"), &policy];
    let both = both.map(|option| &**option);
    let done = run(scene.command(&both, &words)).exits(77);
    done.says("listener.user");
    let user = ["--user=daemon", both[0], both[1], both[2]];
    run(scene.command(&user, &words)).exits(0).prints("1\n");
    let done = run(scene.command(&[&scene.expect("u"), &policy], &words)).exits(77);
    done.says("--user USER");
}

#[test]
fn the_umask_lets_in_whom_the_policy_lets_in() {
    if cannot_run("the_umask_lets_in_whom_the_policy_lets_in") {
        return;
    }
    let scene = Scene::new();
    let rules = "  - {id: s, paths: ['{run}/shared'], mode: 0660}\n  \
                 - {id: o, paths: ['{run}/own'], max-mode: 0755}\n";
    let policy = scene.policy(rules);
    let umask = |options: &[&str]| {
        let options = [&["--user=nobody", policy.as_str()], options].concat();
        let done = run(scene.command(&options, &["print-umask", "exit", "0"])).exits(0);
        done.stdout.trim().to_owned()
    };
    assert_eq!(umask(&[&scene.expect("shared")]), "0007");
    assert_eq!(umask(&[&scene.expect("own")]), "0077");
    assert_eq!(umask(&[&scene.expect("other")]), "0077");
    assert_eq!(umask(&[]), "0077");
    assert_eq!(umask(&["--umask=0022", &scene.expect("shared")]), "0022");
    let listen = format!("--listen={}", scene.text("l"));
    assert_eq!(umask(&[&listen, &scene.expect("shared")]), "0007");
}

#[test]
fn a_mistake_in_a_policy_is_told_before_the_server_runs() {
    if cannot_run("a_mistake_in_a_policy_is_told_before_the_server_runs") {
        return;
    }
    let scene = Scene::new();
    let broken = scene.policy("  - {id: s, paths: ['{run}/s'], mood: 0660}\n");
    let options = ["--user=nobody", &broken];
    for words in [&["touch", "{run}/begun"], &["bind", "{run}/s"]] {
        let words = [words.as_slice(), &["exit", "7"]].concat();
        run(scene.command(&options, &words)).exits(78).says("mood");
        assert!(!scene.is_there("begun") && !scene.is_there("s"));
    }
}

/// Without the right to look at the command's descriptors, sockctl sees only its own.
#[test]
fn sockctl_is_not_taken_for_the_one_who_listens() {
    if cannot_run("sockctl_is_not_taken_for_the_one_who_listens") {
        return;
    }
    let scene = Scene::new();
    let policy = scene.policy(
        "  - { id: app, paths: ['{run}/s'], mode: 0660, owner: 'nobody:adm', listener: { user: nobody } }\n",
    );
    let listen = format!("--listen={}", scene.text("s"));
    let mut wrapped = scene.start(&[&policy, &listen, "--on-violation=stop"], IDLES);
    wrapped.is_ready();
    scene.has_begun();
    for mode in [0o640, 0o666] {
        chmod(&scene.path("s"), mode);
    }
    let (said, _) = wrapped.ends_with(77);
    assert!(said.contains("mode-too-wide"), "{said}");
    assert!(!said.contains("listener-mismatch"), "{said}");
}
