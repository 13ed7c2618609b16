use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::servant::Servant;
use super::{only, probe};
use crate::support::{Sockctl, World, skipped_without_root};

#[test]
fn the_peer_is_named_and_holds_the_socket() {
    let world = World::new();
    let servant = Servant::start(world.path("s").to_str().expect("text"));
    let done = probe().arg(world.path("s")).run().code(0);
    let socket = only(&done);
    assert_eq!(socket["peer"]["pid"], servant.pid(), "{}", done.shown());
    assert_eq!(socket["listener"]["pid"], servant.pid(), "{}", done.shown());
    let done = Sockctl::new().arg("probe").arg(world.path("s")).run();
    let text = done.code(0).out();
    assert!(text.contains(&format!("peer {}/", servant.pid())), "{text}");
    assert!(!text.contains("held by"), "{text}");
}

/// Whoever called listen(2) has given the socket on and ended, as an activator may.
#[test]
fn the_true_listener_is_told_when_the_peer_is_another() {
    let world = World::new();
    let path = world.path("s");
    // A shell is started with the socket; the one who listened is gone then.
    let mut heir = inherited(&path);
    let done = probe().arg(&path).run().code(0);
    let socket = only(&done);
    assert_ne!(socket["peer"]["pid"], heir.id(), "{}", done.shown());
    assert_eq!(socket["listener"]["pid"], heir.id(), "{}", done.shown());
    let done = Sockctl::new().arg("probe").arg(&path).run().code(0);
    done.stdout_has(&format!("held by {}/", heir.id()));
    heir.kill().expect("our own child");
    heir.wait().expect("our own child");
}

/// This process listens, a child has the socket as its standard input, and we close ours.
fn inherited(path: &Path) -> Child {
    let listener = std::os::unix::net::UnixListener::bind(path).expect("bind");
    assert!(listener.as_raw_fd() > 2);
    Command::new("sleep")
        .arg("60")
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(listener)))
        .spawn()
        .expect("sleep")
}

#[test]
fn another_user_is_told_the_peer() {
    if skipped_without_root("another_user_is_told_the_peer") {
        return;
    }
    let mut world = World::new();
    let path = world.stream("s", 0o666);
    let probe = world.other().args(["probe", "-f", "jsonl"]).arg(&path);
    let done = probe.run().code(0);
    let socket = only(&done);
    assert_eq!(socket["peer"]["pid"], std::process::id());
    assert_eq!(socket["peer"]["user"], "root");
    assert!(socket["listener"].is_null(), "{}", done.shown());
    done.no_stderr();
}
