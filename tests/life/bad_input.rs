//! What cannot be done ends with a clear error and the right code, and changes nothing.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::process::Command;

use crate::support::{
    as_nobody, chmod, names, place, program, run, skipped_without_root, sockctl, stale,
};

#[test]
fn paths_that_name_no_file() {
    let place = place();
    let before = names(place.path());
    let run_it = |command: &str, path: &str| {
        let mut run_it = sockctl([command, "--", path]);
        run_it.current_dir(place.path());
        run(run_it)
    };
    for command in ["create", "clean"] {
        for path in ["/", ".", "..", "/run/."] {
            run_it(command, path).exits(1).says("it is a directory");
        }
        run_it(command, "").exits(2);
        run_it(command, "-").exits(2).says("./-");
        run(sockctl([command])).exits(2);
    }
    for path in ["x/", "x/.."] {
        run_it("create", path).exits(1).says("names a directory");
        run_it("clean", path).exits(0);
    }
    assert_eq!(names(place.path()), before);
}

#[test]
fn names_at_the_limits() {
    let place = place();
    let create = |length: usize| {
        let mut command = sockctl(["create"]);
        command.arg(place.path().join("n".repeat(length)));
        run(command)
    };
    create(108).exits(0);
    create(109).exits(2).says("at most 108 bytes");
    create(4_000).exits(2);
    let clean = |length: usize| {
        let mut command = sockctl(["clean"]);
        command.arg(place.path().join("n".repeat(length)));
        run(command)
    };
    clean(109).exits(0);
    clean(4_000).exits(3).says("ENAMETOOLONG");
    clean(108).exits(0);
    assert!(names(place.path()).is_empty());
}

#[test]
fn modes_types_and_owners_out_of_range() {
    let place = place();
    let path = place.path().join("s");
    let create = |option: &str, value: &OsString| {
        let mut command = sockctl(["create"]);
        let mut word = OsString::from(format!("{option}="));
        word.push(value);
        command.arg(word).arg(&path);
        run(command).exits(2);
        assert!(!path.exists(), "{option}={}", value.display());
    };
    let not_text = OsString::from_vec(vec![b'\xff']);
    for value in [
        "",
        " ",
        "0888",
        "8",
        "07777777",
        "-1",
        "+5",
        " 660",
        "u=rwq",
        "g+w",
        "4294967296",
    ] {
        create("--mode", &value.into());
        create("--parents", &value.into());
    }
    create("--mode", &not_text);
    for value in [
        "",
        ":",
        "-1",
        "+5",
        " 5",
        "5 ",
        "007",
        "4294967295",
        "4294967296",
        "0day?",
        "no-such-user",
        "root:no-such-group",
        ":-1",
        ":4294967295",
        ":4294967296",
        "root:",
        "root:root:root",
        "\n",
    ] {
        create("--owner", &value.into());
    }
    create("--owner", &not_text);
    for value in ["", "tcp", "STREAM", "1"] {
        create("--type", &value.into());
    }
}

#[test]
fn what_is_there_already_and_what_is_not() {
    let place = place();
    let at = |name: &str| place.path().join(name);
    fs::write(at("text"), "x").expect("write");
    fs::create_dir(at("dir")).expect("mkdir");
    std::os::unix::fs::symlink("nowhere", at("dangling")).expect("symlink");
    stale(&at("stale"));
    std::os::unix::fs::symlink("stale", at("link")).expect("symlink");
    let before = names(place.path());
    let create = |path: &Path, options: &[&str]| {
        let mut command = sockctl(["create"]);
        command.args(options).arg(path);
        run(command)
    };
    for options in [
        [].as_slice(),
        &["--replace-stale"],
        &["--if-absent"],
        &["--hold"],
    ] {
        for name in ["text", "dir", "dangling", "link"] {
            create(&at(name), options).exits(1).says("is there");
        }
    }
    create(&at("stale"), &[]).exits(1).says("--replace-stale");
    create(&at("text/below"), &[]).exits(3).says("ENOTDIR");
    create(&at("text/below"), &["--parents"])
        .exits(3)
        .says("ENOTDIR");
    create(&at("gone/s"), &[]).exits(3).says("--parents");
    assert_eq!(names(place.path()), before);
    assert_eq!(fs::read(at("text")).expect("read"), b"x");
    let gone = at("gone");
    fs::create_dir(&gone).expect("mkdir");
    let mut inside = sockctl(["create", "s"]);
    inside.current_dir(&gone);
    let child = inside.spawn();
    drop(child.and_then(|mut child| child.wait()));
    fs::remove_dir_all(&gone).expect("rmdir");
    assert_eq!(names(place.path()), before);
}

#[test]
fn without_permission_nothing_is_made_and_nothing_stays() {
    if skipped_without_root("without_permission_nothing_is_made_and_nothing_stays") {
        return;
    }
    let place = place();
    let own = place.path().join("own");
    fs::create_dir(&own).expect("mkdir");
    crate::support::give(&own, crate::support::NOBODY);
    let create = |path: &Path, options: &[&str]| {
        let mut words: Vec<OsString> = vec!["create".into()];
        words.extend(options.iter().map(OsString::from));
        words.push(path.into());
        run(as_nobody(place.path(), words))
    };
    create(&place.path().join("s"), &[]).exits(3).says("EACCES");
    create(&place.path().join("a/s"), &["--parents"])
        .exits(3)
        .says("EACCES");
    // It is made, cannot be given away, and is removed again; so is its directory.
    create(&own.join("s"), &["--owner", "root"])
        .exits(3)
        .says("EPERM");
    create(&own.join("a/b/s"), &["--parents", "--owner", "root"]).exits(3);
    create(&own.join("s"), &["--owner", ":root", "--hold"]).exits(3);
    assert!(names(&own).is_empty());
    create(&own.join("s"), &["--owner", "nobody", "--mode", "0640"]).exits(0);
    let private = place.path().join("private");
    fs::create_dir(&private).expect("mkdir");
    chmod(&private, 0o700);
    create(&private.join("s"), &[]).exits(3).says("EACCES");
    assert!(names(&private).is_empty());
}

/// Unmounted when it is dropped.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    fn tmpfs(at: &'a Path, options: &str) -> Mounted<'a> {
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(at)
            .status()
            .expect("mount");
        assert!(status.success());
        Mounted(at)
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0).status());
    }
}

#[test]
fn file_systems_that_are_full_or_read_only() {
    if skipped_without_root("file_systems_that_are_full_or_read_only") {
        return;
    }
    let place = place();
    let at = place.path().join("fs");
    fs::create_dir(&at).expect("mkdir");
    let create = |path: &Path, options: &[&str]| {
        let mut command = Command::new(program());
        command.arg("create").args(options).arg(path);
        run(command)
    };
    let clean = |path: &Path| {
        let mut command = sockctl(["clean"]);
        command.arg(path);
        run(command)
    };
    {
        let _full = Mounted::tmpfs(&at, "nr_inodes=3");
        let (first, second) = (stale(&at.join("1")), stale(&at.join("2")));
        create(&at.join("3"), &[]).exits(3).says("ENOSPC");
        create(&at.join("a/3"), &["--parents"])
            .exits(3)
            .says("ENOSPC");
        // To remove one takes no room.
        clean(&first).exits(0);
        create(&at.join("a/3"), &["--parents"])
            .exits(3)
            .says("ENOSPC");
        assert_eq!(names(&at), ["2"], "the directory is removed again");
        create(&second, &["--replace-stale"]).exits(0);
        assert_eq!(names(&at), ["2"]);
    }
    let _mounted = Mounted::tmpfs(&at, "size=1m");
    stale(&at.join("s"));
    let remounted = Command::new("mount")
        .args(["-o", "remount,ro"])
        .arg(&at)
        .status()
        .expect("mount");
    assert!(remounted.success());
    clean(&at.join("s")).exits(3).says("EROFS");
    create(&at.join("t"), &[]).exits(3).says("EROFS");
    create(&at.join("s"), &["--replace-stale"])
        .exits(3)
        .says("EROFS");
    assert_eq!(names(&at), ["s"]);
}
