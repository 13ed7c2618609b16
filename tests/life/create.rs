use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::Signal;
use sockctl::sys::diag::{Name, dump};

use crate::states::lets_in;
use crate::support::{
    Held, NOBODY, as_nobody, chmod, facts, give, hold, inode, names, place, run,
    skipped_without_root, sockctl, stale,
};

fn create(path: &Path, options: &[&str]) -> Command {
    let mut command = sockctl(["create"]);
    command.args(options).arg(path);
    command
}

/// Under which name the kernel lists the listener of that file.
fn listed(path: &Path) -> Vec<u8> {
    let file = fs::symlink_metadata(path).expect("it is there");
    let low = u32::try_from(file.ino() & u64::from(u32::MAX)).expect("32 bits");
    let rows = dump().expect("the kernel's list").rows;
    let row = rows
        .into_iter()
        .find(|row| row.vfs == Some((file.dev(), low)));
    match row.expect("it is listed").name {
        Some(Name::Path(path)) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn mode_owner_and_type_are_as_asked() {
    let root = crate::support::is_root();
    let place = place();
    let own = (
        rustix::process::geteuid().as_raw(),
        rustix::process::getegid().as_raw(),
    );
    for kind in ["stream", "dgram", "seqpacket"] {
        for mode in [
            "0",
            "0600",
            "660",
            "0o222",
            "u=rw,g=rw,o=",
            "4755",
            "1666",
            "0777",
        ] {
            let path = place.path().join("s");
            let mut options = vec!["--force", "--type", kind, "--mode", mode];
            let mut expected = own;
            if root {
                options.extend(["--owner", "5:60"]);
                expected = (5, 60);
            }
            run(create(&path, &options)).exits(0);
            let bits: sockctl::model::Mode = mode.parse().expect("a mode");
            let (uid, gid) = expected;
            assert_eq!(
                facts(&path),
                (bits.bits().into(), uid, gid),
                "{kind} {mode}"
            );
            fs::remove_file(&path).expect("unlink");
        }
    }
}

#[test]
fn any_umask_gives_the_same() {
    let place = place();
    let path = place.path().join("s");
    for umask in ["000", "077", "0777"] {
        let mut command = Command::new("sh");
        command
            .args(["-c", "umask $0; exec \"$@\"", umask])
            .arg(crate::support::program())
            .args(["create", "--no-builtin", "--mode", "0660"])
            .arg(&path);
        run(command).exits(0);
        assert_eq!(facts(&path).0, 0o660, "{umask}");
        fs::remove_file(&path).expect("unlink");
    }
}

#[test]
fn without_a_word_it_is_for_its_owner_alone() {
    let place = place();
    let path = place.path().join("s");
    run(create(&path, &["--no-builtin"])).exits(0);
    assert_eq!(facts(&path).0, 0o600);
}

#[test]
fn what_is_not_said_comes_from_the_policy() {
    if skipped_without_root("what_is_not_said_comes_from_the_policy") {
        return;
    }
    let place = place();
    let policy = place.path().join("policy.yaml");
    let run_dir = place.path().join("run");
    let text = format!(
        "version: 1\nrules:\n  - id: app\n    paths: [\"{0}/app/*.sock\"]\n    type: dgram\n    \
         mode: 0660\n    owner: games:60\n    parent: {{ owner: games, max-mode: 0750 }}\n  \
         - id: pools\n    paths: [\"{0}/max.sock\"]\n    max-mode: 0640\n",
        run_dir.display()
    );
    fs::write(&policy, text).expect("write");
    let make = |path: &Path, options: &[&str]| {
        let mut command = create(path, options);
        command.args(["--no-builtin", "-p"]).arg(&policy);
        run(command)
    };
    let path = run_dir.join("app/a.sock");
    make(&path, &["--parents"]).exits(0);
    assert_eq!(facts(&path), (0o660, 5, 60));
    let directory = fs::metadata(run_dir.join("app")).expect("made");
    assert_eq!((directory.mode() & 0o7777, directory.uid()), (0o750, 5));
    let above = fs::metadata(&run_dir).expect("made");
    assert_eq!((above.mode() & 0o7777 & !0o755, above.uid()), (0, 0));
    // The widest within the limit that is not wider than private.
    let max = run_dir.join("max.sock");
    make(&max, &[]).exits(0);
    assert_eq!(facts(&max).0, 0o600);
    // Too wide, bit by bit; and what is said goes before the policy.
    fs::remove_file(&path).expect("unlink");
    make(&path, &["--mode", "0606"]).exits(1).says("--force");
    assert!(!path.exists());
    make(&run_dir.join("b/s"), &["--mode", "0600", "--parents=0700"]).exits(0);
    make(&path, &["--mode", "0606", "--force", "--owner", "root"]).exits(0);
    assert_eq!(facts(&path).0, 0o606);
    fs::remove_dir_all(run_dir.join("app")).expect("rmdir");
    make(&path, &["--parents=0770"])
        .exits(1)
        .says("0770 is wider than");
    assert!(!run_dir.join("app").exists());
}

#[test]
fn directories_are_made_as_asked_and_only_if_asked() {
    let place = place();
    let path = place.path().join("a/b/c/s");
    run(create(&path, &["-n", "--parents=2770"]))
        .exits(0)
        .says("would mkdir");
    assert!(names(place.path()).is_empty());
    run(create(&path, &["--parents=2770"])).exits(0);
    let mode = |name: &str| fs::metadata(place.path().join(name)).expect("made").mode() & 0o7777;
    assert_eq!(mode("a/b/c"), 0o2770);
    assert_eq!(mode("a/b") & !0o755, 0);
    // What is there already stays as it is.
    run(create(&place.path().join("a/b/c/t"), &["--parents=0700"])).exits(0);
    assert_eq!(mode("a/b/c"), 0o2770);
}

#[test]
fn nobody_elses_link_is_followed() {
    if skipped_without_root("nobody_elses_link_is_followed") {
        return;
    }
    let place = place();
    let (theirs, target) = (place.path().join("theirs"), place.path().join("target"));
    fs::create_dir(&theirs).expect("mkdir");
    fs::create_dir(&target).expect("mkdir");
    give(&theirs, NOBODY);
    let link = theirs.join("link");
    symlink(&target, &link).expect("symlink");
    give(&link, NOBODY);
    for options in [[].as_slice(), &["--parents"]] {
        run(create(&link.join("s"), options))
            .exits(3)
            .says("belongs to user 65534");
        run(create(&link.join("a/s"), options)).exits(3);
    }
    assert!(names(&target).is_empty());
    give(&link, 0);
    run(create(&link.join("s"), &[])).exits(0);
}

#[test]
fn in_a_directory_of_somebody_else_it_is_listed_by_its_path() {
    if skipped_without_root("in_a_directory_of_somebody_else_it_is_listed_by_its_path") {
        return;
    }
    let place = place();
    let theirs = place.path().join("theirs");
    fs::create_dir_all(theirs.join("deeper")).expect("mkdir");
    for directory in [&theirs, &theirs.join("deeper")] {
        give(directory, NOBODY);
    }
    // They can swap the socket, but not the way to it.
    let path = theirs.join("s");
    let _held = hold(&path);
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
    // Here they can swap a directory while bind(2) looks it up: so it is not looked up.
    let path = theirs.join("deeper/s");
    let _held = hold(&path);
    assert_eq!(listed(&path), b"s");
    assert!(lets_in(&path, rustix::net::SocketType::STREAM));
}

#[test]
fn however_it_is_named_the_kernel_lists_the_absolute_path() {
    let place = place();
    fs::create_dir(place.path().join("d")).expect("mkdir");
    let mut command = create(Path::new("d/s"), &["--hold"]);
    command.current_dir(place.path());
    let _held = Held::start(command).expect("it holds");
    let path = place.path().join("d/s");
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
    symlink("d", place.path().join("link")).expect("symlink");
    let path = place.path().join("link/t");
    let _other = hold(&path);
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
}

#[test]
fn paths_with_no_room_in_an_address() {
    let place = place();
    let mut deep = place.path().to_owned();
    for _ in 0..15 {
        deep.push("d".repeat(250));
    }
    fs::create_dir_all(&deep).expect("mkdir");
    let path = deep.join("s");
    let mut command = create(&path, &["--hold"]);
    command.stderr(Stdio::piped());
    let mut held = Held::start(command).expect("it holds");
    assert_eq!(listed(&path), b"s");
    held.signal(Signal::TERM);
    assert_eq!(held.wait(), Some(0));
    let mut said = String::new();
    let mut stderr = held.child.stderr.take().expect("its diagnostics");
    stderr.read_to_string(&mut said).expect("text");
    assert!(said.contains("by its name alone"), "{said}");
    assert!(names(&deep).is_empty());
    // The real path has room where the one that was typed has none.
    let link = place.path().join("l".repeat(120));
    symlink(place.path(), &link).expect("symlink");
    let _held = hold(&link.join("s"));
    let path = fs::canonicalize(place.path())
        .expect("a real path")
        .join("s");
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
}

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

/// `u::rw, u:nobody:rw, g::r, mask:rw, o::-` as the value of system.posix_acl_default.
fn default_acl() -> Vec<u8> {
    let none = u32::MAX;
    let entries: [(u16, u16, u32); 5] = [
        (1, 6, none),
        (2, 6, NOBODY),
        (4, 4, none),
        (0x10, 6, none),
        (0x20, 0, none),
    ];
    let mut value = 2_u32.to_le_bytes().to_vec();
    for (tag, bits, id) in entries {
        value.extend(tag.to_le_bytes());
        value.extend(bits.to_le_bytes());
        value.extend(id.to_le_bytes());
    }
    value
}

#[test]
fn an_inherited_acl_lets_nobody_in() {
    if skipped_without_root("an_inherited_acl_lets_nobody_in") {
        return;
    }
    let place = place();
    let flags = rustix::fs::XattrFlags::empty();
    let name = c"system.posix_acl_default";
    if rustix::fs::setxattr(place.path(), name, &default_acl(), flags).is_err() {
        println!("skipped: an_inherited_acl_lets_nobody_in: no ACLs on this file system");
        return;
    }
    let acl = |path: &Path| {
        let mut value = [0; 256];
        rustix::fs::lgetxattr(path, c"system.posix_acl_access", &mut value[..]).is_ok()
    };
    let path = place.path().join("s");
    run(create(&path, &["--mode", "0660"])).exits(0);
    assert!(!acl(&path), "the mode is all there is");
    assert_eq!(facts(&path).0, 0o660);
    let policy = place.path().join("policy.yaml");
    let text = format!(
        "version: 1\nrules:\n  - {{ id: a, paths: [\"{}/*\"], acl: allow }}\n",
        place.path().display()
    );
    fs::write(&policy, text).expect("write");
    chmod(&policy, 0o600);
    let path = place.path().join("allowed");
    let mut command = create(&path, &["--mode", "0660"]);
    command.arg("-p").arg(&policy);
    run(command).exits(0);
    assert!(acl(&path), "the policy allows it");
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
fn names_are_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    for name in [b"a\nb\xff".as_slice(), b"--help", b"@x", b" "] {
        let path = place.path().join(std::ffi::OsStr::from_bytes(name));
        let mut held = hold(&path);
        assert_eq!(listed(&path), path.as_os_str().as_bytes());
        assert!(CString::new(name).is_ok());
        held.signal(Signal::TERM);
        assert_eq!(held.wait(), Some(0));
    }
    assert!(names(place.path()).is_empty());
}
