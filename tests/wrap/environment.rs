//! What a command finds around it: variables, umask, directory, limits, descriptors.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Cat, before, chmod, executable, place, run, skipped_without_root, wrap};

fn variables(options: &[&str], ours: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut command = wrap(options, ["/bin/cat"]);
    command.env_clear();
    command.envs(ours.iter().copied());
    Cat::start(command).variables()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn variables_are_those_of_the_user_and_of_the_command_line() {
    if skipped_without_root("variables_are_those_of_the_user_and_of_the_command_line") {
        return;
    }
    let ours = [
        ("A", "1"),
        ("HOME", "/root"),
        ("USER", "root"),
        ("MAIL", "/var/mail/root"),
    ];
    let of_games = [
        ("HOME", "/usr/games"),
        ("USER", "games"),
        ("LOGNAME", "games"),
        ("SHELL", "/usr/sbin/nologin"),
    ];
    let with = |more: &[(&str, &str)]| map(&[&of_games[..], more].concat());
    assert_eq!(
        variables(&["--user", "games"], &ours),
        with(&[("A", "1"), ("MAIL", "/var/mail/root")])
    );
    assert_eq!(
        variables(
            &[
                "--user",
                "games",
                "--clear-env",
                "--env",
                "B=x=y",
                "--env",
                "B=z",
                "--env=C="
            ],
            &ours
        ),
        with(&[("B", "z"), ("C", "")])
    );
    assert_eq!(
        variables(
            &["--user", "games", "--clear-env", "--env=HOME=/srv"],
            &ours
        ),
        map(&[&[("HOME", "/srv")], &of_games[1..]].concat())
    );
    // Whoever has no entry has no name either.
    assert_eq!(
        variables(&["--user", "4242:4242"], &ours[1..3]),
        map(&[("HOME", "/")])
    );
}

#[test]
fn what_a_service_manager_says_stays_and_names_the_command() {
    if skipped_without_root("what_a_service_manager_says_stays_and_names_the_command") {
        return;
    }
    let script = "export WATCHDOG_PID=$$ SYSTEMD_EXEC_PID=$$; exec \"$@\"";
    let mut command = wrap(["--user=nobody", "--clear-env"], ["/bin/cat"]);
    command
        .env("WATCHDOG_USEC", "3000000")
        .env("NOTIFY_SOCKET", "/run/notify")
        .env("RUNTIME_DIRECTORY", "/run/app")
        .env("CREDENTIALS_DIRECTORY", "/run/credentials/app")
        .env("STATE_DIRECTORY", "/var/lib/app");
    let cat = Cat::start(before(&["bash", "-c", script, "bash"], &command));
    let mut found = cat.variables();
    for name in ["HOME", "USER", "LOGNAME", "SHELL"] {
        assert!(found.remove(name).is_some(), "{name}");
    }
    let pid = cat.pid().to_string();
    let expected = map(&[
        ("WATCHDOG_USEC", "3000000"),
        ("WATCHDOG_PID", &pid),
        ("SYSTEMD_EXEC_PID", &pid),
        ("NOTIFY_SOCKET", "/run/notify"),
        ("RUNTIME_DIRECTORY", "/run/app"),
        ("CREDENTIALS_DIRECTORY", "/run/credentials/app"),
        ("STATE_DIRECTORY", "/var/lib/app"),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn umask_directory_and_limits() {
    if skipped_without_root("umask_directory_and_limits") {
        return;
    }
    let place = place();
    let chdir = format!("--chdir={}", place.path().display());
    let cat = Cat::start(wrap(
        [
            "--user=nobody",
            "--umask=027",
            &chdir,
            "--rlimit=nofile=100:200",
            "--rlimit=core=0",
            "--rlimit=nofile=:150",
            "--rlimit=nproc=5000:",
        ],
        ["cat"],
    ));
    assert_eq!(cat.status()["Umask"], "0027");
    let directory = fs::read_link(format!("/proc/{}/cwd", cat.pid())).expect("its directory");
    assert_eq!(directory, place.path());
    let limits = fs::read_to_string(format!("/proc/{}/limits", cat.pid())).expect("its limits");
    let limit = |name: &str| -> Vec<&str> {
        let line = limits.lines().find_map(|line| line.strip_prefix(name));
        line.expect(name).split_whitespace().take(2).collect()
    };
    assert_eq!(limit("Max open files"), ["100", "150"]);
    assert_eq!(limit("Max core file size"), ["0", "0"]);
    assert_eq!(limit("Max processes")[0], "5000");
}

#[test]
fn the_umask_lets_nobody_else_in_unless_the_sockets_are_passed() {
    if skipped_without_root("the_umask_lets_nobody_else_in_unless_the_sockets_are_passed") {
        return;
    }
    let place = place();
    let umask = |options: &[&str]| {
        let command = wrap([&["--user=nobody"], options].concat(), ["cat"]);
        let cat = Cat::start(before(
            &["bash", "-c", "umask 22; exec \"$@\"", "bash"],
            &command,
        ));
        cat.status()["Umask"].clone()
    };
    assert_eq!(umask(&[]), "0077");
    assert_eq!(umask(&["--umask=u=rwx,g=rwx,o=rx"]), "0775");
    let listen = format!("--listen={}", place.path().join("s").display());
    assert_eq!(umask(&[&listen]), "0022");
}

#[test]
fn with_hardly_a_descriptor_left_it_starts_all_the_same() {
    if skipped_without_root("with_hardly_a_descriptor_left_it_starts_all_the_same") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let listen = format!("--listen={}", path.display());
    // The loader of a dynamic program needs one for itself.
    let cat = Cat::start(wrap(
        ["--user=nobody", "--rlimit=nofile=5", &listen],
        ["cat"],
    ));
    assert_eq!(cat.fds().len(), 4);
}

#[test]
fn the_command_is_found_where_it_will_run() {
    if skipped_without_root("the_command_is_found_where_it_will_run") {
        return;
    }
    let place = place();
    executable(&place.path().join("mine"), "#!/bin/sh\necho mine\n");
    let directory = place.path().to_str().expect("text");
    let chdir = ["--user=nobody", "--chdir", directory];
    run(wrap(chdir, ["./mine"])).exits(0).prints("mine\n");
    let path = format!("--env=PATH=/nowhere:{directory}");
    run(wrap(["--user=nobody", &path], ["mine"]))
        .exits(0)
        .prints("mine\n");
    run(wrap(["--user=nobody"], ["mine"]))
        .exits(127)
        .says("there is no such command in");
    // Cleared, it has none, and is found by ours.
    let mut command = wrap(["--user=nobody", "--clear-env"], ["mine"]);
    command.env("PATH", directory);
    run(command).exits(0).prints("mine\n");
}

#[test]
fn a_file_with_capabilities_needs_the_bounding_set() {
    if skipped_without_root("a_file_with_capabilities_needs_the_bounding_set") {
        return;
    }
    let place = place();
    let file = place.path().join("cat");
    fs::copy("/bin/cat", &file).expect("a copy");
    chmod(&file, 0o755);
    let name = file.to_str().expect("text");
    run(before(
        &["setcap", "cap_chown,cap_kill=ep", name],
        &std::process::Command::new("-q"),
    ));
    let script = executable(&place.path().join("script"), format!("#!{name}\n"));
    let names_the_flag = |command: &Path| {
        run(wrap(["--user=nobody"], [command]))
            .exits(126)
            .says("CAP_CHOWN,CAP_KILL")
            .says("--keep-bounding");
    };
    names_the_flag(&file);
    names_the_flag(&script);
    run(wrap(["--user=nobody", "--keep-caps=chown"], [&file]))
        .exits(126)
        .says("demands capabilities, CAP_KILL");
    // With no_new_privs they give nothing, and nothing is refused.
    let cat = Cat::start(wrap(["--user=nobody", "--keep-bounding"], [&file]));
    assert_eq!(cat.status()["CapPrm"], "0".repeat(16));
    drop(cat);
    let options = ["--user=nobody", "--keep-bounding", "--allow-new-privs"];
    let cat = Cat::start(wrap(options, [&file]));
    assert_eq!(cat.status()["CapPrm"], format!("{:016x}", 1 | 1 << 5));
}
