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
    // Where it is there already there is nothing to hold.
    stale(&path);
    run(create(&path, &["--hold", "--if-absent"])).exits(0);
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
    command.arg(&taken);
    run(command).exits(1);
    assert_eq!(names(place.path()), ["taken"]);
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
