//! `--user`: what it takes for whom, and what it does not take.

use std::process::Command;

use crate::support::{Done, before, chmod, place, program, run, skipped_without_root, wrap};

/// What other programs have been seen to make root of, and what is as good as that.
const USERS: &str = "\
root:x:0:0:root:/root:/bin/sh
toor:x:0:0:root:/root:/bin/sh
app:x:1000:1001:app:/srv:/bin/sh
0day:x:1002:1002::/:
1003:x:0:0::/:
7up:x:1004:1004::/:
+plus:x:1005:1005::/:
dom\\joe:x:1006:1006::/:
joe@dom:x:1007:1007::/:
back.up_2-x$:x:1008:1008::/:
two words:x:1009:1009::/:
nogroup:x:1010:4294967295::/:
noid:x:4294967295:1011::/:
last:x:4294967294:4294967294::/:
m\u{fc}ller:x:1012:1012::/:
bare:x:1013:0::/:
";

const GROUPS: &str = "\
root:x:0:
app:x:1001:
extra:x:1100:app
9:x:0:
noid:x:4294967295:
";

/// `Ok`: uid, gid and supplementary groups; `Err`: how it exits.
type Row = (&'static str, Result<&'static str, i32>);

const TABLE: [Row; 66] = [
    // who is root, and nobody else is
    ("root", Ok("0 0 [0]")),
    ("0", Ok("0 0 [0]")),
    ("root:root", Ok("0 0 [0]")),
    ("0:0", Ok("0 0 [0]")),
    ("root:0", Ok("0 0 [0]")),
    ("0:root", Ok("0 0 [0]")),
    ("toor", Ok("0 0 [0]")),
    ("toor:app", Ok("0 1001 [1001]")),
    // names
    ("app", Ok("1000 1001 [1001 1100]")),
    ("app:extra", Ok("1000 1100 [1100]")),
    ("app:7", Ok("1000 7 [7 1100]")),
    ("app:root", Ok("1000 0 [0 1100]")),
    ("0day", Ok("1002 1002 [1002]")),
    ("7up", Ok("1004 1004 [1004]")),
    ("dom\\joe", Ok("1006 1006 [1006]")),
    ("joe@dom", Ok("1007 1007 [1007]")),
    ("back.up_2-x$", Ok("1008 1008 [1008]")),
    ("two words", Ok("1009 1009 [1009]")),
    ("m\u{fc}ller", Ok("1012 1012 [1012]")),
    ("bare", Ok("1013 0 [0]")),
    ("last", Ok("4294967294 4294967294 [4294967294]")),
    // numbers; digits are never a name, not even where there is one
    ("1000", Ok("1000 1001 [1001 1100]")),
    ("1000:1001", Ok("1000 1001 [1001 1100]")),
    ("1003:9", Ok("1003 9 [9]")),
    ("5000:9", Ok("5000 9 [9]")),
    ("5000:app", Ok("5000 1001 [1001]")),
    ("4294967294", Ok("4294967294 4294967294 [4294967294]")),
    ("4294967293:1", Ok("4294967293 1 [1]")),
    // a number without an entry has no group
    ("1003", Err(78)),
    ("5000", Err(78)),
    // out of range
    ("4294967295", Err(78)),
    ("4294967296", Err(78)),
    ("4294967296:4294967296", Err(78)),
    ("18446744073709551616", Err(78)),
    ("99999999999999999999999999", Err(78)),
    ("app:4294967295", Err(78)),
    ("app:4294967296", Err(78)),
    ("noid", Err(125)),
    ("nogroup", Err(125)),
    ("app:noid", Err(125)),
    // blanks, signs, zeros, other ways to write a number
    ("", Err(78)),
    (" ", Err(78)),
    (" 5", Err(78)),
    ("5 ", Err(78)),
    (" root", Err(78)),
    ("root ", Err(78)),
    ("\t0", Err(78)),
    ("0\n", Err(78)),
    ("-1", Err(78)),
    ("-0", Err(78)),
    ("+0", Err(78)),
    ("+5", Err(78)),
    ("+plus", Err(78)),
    ("00", Err(78)),
    ("007", Err(78)),
    ("0x0", Err(78)),
    ("0.0", Err(78)),
    ("\u{660}", Err(78)),
    // colons
    (":", Err(78)),
    ("::", Err(78)),
    ("app:", Err(78)),
    (":app", Err(78)),
    ("app:app:app", Err(78)),
    // who is not there
    ("no-such-user", Err(78)),
    ("app:no-such-group", Err(78)),
    ("ROOT", Err(78)),
];

/// The command in a mount namespace where these are the users and groups of the host.
fn among_them(place: &std::path::Path, command: &Command) -> Command {
    let (users, groups) = (place.join("passwd"), place.join("group"));
    if !users.exists() {
        std::fs::write(&users, USERS).expect("a file of the test");
        std::fs::write(&groups, GROUPS).expect("a file of the test");
        let switch = "passwd: files\ngroup: files\n";
        std::fs::write(place.join("nsswitch.conf"), switch).expect("a file of the test");
        chmod(&users, 0o644);
        chmod(&groups, 0o644);
    }
    let script = "for file in passwd group nsswitch.conf; do
        mount --bind \"$0/$file\" \"/etc/$file\" || exit 99
    done
    exec \"$@\"";
    let place = place.to_str().expect("text");
    before(&["unshare", "-m", "sh", "-c", script, place], command)
}

fn who(done: &Done) -> String {
    let line = |name: &str| -> Vec<&str> {
        let line = done.stdout.lines().find_map(|line| line.strip_prefix(name));
        let line = line.unwrap_or_else(|| panic!("no {name}: {}", done.shown()));
        line.split_whitespace().collect()
    };
    let one = |name: &str| {
        let ids = line(name);
        assert!(ids.iter().all(|id| *id == ids[0]), "{}", done.shown());
        ids[0].to_owned()
    };
    format!(
        "{} {} [{}]",
        one("Uid:"),
        one("Gid:"),
        line("Groups:").join(" ")
    )
}

#[test]
fn exactly_names_and_numbers() {
    if skipped_without_root("exactly_names_and_numbers") {
        return;
    }
    let place = place();
    let mut wrong = Vec::new();
    for (user, expected) in TABLE {
        let option = format!("--user={user}");
        let command = wrap([option], ["cat", "/proc/self/status"]);
        let done = run(among_them(place.path(), &command));
        let became = match done.code {
            Some(0) => Ok(who(&done)),
            Some(code) => Err(code),
            None => panic!("{}", done.shown()),
        };
        if became != expected.map(str::to_owned) {
            wrong.push(format!(
                "{user:?}: {became:?} in place of {expected:?}\n{}",
                done.stderr
            ));
        }
        let kin = ["root", "0", "toor"];
        let is_kin = kin.iter().any(|kin| user.split(':').next() == Some(kin));
        let is_root = became.as_ref().is_ok_and(|who| who.starts_with("0 "));
        assert_eq!(is_root, is_kin, "{user:?} ended as {became:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_is_said() {
    if skipped_without_root("what_is_wrong_is_said") {
        return;
    }
    for (user, words) in [
        ("4294967296", "0 to 4294967294"),
        ("app:", "no group stands after the colon"),
        (":app", "it names no user"),
        ("a:b:c", "more than one colon"),
        (
            "no-such-user",
            "there is no user \"no-such-user\" on this host",
        ),
        ("root:no-such-group", "there is no group \"no-such-group\""),
        ("3999999999", "write --user 3999999999:GROUP"),
    ] {
        run(wrap(["--user", user], ["true"])).exits(78).says(words);
    }
}

#[test]
fn root_has_to_be_asked_for() {
    if skipped_without_root("root_has_to_be_asked_for") {
        return;
    }
    run(wrap(["--umask", "0022"], ["echo", "a b"]))
        .exits(77)
        .says("write: sockctl wrap --user USER ... -- echo 'a b'");
    run(wrap(["--user", "root"], ["id", "-u"]))
        .exits(0)
        .prints("0\n");
}

#[test]
fn whoever_is_not_root_stays_who_they_are() {
    if skipped_without_root("whoever_is_not_root_stays_who_they_are") {
        return;
    }
    let drop = [
        "setpriv",
        "--reuid=nobody",
        "--regid=games",
        "--groups=mail",
    ];
    let none: [&str; 0] = [];
    let done = run(before(&drop, &wrap(none, ["id"]))).exits(0);
    assert!(done.stdout.contains("(nobody)"), "{}", done.shown());
    assert!(
        done.stdout
            .contains("gid=60(games) groups=60(games),8(mail)"),
        "{}",
        done.shown()
    );
    // Their own name changes nothing, and what cannot be set is not tried.
    let done = run(before(&drop, &wrap(["--user", "nobody:games"], ["id"]))).exits(0);
    assert!(
        done.stdout.contains("groups=60(games),8(mail)"),
        "{}",
        done.shown()
    );
    let cannot = |options: &[&str], words: &str| {
        run(before(&drop, &wrap(options, ["true"])))
            .exits(125)
            .says(words);
    };
    cannot(&["--user", "games"], "CAP_SETGID");
    cannot(&["--user", "games"], "leave out --user and --groups");
    cannot(&["--user", "root"], "CAP_SETGID");
    cannot(
        &["--groups", "games"],
        "cannot set the supplementary groups",
    );
    cannot(&["--user", "nobody:mail"], "cannot become group 8");
    cannot(
        &["--user", "nobody:games", "--init-groups"],
        "supplementary groups",
    );
}

/// Where there are no user namespaces for them.
fn skipped_where_impossible(unshare: &[&str], name: &str) -> bool {
    let done = Command::new(unshare[0])
        .args(&unshare[1..])
        .arg("true")
        .status();
    let possible = done.is_ok_and(|status| status.success());
    if !possible {
        println!("skipped: {name}: no user namespaces here");
    }
    !possible
}

/// As in a user namespace that somebody without rights has made.
#[test]
fn where_nobody_may_set_groups() {
    if skipped_without_root("where_nobody_may_set_groups") {
        return;
    }
    // Of who has no rights the kernel demands that they deny it.
    let unshare = [
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--groups=mail",
        "unshare",
        "--user",
        "--map-root-user",
    ];
    if skipped_where_impossible(&unshare, "where_nobody_may_set_groups") {
        return;
    }
    let within = |groups: &str| {
        let command = wrap(["--user=root", groups], ["true"]);
        run(before(&unshare, &command))
    };
    let refused = within("--groups=").exits(125);
    let hint = "(/proc/self/setgroups says deny): keep those that there are, with --groups ";
    let (_, rest) = refused
        .stderr
        .split_once(hint)
        .unwrap_or_else(|| panic!("{}", refused.shown()));
    let groups = rest.split_whitespace().next().expect("groups");
    within(&format!("--groups={groups}")).exits(0);
}

#[test]
fn it_does_not_run_setuid() {
    if skipped_without_root("it_does_not_run_setuid") {
        return;
    }
    let place = place();
    let copy = place.path().join("sockctl");
    std::fs::copy(program(), &copy).expect("a copy");
    chmod(&copy, 0o4755);
    let mut command = Command::new(&copy);
    command.args(["wrap", "--exec", "--user", "root", "--", "id"]);
    let done = run(before(
        &["setpriv", "--reuid=nobody", "--clear-groups"],
        &command,
    ));
    assert_eq!(done.code, Some(2), "{}", done.shown());
}

/// Groups that have no number in a user namespace are all shown as one.
#[test]
fn a_group_that_is_there_twice_is_no_difference() {
    if skipped_without_root("a_group_that_is_there_twice_is_no_difference") {
        return;
    }
    let within = [
        "setpriv",
        "--reuid=1234",
        "--regid=1234",
        "--groups=5001,5002",
        "unshare",
        "--user",
    ];
    if skipped_where_impossible(&within, "a_group_that_is_there_twice_is_no_difference") {
        return;
    }
    let none: [&str; 0] = [];
    run(before(&within, &wrap(none, ["true"]))).exits(0);
}

const LIES: &str = "
int getresuid(unsigned *a, unsigned *b, unsigned *c) { *a = *b = *c = 0; return 0; }
int getresgid(unsigned *a, unsigned *b, unsigned *c) { *a = *b = *c = 0; return 0; }
int getgroups(int n, unsigned *all) { if (n > 0) *all = 0; return 1; }
";

/// As fakeroot(1) does it, under which packages are built.
#[test]
fn what_a_library_says_that_was_put_before_is_not_believed() {
    if skipped_without_root("what_a_library_says_that_was_put_before_is_not_believed") {
        return;
    }
    let place = place();
    let (source, library) = (place.path().join("lies.c"), place.path().join("lies.so"));
    std::fs::write(&source, LIES).expect("a source");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source);
    assert!(
        compiler
            .status()
            .expect("the compiler that links us")
            .success()
    );
    chmod(place.path(), 0o755);
    let preload = format!("LD_PRELOAD={}", library.display());
    let done = run(before(
        &["env", &preload],
        &wrap(["--user", "nobody"], ["grep", "^Uid", "/proc/self/status"]),
    ));
    done.exits(0).prints("Uid:\t65534\t65534\t65534\t65534\n");
    // Who is nobody does not become root by it.
    let drop = [
        "setpriv",
        "--reuid=nobody",
        "--clear-groups",
        "env",
        &preload,
    ];
    run(before(&drop, &wrap(["--user", "root"], ["true"]))).exits(125);
}
