//! What makes no sense is refused before anything is started.

use crate::ready::scene::{Scene, Wrapped};
use crate::support::{own_user, wrap};

#[test]
fn options_that_make_no_sense() {
    let scene = Scene::new();
    for (options, word) in [
        (&["--ready", "soon"][..], "write now, notify"),
        (&["--ready", "delay"], "write now, notify"),
        (&["--ready", "delay:x"], "a length of time"),
        (&["--ready", "http:health"], "begins with a slash"),
        (&["--ready", "http://localhost/"], "Unix sockets are asked"),
        (&["--ready", "connect"], "no socket to test"),
        (&["--ready", "http:/"], "no stream socket to test"),
        (&["--ready-timeout", "0"], "more than nothing"),
        (&["--env", "NOTIFY_SOCKET=/x"], "gets it from us"),
    ] {
        let said = Wrapped::start(scene.wrap(options, ["true"])).exits(78);
        assert!(said.contains(word), "{options:?}: {said}");
    }
    scene.is_told_nothing();
}

#[test]
fn whoever_becomes_the_command_waits_for_nothing() {
    let user = own_user();
    for options in [["--ready", "now"], ["--ready-timeout", "1s"]] {
        let options = [&["--user", &user][..], &options].concat();
        let done = crate::support::run(wrap(options, ["true"])).exits(78);
        assert!(done.stderr.contains("--exec"), "{}", done.stderr);
    }
}

#[test]
fn addresses_that_nobody_can_be_told_at() {
    let scene = Scene::new();
    for bad in ["vsock:2:1234", "vsock-dgram:2:1", "run/systemd/notify", "@"] {
        let mut wrap = scene.wrap(&[], ["true"]);
        wrap.env("NOTIFY_SOCKET", bad);
        let said = Wrapped::start(wrap).exits(78);
        assert!(said.contains(bad) && said.contains("unset it"), "{said}");
    }
}

/// It may be left over from somebody who is no more.
#[test]
fn who_is_not_there_to_be_told_stops_nothing() {
    let scene = Scene::new();
    let mut wrap = scene.wrap(&[], ["sh", "-c", "exit 3"]);
    wrap.env("NOTIFY_SOCKET", scene.path("nobody"));
    let said = Wrapped::start(wrap).exits(3);
    assert!(said.contains("nobody can be told"), "{said}");
}
