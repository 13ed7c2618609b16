//! `create --hold`, and what is there already.

use std::fs;
use std::io::Read;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::PathBuf;

use rustix::process::Signal;

use crate::support::{
    Held, NOBODY, as_nobody, create, facts, give, hold, inode, lets_in, names, place, run,
    skipped_without_root, stale,
};

#[test]
fn what_is_there_is_left_or_replaced_as_asked() {
    let place = place();
    let path = stale(&place.path().join("s"));
    let before = inode(&path);
    run(create(&path, &["--if-absent"])).exits(0);
    assert_eq!(inode(&path), before);
    run(create(&path, &["-n", "--replace-stale", "--mode", "0640"]))
        .exits(0)
        .says("would remove");
    assert_eq!(inode(&path), before);
    run(create(&path, &["--replace-stale", "--mode", "0640"])).exits(0);
    assert_eq!(facts(&path).0, 0o640);
    let mut server = Held::start(create(&path, &["--hold", "--if-absent", "--replace-stale"]))
        .expect("it holds");
    let live = inode(&path);
    for options in [
        ["--if-absent", "--force"],
        ["--if-absent", "--replace-stale"],
    ] {
        run(create(&path, &options)).exits(0);
    }
    run(create(&path, &[])).exits(1).says("(pid ");
    run(create(&path, &["--replace-stale"]))
        .exits(1)
        .says("(pid ");
    assert_eq!(inode(&path), live);
    server.signal(Signal::INT);
    assert_eq!(server.wait(), Some(0));
    assert!(names(place.path()).is_empty());
}

#[test]
fn what_is_there_already_cannot_be_held() {
    let place = place();
    let path = stale(&place.path().join("s"));
    run(create(&path, &["--hold", "--if-absent"]))
        .exits(1)
        .says("so nothing is held; --replace-stale");
    let mut server = hold(&place.path().join("live"));
    for options in [
        ["--hold", "--if-absent"].as_slice(),
        &["--hold", "--if-absent", "--replace-stale"],
    ] {
        run(create(&place.path().join("live"), options))
            .exits(1)
            .says(&format!("sockctl (pid {}, user ", server.child.id()));
    }
    server.signal(Signal::TERM);
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn what_is_left_as_it_is_is_told_as_it_is() {
    let place = place();
    let path = place.path().join("s");
    let _server = Held::start(create(
        &path,
        &["--hold", "--force", "--type", "dgram", "--mode", "0775"],
    ))
    .expect("it holds");
    let report = |options: &[&str]| {
        let done = run(create(
            &path,
            &[&["--if-absent", "--no-builtin", "-f", "json"], options].concat(),
        ));
        let done = done.exits(0);
        let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
        (report["actions"][0].clone(), done.stderr)
    };
    let (action, stderr) = report(&[]);
    let from = action["from"].as_str().expect("text").to_owned();
    assert!(from.starts_with("dgram 0775 "), "{from}");
    assert_eq!(
        (&action["done"], action["to"].is_null()),
        (&false.into(), true)
    );
    let why = action["why"].as_str().expect("text");
    assert!(
        why.starts_with("left as it is: it is there already"),
        "{why}"
    );
    for word in [
        "not stream",
        "0775 is wider than 0600 (x for the user, rwx for the group",
    ] {
        assert!(stderr.contains(word), "{stderr}");
    }
    // As it was asked for.
    let (action, stderr) = report(&["--force", "--type", "dgram", "--mode", "0775"]);
    assert_eq!((stderr.as_str(), &action["done"]), ("", &true.into()));
    let (_, stderr) = report(&["--type", "dgram", "--mode", "0600", "--owner", "7"]);
    assert!(stderr.contains("its mode is 0775, not 0600"), "{stderr}");
    assert!(stderr.contains(", not to "), "{stderr}");
}

#[test]
fn what_is_held_accepts_and_closes() {
    let place = place();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let (stream, packets) = (place.path().join("stream"), place.path().join("packets"));
        let datagrams = place.path().join("datagrams");
        let mut one = hold(&stream);
        let mut two =
            Held::start(create(&packets, &["--hold", "--type", "seqpacket"])).expect("it holds");
        let mut three =
            Held::start(create(&datagrams, &["--hold", "--type", "dgram"])).expect("it holds");
        for _ in 0..300 {
            let mut client = UnixStream::connect(&stream).expect("connect");
            assert_eq!(client.read(&mut [0]).unwrap_or(0), 0);
            assert!(lets_in(&packets, rustix::net::SocketType::SEQPACKET));
        }
        let client = UnixDatagram::unbound().expect("a socket");
        for _ in 0..1000 {
            client
                .send_to(&[0; 512], &datagrams)
                .expect("there is room again and again");
        }
        for held in [&mut one, &mut two, &mut three] {
            held.signal(signal);
            assert_eq!(held.wait(), Some(0));
        }
        assert!(names(place.path()).is_empty());
    }
}

#[test]
fn only_its_own_file_is_removed_at_the_end() {
    let place = place();
    let path = place.path().join("s");
    let mut first = hold(&path);
    fs::remove_file(&path).expect("unlink");
    let second = hold(&path);
    let other = inode(&path);
    first.signal(Signal::TERM);
    assert_eq!(first.wait(), Some(0));
    assert_eq!(inode(&path), other);
    UnixStream::connect(&path).expect("the other one is live");
    // Killed, it leaves a stale file.
    second.signal(Signal::KILL);
    drop(second);
    assert_eq!(inode(&path), other);
    run(create(&path, &["--replace-stale"])).exits(0);
}

#[test]
fn all_are_held_or_none() {
    let place = place();
    let (free, taken) = (place.path().join("free"), place.path().join("taken"));
    fs::write(&taken, "x").expect("write");
    let mut command = create(&free, &["--hold"]);
    command.arg(place.path().join("a/b/deep")).arg("--parents");
    command.args(["-f", "json"]).arg(&taken);
    let done = run(command).exits(1);
    assert_eq!(names(place.path()), ["taken"], "directories too");
    // Nothing is said to stand that does not.
    let report: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
    let actions = report["actions"].as_array().expect("actions");
    assert_eq!(actions.len(), 3, "{actions:?}");
    assert!(
        actions.iter().all(|action| action["done"] == false),
        "{actions:?}"
    );
    done.says("removed again, for not all could be had");
}

#[test]
fn whoever_waits_for_the_end_is_not_kept_waiting() {
    let place = place();
    let path = place.path().join("s");
    let mut held = hold(&path);
    // Clients that come without end.
    std::thread::scope(|scope| {
        let clients = scope.spawn(|| while UnixStream::connect(&path).is_ok() {});
        held.signal(Signal::TERM);
        assert_eq!(held.wait(), Some(0));
        clients.join().expect("no panic");
    });
}

#[test]
fn without_any_right_it_works_just_as_well() {
    if skipped_without_root("without_any_right_it_works_just_as_well") {
        return;
    }
    let place = place();
    let own = place.path().join("own");
    fs::create_dir(&own).expect("mkdir");
    give(&own, NOBODY);
    for (kind, mode) in [("stream", 0o660), ("dgram", 0o622), ("seqpacket", 0o600)] {
        let path = own.join(kind);
        let bits = format!("{mode:04o}");
        let words: Vec<PathBuf> = [
            "create", "--force", "--hold", "--mode", &bits, "--type", kind,
        ]
        .iter()
        .map(PathBuf::from)
        .chain([path.clone()])
        .collect();
        let mut held = Held::start(as_nobody(place.path(), words)).expect("it holds");
        assert_eq!(facts(&path), (mode, NOBODY, NOBODY));
        held.signal(Signal::TERM);
        assert_eq!(held.wait(), Some(0));
    }
    assert!(names(&own).is_empty());
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_so() {
    let place = place();
    let path = place.path().join("s");
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"]);
    command.arg(crate::support::program());
    command.args(["create", "--hold"]).arg(&path);
    let mut held = Held::start(command).expect("it holds");
    held.signal(Signal::HUP);
    held.signal(Signal::INT);
    UnixStream::connect(&path).expect("it still holds");
    held.signal(Signal::TERM);
    assert_eq!(held.wait(), Some(0));
    assert!(names(place.path()).is_empty());
}
