//! Commands that cannot be started: a message, an exit status, and nothing left behind.

use super::running::{resident, with_argument};
use crate::support::{before, executable, names, own_user, place, run, skipped_without_root};

#[test]
fn what_only_execve_finds_out() {
    let scripts = place();
    let sockets = place();
    let listen = format!("--listen={}", sockets.path().join("s").display());
    let rows: [(&str, &[u8], &str); 3] = [
        (
            "no-program",
            b"\x7fELF, and nothing else\n",
            "no program for this machine",
        ),
        ("no-interpreter", b"#!/no/such/interpreter\n", "interpreter"),
        ("empty", b"", "no program for this machine"),
    ];
    for (name, text, words) in rows {
        let file = executable(&scripts.path().join(name), text);
        let options = ["--user", &own_user(), &listen];
        let marker = format!("marker-of-{}-{name}", std::process::id());
        run(resident(options, [file.as_os_str(), marker.as_ref()]))
            .exits(126)
            .says(words);
        assert_eq!(names(sockets.path()), [""; 0]);
        assert_eq!(with_argument(&marker), [0; 0]);
    }
}

#[test]
fn what_is_found_out_before() {
    let sockets = place();
    let listen = format!("--listen={}", sockets.path().join("s").display());
    let options = ["--user", &own_user(), &listen];
    run(resident(options, ["/no/such/command"])).exits(127);
    run(resident(options, ["no-such-command"])).exits(127);
    run(resident(options, ["/etc"])).exits(126);
    run(resident(options, ["/etc/passwd"])).exits(126);
    assert_eq!(names(sockets.path()), [""; 0]);
}

#[test]
fn a_directory_that_the_user_may_not_enter() {
    if skipped_without_root("a_directory_that_the_user_may_not_enter") {
        return;
    }
    let place = place();
    let inner = place.path().join("d");
    std::fs::create_dir(&inner).expect("mkdir");
    crate::support::chmod(&inner, 0o700);
    let listen = format!("--listen={}", place.path().join("s").display());
    let chdir = format!("--chdir={}", inner.display());
    run(resident(["--user=nobody", &listen, &chdir], ["true"]))
        .exits(125)
        .says("as the user that the command runs as");
    assert_eq!(names(place.path()), ["d"]);
}

/// There is no room for another process.
#[test]
fn a_full_table_of_processes() {
    if skipped_without_root("a_full_table_of_processes") {
        return;
    }
    let place = place();
    std::os::unix::fs::chown(place.path(), Some(4711), Some(4711)).expect("chown");
    let listen = format!("--listen={}", place.path().join("s").display());
    // Root has no such limit, so somebody whom nobody else is.
    let wrap = resident(["--user=4711:4711", &listen], ["true"]);
    let words = [
        "setpriv",
        "--reuid=4711",
        "--regid=4711",
        "--clear-groups",
        "prlimit",
        "--nproc=1",
    ];
    run(before(&words, &wrap))
        .exits(125)
        .says("cannot start a process: fork(): ")
        .says("EAGAIN");
    assert_eq!(names(place.path()), [""; 0]);
}
