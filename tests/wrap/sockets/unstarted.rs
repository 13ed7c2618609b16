//! What is left where the command is not started: nothing.

use std::fs;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use super::*;
use crate::parent::running::resident;
use crate::support::{before, names, own_user, place, program, run, skipped_without_root, wrap};

#[test]
fn nothing_is_left_where_the_command_cannot_be_executed() {
    if skipped_without_root("nothing_is_left_where_the_command_cannot_be_executed") {
        return;
    }
    let place = place();
    let garbage = crate::support::executable(&place.path().join("garbage"), "no program");
    let hidden = place.path().join("hidden");
    fs::create_dir(&hidden).expect("a directory");
    crate::support::chmod(&hidden, 0o700);
    let secret = crate::support::executable(&hidden.join("secret"), "#!/bin/sh\n");
    // Of somebody else, with the sticky bit: only root may remove the files of nobody there.
    let sockets = crate::support::place();
    std::os::unix::fs::chown(sockets.path(), Some(1), Some(1)).expect("root may");
    crate::support::chmod(sockets.path(), 0o1777);
    // Whom the directory belongs to may replace them.
    let policy = place.path().join("policy.yaml");
    let rule = format!(
        "{{id: s, paths: ['{}/*'], replace: [its]}}",
        sockets.path().display()
    );
    let text = format!("version: 1\nroles: {{its: {{users: [daemon]}}}}\nrules: [{rule}]\n");
    fs::write(&policy, text).expect("a policy");
    let policy = format!("--policy={}", policy.display());
    let numbered = |number: usize| listen(&sockets.path().join(number.to_string()), "");
    for (command, says) in [(&garbage, "ENOEXEC"), (&secret, "EACCES")] {
        for option in ["--user=nobody", "--rlimit=nofile=12", "--keep-caps=chown"] {
            let own = ["--user=nobody", option].map(str::to_owned);
            let own = own
                .into_iter()
                .skip(usize::from(option.starts_with("--user")));
            let own = own.chain([policy.clone()]);
            let done = run(wrap(own.chain((0..7).map(numbered)), [command]));
            done.exits(126).says(says);
            assert_eq!(names(sockets.path()), [""; 0], "{option}");
        }
    }
    let root = ["--user=root".to_owned(), policy, numbered(0)];
    run(wrap(root, [&garbage])).exits(126).says("ENOEXEC");
    assert_eq!(names(sockets.path()), [""; 0]);
    let chdir = format!("--chdir={}", hidden.display());
    let own = [
        "--user=nobody".to_owned(),
        listen(&place.path().join("s"), ""),
        chdir,
    ];
    run(wrap(own, ["true"]))
        .exits(125)
        .says("as the user that the command runs as");
    assert_eq!(names(place.path()), ["garbage", "hidden", "policy.yaml"]);
}

#[test]
fn a_signal_that_came_before_the_start_is_not_lost() {
    if skipped_without_root("a_signal_that_came_before_the_start_is_not_lost") {
        return;
    }
    let place = place();
    let path = place.path().join("s");
    let options = ["--user=nobody".to_owned(), listen(&path, "")];
    // The signal comes with the first system call after main has begun, and is blocked by then.
    let inject = "inject=geteuid:signal=TERM:when=1";
    let strace = [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=geteuid",
        "-e",
        inject,
    ];
    let status = before(&strace, &wrap(options.clone(), ["true"]))
        .status()
        .expect("strace");
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert!(
        signal == Some(15) || status.code() == Some(143),
        "{status:?}"
    );
    assert_eq!(names(place.path()), Vec::<String>::new());
    // As the first process of a pid namespace nothing ends it but itself.
    let unshare = ["unshare", "--pid", "--fork", "--mount-proc"];
    let command = before(&unshare, &before(&strace, &wrap(options, ["true"])));
    assert_eq!(run(command).code, Some(143));
    assert_eq!(names(place.path()), Vec::<String>::new());
}

#[test]
fn what_is_bound_elsewhere_is_left_alone() {
    if skipped_without_root("what_is_bound_elsewhere_is_left_alone") {
        return;
    }
    let place = place();
    // Bound, and not listening yet: a client is refused, and yet it is live.
    let path = place.path().join("s");
    let socket = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None);
    let socket = socket.expect("a socket");
    rustix::net::bind(&socket, &SocketAddrUnix::new(&path).expect("short")).expect("bind");
    run(wrap(
        ["--user=nobody".to_owned(), listen(&path, "")],
        ["true"],
    ))
    .exits(77);
    assert_eq!(names(place.path()), ["s"]);
    assert!(program().exists());
}

/// With so few that it ends somewhere on the way, and with enough.
#[test]
fn few_descriptors_leave_nothing() {
    let place = place();
    let options: Vec<String> = (0..8)
        .map(|number| listen(&place.path().join(number.to_string()), ""))
        .collect();
    let mut ended = std::collections::BTreeSet::new();
    for most in 8..64 {
        let limit = format!("--nofile={most}");
        let own = [vec![format!("--user={}", own_user())], options.clone()].concat();
        let done = run(before(&["prlimit", &limit], &resident(own, ["true"])));
        assert_eq!(names(place.path()), [""; 0], "{most}: {}", done.stderr);
        ended.insert(done.code);
    }
    assert!(ended.is_superset(&[Some(0), Some(125)].into()), "{ended:?}");
}

#[test]
fn the_limit_of_descriptors_is_raised_for_us_alone() {
    let place = place();
    let options: Vec<String> = (0..40)
        .map(|number| listen(&place.path().join(number.to_string()), ""))
        .collect();
    let own = [vec![format!("--user={}", own_user())], options].concat();
    let words = ["prlimit", "--nofile=64:4096"];
    let shell = ["sh", "-c", "ulimit -Sn; ulimit -Hn"];
    for command in [resident(&own, shell), wrap(&own, shell)] {
        let done = run(before(&words, &command));
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), "64\n4096\n"));
    }
}

#[test]
fn a_higher_limit_of_descriptors_is_one_for_the_command() {
    let test = "a_higher_limit_of_descriptors_is_one_for_the_command";
    if skipped_without_root(test) {
        return;
    }
    let place = place();
    let listen = listen(&place.path().join("s"), "");
    let words = ["prlimit", "--nofile=64:200"];
    let shell = ["sh", "-c", "ulimit -Sn; ulimit -Hn"];
    let raised = std::process::Command::new("prlimit")
        .args(["--nofile=64:200", "prlimit", "--nofile=300", "true"])
        .output();
    let can_be_raised = raised.is_ok_and(|output| output.status.success());
    if !can_be_raised {
        println!("skipped: {test}, beyond the hard limit: needs CAP_SYS_RESOURCE");
    }
    for most in [150, 300].into_iter().take(1 + usize::from(can_be_raised)) {
        let limit = format!("--rlimit=nofile={most}");
        let own = ["--user=nobody", &limit, &listen];
        for command in [resident(own, shell), wrap(own, shell)] {
            let done = run(before(&words, &command));
            let told = (done.code, done.stdout, done.stderr);
            assert_eq!(told, (Some(0), format!("{most}\n{most}\n"), String::new()));
        }
    }
}

/// Whoever can open a directory can hold its lock for ever: that costs a second, and not one for
/// each of twenty files.
#[test]
fn a_directory_that_somebody_has_locked_is_waited_for_once() {
    let place = place();
    let lock = fs::File::open(place.path()).expect("a directory");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockShared).expect("a lock");
    let options: Vec<String> = (0..20)
        .map(|number| listen(&place.path().join(number.to_string()), ""))
        .collect();
    let own = [vec![format!("--user={}", own_user())], options].concat();
    run(before(&["timeout", "15"], &resident(own, ["true"]))).exits(0);
    assert_eq!(names(place.path()), [""; 0]);
}
