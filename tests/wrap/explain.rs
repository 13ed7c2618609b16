//! `--explain` and `-n`: everything is said, and nothing done.

use std::os::unix::net::UnixListener;

use serde_json::Value;

use crate::support::{Cat, names, place, run, skipped_without_root, wrap};

#[test]
fn it_says_what_would_be_and_does_nothing() {
    if skipped_without_root("it_says_what_would_be_and_does_nothing") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    drop(UnixListener::bind(&path).expect("bind"));
    let listen = format!("--listen={},mode=0660,owner=:games", path.display());
    for flag in ["-n", "--dry-run", "--explain"] {
        let options = [
            flag,
            "--user=nobody",
            &listen,
            "--keep-caps=chown",
            "--rlimit=core=0",
        ];
        run(wrap(options, ["echo", "a b"]))
            .exits(0)
            .prints("would remove  stale")
            .prints("would create  stream 0660 nobody:games")
            .prints("setresuid      65534 (nobody)")
            .prints("setuid         0, which must fail")
            .prints("command        echo 'a b'")
            .prints("ambient        CAP_CHOWN")
            .prints("variable       LISTEN_PID=<its pid>");
    }
    assert!(
        UnixListener::bind(&path).is_err(),
        "the stale file is still there"
    );
    let mut command = wrap(["-n", "--user=nobody", "--clear-env"], ["/bin/true"]);
    command.env("A", "1");
    run(command).exits(0).prints("no variable    A\n");
}

#[test]
fn a_refusal_is_one_here_too() {
    if skipped_without_root("a_refusal_is_one_here_too") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let _live = UnixListener::bind(&path).expect("bind");
    let listen = format!("--listen={}", path.display());
    run(wrap(["-n", "--user=nobody", &listen], ["true"]))
        .exits(77)
        .says("it is live");
    run(wrap(["-n"], ["true"]))
        .exits(77)
        .says("--user root insists");
    run(wrap(["-n", "--user=nobody"], ["no-such-command"])).exits(127);
    assert_eq!(names(place.path()), ["s"]);
}

fn set(value: &Value) -> u64 {
    let names = value.as_array().expect("a list").len();
    u64::try_from(names).expect("a number")
}

#[test]
fn the_identity_that_is_told_is_the_one_that_comes_true() {
    if skipped_without_root("the_identity_that_is_told_is_the_one_that_comes_true") {
        return;
    }
    let cases: [&[&str]; 6] = [
        &["--user=nobody"],
        &[
            "--user=games:mail",
            "--groups=mail,lp",
            "--keep-caps=chown,kill",
        ],
        &["--user=root"],
        &[
            "--user=root",
            "--keep-bounding",
            "--allow-new-privs",
            "--keep-caps=chown",
        ],
        &["--user=root", "--keep-caps=all"],
        &["--user=4242:4343", "--keep-bounding"],
    ];
    for options in cases {
        let told = run(wrap([&["-n", "-f", "json"], options].concat(), ["cat"])).exits(0);
        let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
        let identity = &told["identity"];
        let cat = Cat::start(wrap(options, ["cat"]));
        let status = cat.status();
        let ids = |ids: &Value| {
            let [real, effective, saved] =
                ["real", "effective", "saved"].map(|kind| ids[kind].to_string());
            format!("{real} {effective} {saved} {effective}")
        };
        assert_eq!(ids(&identity["uid"]), status["Uid"], "{options:?}");
        assert_eq!(ids(&identity["gid"]), status["Gid"], "{options:?}");
        let groups = identity["groups"].as_array().expect("a list").iter();
        let groups: Vec<String> = groups.map(|group| group["gid"].to_string()).collect();
        assert_eq!(groups.join(" "), status["Groups"], "{options:?}");
        for (name, field) in [
            ("inheritable", "CapInh"),
            ("permitted", "CapPrm"),
            ("effective", "CapEff"),
            ("bounding", "CapBnd"),
            ("ambient", "CapAmb"),
        ] {
            let bits = u64::from_str_radix(&status[field], 16).expect("bits");
            let told = set(&identity["capabilities"][name]);
            assert_eq!(told, u64::from(bits.count_ones()), "{name} {options:?}");
        }
        let no_new_privs = if identity["no_new_privs"] == true {
            "1"
        } else {
            "0"
        };
        assert_eq!(no_new_privs, status["NoNewPrivs"], "{options:?}");
    }
}

#[test]
fn lines_have_their_kind() {
    if skipped_without_root("lines_have_their_kind") {
        return;
    }
    let place = place();
    let listen = format!("--listen={}", place.path().join("s").display());
    let done = run(wrap(
        ["-n", "-f", "jsonl", "--user=nobody", &listen],
        ["true"],
    ))
    .exits(0);
    let kinds: Vec<String> = done
        .stdout
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["kind"].as_str().expect("a kind").to_owned()
        })
        .collect();
    assert_eq!(kinds.first().map(String::as_str), Some("action"));
    assert_eq!(kinds.last().map(String::as_str), Some("summary"));
    assert!(
        kinds[1..kinds.len() - 1].iter().all(|kind| kind == "step"),
        "{kinds:?}"
    );
}
