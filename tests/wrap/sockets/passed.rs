//! Sockets that a service manager has passed.

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;

use super::*;
use crate::support::{Cat, before, place, run, skipped_without_root, wrap};

#[test]
fn what_was_passed_comes_first_and_keeps_its_name() {
    if skipped_without_root("what_was_passed_comes_first_and_keeps_its_name") {
        return;
    }
    let place = place();
    let (path, own) = (
        place.path().join("unit.sock"),
        place.path().join("own.sock"),
    );
    let listener = UnixListener::bind(&path).expect("bind");
    let number = rustix::fs::fstat(&listener).expect("its number").st_ino;
    let options = ["--user=nobody".to_owned(), listen(&own, ",name=mine")];
    // As a service manager does it: from 3 on, with the pid of the process that executes.
    let passing = |names: &str, pidfd: &str| {
        let script = format!(
            "exec 3<&{} 4</dev/null; export LISTEN_PID=$$ LISTEN_FDS=2 {names} {pidfd}; \
             exec \"$@\"",
            listener.as_raw_fd()
        );
        rustix::io::fcntl_setfd(&listener, rustix::io::FdFlags::empty()).expect("a flag");
        before(
            &["bash", "-c", &script, "bash"],
            &wrap(options.clone(), ["cat"]),
        )
    };
    let cat = Cat::start(passing("LISTEN_FDNAMES=web:", "LISTEN_PIDFDID="));
    let fds = cat.fds();
    assert_eq!(
        fds.keys().copied().collect::<Vec<u32>>(),
        [0, 1, 2, 3, 4, 5]
    );
    assert_eq!(fds[&3], format!("socket:[{number}]"));
    assert_eq!(fds[&4], "/dev/null");
    let variables = cat.variables();
    assert_eq!(variables["LISTEN_FDS"], "3");
    assert_eq!(variables["LISTEN_FDNAMES"], "web:unknown:mine");
    assert_eq!(variables["LISTEN_PID"], cat.pid().to_string());
    assert!(!variables.contains_key("LISTEN_PIDFDID"));
    drop(cat);
    // Of another process with that pid, once upon a time.
    let cat = Cat::start(passing("LISTEN_FDNAMES=web:x", "LISTEN_PIDFDID=1"));
    assert_eq!(cat.variables()["LISTEN_FDNAMES"], "mine");
    assert_eq!(cat.fds().len(), 4);
}

#[test]
fn what_was_passed_to_somebody_else_is_not_passed_on() {
    if skipped_without_root("what_was_passed_to_somebody_else_is_not_passed_on") {
        return;
    }
    let mut command = wrap(["--user=nobody"], ["cat"]);
    command
        .env("LISTEN_PID", "1")
        .env("LISTEN_FDS", "2")
        .env("LISTEN_FDNAMES", "a:b");
    let cat = Cat::start(command);
    assert!(
        !cat.variables()
            .keys()
            .any(|name| name.starts_with("LISTEN_"))
    );
    assert_eq!(cat.fds().len(), 3);
}

#[test]
fn passed_variables_that_cannot_be_right_are_an_error() {
    if skipped_without_root("passed_variables_that_cannot_be_right_are_an_error") {
        return;
    }
    for (count, says) in [
        ("9", "is not open"),
        ("-1", "is no number"),
        ("x", "is no number"),
    ] {
        let script = format!("export LISTEN_PID=$$ LISTEN_FDS={count}; exec \"$@\"");
        let command = wrap(["--user=nobody"], ["true"]);
        run(before(&["bash", "-c", &script, "bash"], &command))
            .exits(125)
            .says(says);
    }
}
