//! Sockets that are made, or were passed, and are passed on.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;

mod passed;
mod unstarted;

use crate::support::{Cat, before, names, place, run, skipped_without_root, wrap};

fn listen(path: &Path, more: &str) -> String {
    format!("--listen={}{more}", path.display())
}

/// Mode, user and group of a socket file.
fn facts(path: &Path) -> (u32, u32, u32) {
    let file = fs::symlink_metadata(path).expect("it is there");
    assert!(file.file_type().is_socket(), "{}", path.display());
    (file.mode() & 0o7777, file.uid(), file.gid())
}

/// What ss(8) says of the sockets of that path.
fn row(path: &Path) -> String {
    let output = Command::new("ss").args(["-xlpH"]).output().expect("ss");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let path = path.to_str().expect("text");
    let rows = text
        .lines()
        .filter(|line| line.split_whitespace().any(|word| word == path));
    rows.collect::<Vec<&str>>().join("\n")
}

#[test]
fn they_are_made_and_passed_on_in_order() {
    if skipped_without_root("they_are_made_and_passed_on_in_order") {
        return;
    }
    let place = place();
    let path = |name: &str| place.path().join(name);
    let options = [
        "--user=nobody".to_owned(),
        listen(&path("a.sock"), ""),
        listen(
            &path("b,c.sock").with_file_name(r"b\,c.sock"),
            ",mode=0660,owner=:games,backlog=7",
        ),
        listen(
            &path("d.sock"),
            ",type=dgram,name=log,owner=games:mail,mode=0620",
        ),
        listen(
            &path("p.sock"),
            ",type=seqpacket,owner=7,name=p:".trim_end_matches(':'),
        ),
    ];
    let cat = Cat::start(wrap(options, ["cat"]));
    assert_eq!(facts(&path("a.sock")), (0o600, 65534, 65534));
    assert_eq!(facts(&path("b,c.sock")), (0o660, 65534, 60));
    assert_eq!(facts(&path("d.sock")), (0o620, 5, 8));
    assert_eq!(facts(&path("p.sock")), (0o600, 7, 65534));
    let fds = cat.fds();
    assert_eq!(
        fds.keys().copied().collect::<Vec<u32>>(),
        [0, 1, 2, 3, 4, 5, 6]
    );
    for (fd, name, words) in [
        (3, "a.sock", ["u_str", "LISTEN", "4096"]),
        (4, "b,c.sock", ["u_str", "LISTEN", "7"]),
        (5, "d.sock", ["u_dgr", "UNCONN", "0"]),
        (6, "p.sock", ["u_seq", "LISTEN", "4096"]),
    ] {
        let row = row(&path(name));
        let inode = fds[&fd]
            .trim_start_matches("socket:[")
            .trim_end_matches(']');
        assert!(row.contains(inode), "{name} is not {fd}: {row}");
        for word in words {
            assert!(row.split_whitespace().any(|it| it == word), "{word}: {row}");
        }
        let flags = fs::read_to_string(format!("/proc/{}/fdinfo/{fd}", cat.pid()));
        let flags = flags.expect("its flags");
        let flags = flags.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = u32::from_str_radix(flags.expect("flags").trim(), 8).expect("octal");
        assert_eq!(
            flags & (libc_o_nonblock() | libc_o_cloexec()),
            0,
            "{flags:o}"
        );
    }
    let variables = cat.variables();
    assert_eq!(variables["LISTEN_FDS"], "4");
    assert_eq!(variables["LISTEN_PID"], cat.pid().to_string());
    assert_eq!(variables["LISTEN_FDNAMES"], "a.sock:b,c.sock:log:p");
}

fn libc_o_nonblock() -> u32 {
    rustix::fs::OFlags::NONBLOCK.bits()
}

fn libc_o_cloexec() -> u32 {
    rustix::fs::OFlags::CLOEXEC.bits()
}

#[test]
fn a_client_is_told_who_serves() {
    if skipped_without_root("a_client_is_told_who_serves") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let cat = Cat::start(wrap(
        ["--user=games".to_owned(), listen(&path, "")],
        ["cat"],
    ));
    let client = UnixStream::connect(&path).expect("connect");
    let peer = rustix::net::sockopt::socket_peercred(&client).expect("peer");
    assert_eq!(peer.pid.as_raw_nonzero().get().unsigned_abs(), cat.pid());
    assert_eq!((peer.uid.as_raw(), peer.gid.as_raw()), (5, 60));
}

#[test]
fn what_is_stale_is_replaced_and_what_is_live_refused() {
    if skipped_without_root("what_is_stale_is_replaced_and_what_is_live_refused") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    drop(UnixListener::bind(&path).expect("bind"));
    let before = fs::symlink_metadata(&path).expect("there").ino();
    let first = Cat::start(wrap(
        ["--user=nobody".to_owned(), listen(&path, "")],
        ["cat"],
    ));
    let ours = fs::symlink_metadata(&path).expect("there");
    assert!(ours.ino() != before || ours.uid() == 65534);
    // Those before it in the same command line are gone again.
    let other = place.path().join("t");
    let options = [
        "--user=nobody".to_owned(),
        listen(&other, ""),
        listen(&path, ""),
    ];
    run(wrap(options, ["cat"])).exits(77).says(&format!(
        "it is live: cat (pid {}, user nobody) has it; stop it first, or take another path",
        first.pid()
    ));
    assert_eq!(names(place.path()), ["s"]);
    assert!(UnixStream::connect(&path).is_ok());
    drop(first);
    // Nothing resident: the file stays, and the next start cleans it.
    assert_eq!(names(place.path()), ["s"]);
    drop(Cat::start(wrap(
        ["--user=nobody".to_owned(), listen(&path, "")],
        ["cat"],
    )));
}

#[test]
fn the_policy_says_what_is_not_given() {
    if skipped_without_root("the_policy_says_what_is_not_given") {
        return;
    }
    let place = place();
    let path = place.path().join("app.sock");
    let policy = place.path().join("policy.yaml");
    let text = format!(
        "version: 1\nrules:\n  - id: app\n    paths: ['{}']\n    mode: 0660\n    type: seqpacket\n    \
         owner: games:mail\n    listener: {{ user: games }}\n",
        path.display()
    );
    fs::write(&policy, text).expect("a file of the test");
    let with = |options: &[String]| {
        let policy = policy.to_str().expect("text").to_owned();
        let all = [&["-p".to_owned(), policy], options].concat();
        wrap(all, ["cat"])
    };
    let cat = Cat::start(with(&[listen(&path, "")]));
    assert_eq!(facts(&path), (0o660, 5, 8));
    assert_eq!(cat.status()["Uid"], "5 5 5 5");
    assert!(row(&path).starts_with("u_seq"), "{}", row(&path));
    drop(cat);
    // What is given goes before it, up to what it allows.
    let given = listen(&path, ",mode=0600,type=stream,owner=nobody");
    drop(Cat::start(with(&[given, "--user=nobody".to_owned()])));
    assert_eq!(facts(&path), (0o600, 65534, 8));
    run(with(&[listen(&path, ",mode=0666")]))
        .exits(77)
        .says("0666 is wider than 0660 (rw for others), the most that the policy allows (app, ")
        .says("write a mode= within that");
    let twice = [listen(&path, ""), listen(&place.path().join("other"), "")];
    drop(Cat::start(with(&twice)));
}

#[test]
fn policies_that_name_two_users_need_a_word() {
    if skipped_without_root("policies_that_name_two_users_need_a_word") {
        return;
    }
    let place = place();
    let path = |name: &str| place.path().join(name);
    let policy = path("policy.yaml");
    let rule = |name: &str, user: &str| {
        let path = path(name);
        format!(
            "  - {{ id: {name}, paths: ['{}'], listener: {{ user: {user} }} }}\n",
            path.display()
        )
    };
    let rules = format!(
        "version: 1\nrules:\n{}{}",
        rule("a", "games"),
        rule("b", "mail")
    );
    fs::write(&policy, rules).expect("a file of the test");
    let policy = policy.to_str().expect("text");
    let options = [
        "-p",
        policy,
        &listen(&path("a"), ""),
        &listen(&path("b"), ""),
    ];
    run(wrap(options, ["true"]))
        .exits(77)
        .says("write --user USER");
    assert_eq!(names(place.path()), ["policy.yaml"]);
    let insists = [&options[..], &["--user", "nobody"]].concat();
    run(wrap(insists, ["true"])).exits(0);
}

#[test]
fn who_is_not_root_makes_them_without_a_call_that_takes_rights() {
    if skipped_without_root("who_is_not_root_makes_them_without_a_call_that_takes_rights") {
        return;
    }
    let place = place();
    let own = place.path().join("own");
    fs::create_dir(&own).expect("a directory");
    std::os::unix::fs::chown(&own, Some(65534), Some(65534)).expect("an owner");
    let log = own.join("strace.log");
    let path = own.join("s");
    // All that systemd's @privileged has of those that we could come to call (systemd.exec(5)).
    let privileged = "trace=setuid,setgid,setgroups,setresuid,setresgid,setreuid,setregid,setfsuid,\
                      setfsgid,capset,chown,fchown,lchown,fchownat,chroot,setdomainname";
    let log_name = log.to_str().expect("text");
    let words = [
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "strace",
        "-f",
        "-qq",
        "-o",
        log_name,
        "-e",
        privileged,
    ];
    let options = ["--user=nobody".to_owned(), listen(&path, ",mode=0660")];
    run(before(&words, &wrap(options, ["true"]))).exits(0);
    let called = fs::read_to_string(&log).expect("what strace saw");
    // What is newer than strace is shown whatever was asked for.
    let known = |line: &&str| !line.contains("+++") && !line.contains("syscall_0x");
    let called: Vec<&str> = called.lines().filter(known).collect();
    assert_eq!(called, [""; 0]);
    assert_eq!(facts(&path), (0o660, 65534, 65534));
}

#[test]
fn a_long_path_and_a_private_directory() {
    if skipped_without_root("a_long_path_and_a_private_directory") {
        return;
    }
    let place = place();
    let deep: PathBuf = [place.path(), Path::new(&"d".repeat(100)), Path::new("e")]
        .iter()
        .collect();
    fs::create_dir_all(&deep).expect("directories");
    let path = deep.join("s");
    let cat = Cat::start(wrap(
        ["--user=nobody".to_owned(), listen(&path, "")],
        ["cat"],
    ));
    assert_eq!(cat.fds().len(), 4);
    assert_eq!(facts(&path).1, 65534);
}

#[test]
fn datagrams_are_taken() {
    if skipped_without_root("datagrams_are_taken") {
        return;
    }
    let place = place();
    let path = place.path().join("d");
    let reader = "exec 0<&3; head -c 5";
    let options = ["--user=nobody".to_owned(), listen(&path, ",type=dgram")];
    let mut command = wrap(options, ["sh", "-c", reader]);
    command.stdout(std::process::Stdio::piped());
    let child = command.spawn().expect("it runs");
    let sender = UnixDatagram::unbound().expect("a socket");
    let begin = std::time::Instant::now();
    while sender.send_to(b"hello", &path).is_err() {
        assert!(begin.elapsed().as_secs() < 20, "nobody takes it");
        std::thread::yield_now();
    }
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.stdout, b"hello");
}
