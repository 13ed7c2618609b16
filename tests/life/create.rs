//! What is made, and where.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{NOBODY, chmod, create, facts, give, names, place, run, skipped_without_root};

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
    for against in [["--owner", "root"], ["--type", "stream"]] {
        make(&path, &against).exits(1).says("(app, ");
    }
    assert!(!path.exists());
    make(
        &path,
        &[
            "--mode", "0606", "--force", "--owner", "root", "--type", "stream",
        ],
    )
    .exits(0);
    assert_eq!(facts(&path).0, 0o606);
    fs::remove_dir_all(run_dir.join("app")).expect("rmdir");
    make(&path, &["--parents=0770"])
        .exits(1)
        .says("0770 is wider than 0750 (w for the group)");
    assert!(!run_dir.join("app").exists());
}

/// A policy that says this of every file in a directory.
fn with_rule(place: &Path, rule: &str) -> std::path::PathBuf {
    let policy = place.join("policy.yaml");
    let text = format!(
        "version: 1\nrules:\n  - {{ id: it, paths: [\"{}/run/**\"], {rule} }}\n",
        place.display()
    );
    fs::write(&policy, text).expect("write");
    policy
}

#[test]
fn of_several_owners_it_is_the_first_that_exists() {
    if skipped_without_root("of_several_owners_it_is_the_first_that_exists") {
        return;
    }
    let place = place();
    fs::create_dir(place.path().join("run")).expect("mkdir");
    let path = place.path().join("run/s");
    let made_by = |owner: &str| {
        let policy = with_rule(place.path(), &format!("owner: {owner}"));
        drop(fs::remove_file(&path));
        let mut command = create(&path, &["--no-builtin"]);
        command.arg("-p").arg(policy);
        run(command)
    };
    made_by("[nosuch, \"nobody:nogroup\", games]").exits(0);
    assert_eq!(facts(&path), (0o600, NOBODY, NOBODY));
    made_by("[games, root]").exits(0);
    assert_eq!(facts(&path).1, 0, "whose it is anyway goes first");
    made_by("dynamic").exits(3).says("--owner names one");
    made_by("[nosuch, nobodies]")
        .exits(3)
        .says("there is no user nosuch");
    assert!(!path.exists());
}

#[test]
fn what_the_policy_forbids_is_not_made() {
    let place = place();
    fs::create_dir(place.path().join("run")).expect("mkdir");
    let path = place.path().join("run/s");
    let policy = with_rule(place.path(), "presence: forbidden");
    let make = |options: &[&str]| {
        let mut command = create(&path, &["--no-builtin"]);
        command.arg("-p").arg(&policy).args(options);
        run(command)
    };
    make(&[])
        .exits(1)
        .says("the policy forbids a socket there (it, ");
    assert!(!path.exists());
    make(&["--force"]).exits(0);
}

#[test]
fn a_directory_in_which_all_can_swap_it_is_not_made() {
    let place = place();
    let path = place.path().join("d/s");
    let make = |options: &[&str]| run(create(&path, &[&["--no-builtin"], options].concat()));
    for open in ["0777", "0703"] {
        let mode = format!("--parents={open}");
        make(&[&mode]).exits(1).says("everybody can replace");
    }
    assert!(names(place.path()).is_empty());
    make(&["--parents=1777"]).exits(0);
    fs::remove_dir_all(place.path().join("d")).expect("rmdir");
    make(&["--parents=0777", "--force"]).exits(0);
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
            .exits(1)
            .says("belongs to user 65534");
        run(create(&link.join("a/s"), options)).exits(1);
    }
    assert!(names(&target).is_empty());
    give(&link, 0);
    run(create(&link.join("s"), &[])).exits(0);
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
    let below = place.path().join("made");
    run(create(&below.join("s"), &["--parents=0750"])).exits(0);
    assert!(!acl(&below) && !acl(&below.join("s")));
    let mut value = [0; 256];
    let default = rustix::fs::lgetxattr(&below, name, &mut value[..]);
    assert!(default.is_err(), "it is not handed on");
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
