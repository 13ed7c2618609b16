//! Other hosts than this one: their users, groups and name services.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::command::{Scene, ends, names};
use crate::tree::give;
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

pub(crate) fn parsed(output: &Output) -> Value {
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
