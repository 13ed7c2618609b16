//! What cannot be: each with its message and its exit status, and nothing is left behind.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use crate::parent::running::resident;
use crate::support::{before, chmod, executable, names, place, run, skipped_without_root, wrap};

#[test]
fn command_lines_that_say_nothing_sensible() {
    let rows: [(&[&str], &str); 36] = [
        (
            &["--no-such-option"],
            "unexpected argument '--no-such-option'",
        ),
        (&["--groups", "a,,b"], "an empty name"),
        (&["--groups", "a,-1"], "sign"),
        (&["--groups", "a", "--init-groups"], "cannot be used with"),
        (&["--keep-caps", "CAP_NET_BIND"], "there is no capability"),
        (&["--keep-caps", "chwon"], "do you mean CAP_CHOWN?"),
        (&["--keep-caps", ""], "there is no capability"),
        (&["--umask", "0888"], "octal"),
        (&["--umask", "1777"], "three octal digits"),
        (&["--umask", ""], "octal"),
        (&["--env", "A"], "write NAME=VALUE"),
        (&["--env", "=A"], "write NAME=VALUE"),
        (&["--rlimit", "files=7"], "there is no limit \"files\""),
        (&["--rlimit", "nofile"], "RESOURCE=LIMIT"),
        (&["--rlimit", "nofile=lots"], "is no limit"),
        (&["--rlimit", "nofile=7:6"], "above the hard one"),
        (&["--pass-fd", "x"], "a descriptor is a number"),
        (&["--pass-fd=-1"], "a descriptor is a number"),
        (&["--pass-fd", "99"], "no such descriptor is open"),
        (&["--listen", ""], "an empty path"),
        (&["--listen", "/run/"], "it names a directory"),
        (&["--listen", "-"], "`-` is no path"),
        (&["--listen", "@app"], "an abstract socket has no file"),
        (&["--listen", "unix:/a"], "give the path itself"),
        (&["--listen", "127.0.0.1:8080"], "that is TCP; a socket"),
        (&["--listen", "[::1]:80"], "./[::1]:80 for a file of that"),
        (
            &["--listen", "/r/a:0660"],
            "--listen /r/a,mode=0660; /r/./a:",
        ),
        (&["--expect", "localhost:80"], "that is TCP"),
        (
            &["--expect", "/a,mode=0660"],
            "mode= is for sockets of --listen",
        ),
        (&["--listen", "/a,mode=0999"], "mode=0999"),
        (&["--listen", "/a,colour=red"], "there is no colour="),
        (&["--listen", "/a,name=a:b"], "a name is 1 to 255"),
        (&["--listen", "/a,owner=:"], "owner=:"),
        (
            &["--listen", "/a,owner=no-such-user"],
            "owner=no-such-user: there is no user",
        ),
        (&["--groups", "no-such-group"], "on this host (--groups)"),
        (&["--user", "no-such-user"], "on this host (--user"),
    ];
    for (options, words) in rows {
        let root: &[&str] = if options[0] == "--user" {
            &[]
        } else {
            &["--user", "root"]
        };
        let options = [options, root].concat();
        run(wrap(options, ["true"])).exits(78).says(words);
    }
    let none: [&str; 0] = [];
    // What is written so is a file.
    for path in ["./127.0.0.1:8080", "/r/./a:0660", "/r/a:0660,mode=0600"] {
        run(wrap(
            ["-n", "--user=root", "--listen", path],
            ["no-such-command"],
        ))
        .exits(127);
    }
    // What stands behind an option is its value.
    run(wrap(["--user"], none))
        .exits(78)
        .says("--user has taken -- for its value");
    run(wrap(["--user", "root"], none))
        .exits(78)
        .says("<COMMAND>");
    let twice = ["--user=root", "--listen=/run/a", "--listen=/run/./a"];
    run(wrap(twice, ["true"])).exits(78).says("is there twice");
    let long = format!("--listen=/run/{}", "x".repeat(109));
    run(wrap(["--user=root", &long], ["true"]))
        .exits(78)
        .says("at most 108 bytes");
}

#[test]
fn a_policy_that_is_none_is_a_bad_option() {
    let place = place();
    let policy = place.path().join("policy.yaml");
    fs::write(&policy, "version: 1\nrules: 7\n").expect("a file of the test");
    let listen = format!("--listen={}", place.path().join("s").display());
    let policy = policy.to_str().expect("text");
    let options = ["-p", policy, "--user=root", &listen];
    run(wrap(options, ["true"]))
        .exits(78)
        .says("the policy has an error");
    assert_eq!(names(place.path()), ["policy.yaml"]);
}

/// The line to write instead is one that can be written.
#[test]
fn dashes_that_are_missing_or_in_the_wrong_place() {
    let wrap = |words: &str| {
        let mut wrap = std::process::Command::new(crate::support::program());
        wrap.arg("wrap").args(words.split(' '));
        crate::support::clean(&mut wrap);
        run(wrap)
    };
    for (words, better) in [
        ("--user nobody ls -la", "--user nobody -- ls -la"),
        ("--user ls ls -la", "--user ls -- ls -la"),
        ("ls", "-- ls"),
        ("--exec sh -c true -- x", "--exec -- sh -c true -- x"),
    ] {
        let line = format!("put -- before the command: sockctl wrap {better}\n");
        wrap(words).exits(78).says(&line);
    }
    for (words, better) in [
        ("--listen -- true", "--listen VALUE -- true"),
        ("--exec -p -- true", "--exec -p VALUE -- true"),
        ("--user --", "--user VALUE --"),
    ] {
        let line = format!("has taken -- for its value: write sockctl wrap {better}\n");
        wrap(words).exits(78).says(&line);
    }
    let unknown = wrap("--user nobody -l ls").exits(78).says("'-l'");
    assert!(!unknown.stderr.contains("tip"), "{}", unknown.shown());
    let typed = wrap("--usre nobody -- ls").exits(78);
    assert!(typed.stderr.contains("--user"), "{}", typed.shown());
    wrap("--user nobody --groups a,,b -- ls")
        .exits(78)
        .says("an empty name");
    wrap("-- --user nobody true")
        .exits(127)
        .says("options of wrap go before the --");
}

/// Nothing is started, and then ended for it.
#[test]
fn a_policy_is_read_before_a_command_without_sockets_starts() {
    if skipped_without_root("a_policy_is_read_before_a_command_without_sockets_starts") {
        return;
    }
    let place = place();
    let path = |name: &str| place.path().join(name).display().to_string();
    fs::write(path("bad.yaml"), "version: 1\nrules: 7\n").expect("a file of the test");
    fs::write(path("good.yaml"), "version: 1\nrules: []\n").expect("a file of the test");
    fs::copy(path("good.yaml"), path("theirs.yaml")).expect("a file of the test");
    chmod(&place.path().join("theirs.yaml"), 0o666);
    let started = path("started");
    let wrapped = |policy: &str, options: &[&str]| {
        let mut wrap = std::process::Command::new(crate::support::program());
        wrap.args(["wrap", "-p", &path(policy), "--user=root"]);
        wrap.args(options).args(["--", "touch", &started]);
        crate::support::clean(&mut wrap);
        wrap
    };
    for (policy, words) in [
        ("bad.yaml", "bad.yaml:2:8"),
        ("missing.yaml", "missing.yaml"),
        ("theirs.yaml", "everyone can write to it"),
    ] {
        for options in [&[][..], &["--exec"], &["-n"], &["-n", "--exec"]] {
            run(wrapped(policy, options)).exits(78).says(words);
            assert!(
                !place.path().join("started").exists(),
                "{policy} {options:?}"
            );
        }
    }
    let mut by_variable = wrap(["--user=root"], ["touch", &started]);
    by_variable.env("SOCKCTL_POLICY", path("bad.yaml"));
    run(by_variable).exits(78).says("bad.yaml:2:8");
    assert!(!place.path().join("started").exists());
    run(wrapped("good.yaml", &[])).exits(0);
    assert!(place.path().join("started").exists());
}

#[test]
fn commands_that_are_none() {
    if skipped_without_root("commands_that_are_none") {
        return;
    }
    let place = place();
    let path = |name: &str| place.path().join(name);
    let listen = format!("--listen={}", path("s").display());
    let file = |name: &str, text: &[u8]| executable(&path(name), text);
    let mut foreign = fs::read("/bin/true").expect("a program");
    foreign[18] = 0xf3; // EM_RISCV, or something that no machine with these tests is
    let rows = [
        ("no-such-command".into(), 127, "there is no such command"),
        ("".into(), 127, "there is no such command"),
        (path("missing"), 127, "there is no such file"),
        (path("missing/dir"), 127, "there is no such file"),
        (place.path().to_owned(), 126, "it is a directory"),
        ("/dev/null".into(), 126, "it is a character device"),
        (file("plain", b"x"), 126, "lets nobody execute it"),
        (file("empty", b""), 126, "ENOEXEC"),
        (file("text", b"echo hello\n"), 126, "does not begin with #!"),
        (
            file("foreign", &foreign),
            126,
            "no program for this machine",
        ),
        (
            file("orphan", b"#!/nowhere/interpreter\n"),
            126,
            "its interpreter is /nowhere/interpreter",
        ),
        (file("cut", b"\x7fELF"), 126, "ENOEXEC"),
        (path("loop"), 127, "ELOOP"),
    ];
    chmod(&path("plain"), 0o644);
    symlink(path("loop"), path("loop")).expect("a link");
    let before = names(place.path());
    for (command, code, words) in rows {
        run(wrap(["--user=nobody", &listen], [&command]))
            .exits(code)
            .says(words);
        assert_eq!(names(place.path()), before, "{}", command.display());
    }
}

#[test]
fn places_where_no_socket_can_be() {
    if skipped_without_root("places_where_no_socket_can_be") {
        return;
    }
    let place = place();
    let path = |name: &str| place.path().join(name);
    fs::write(path("file"), "x").expect("a file");
    symlink("/nowhere", path("link")).expect("a link");
    let _live = UnixListener::bind(path("live")).expect("bind");
    let before = names(place.path());
    for (name, code, words) in [
        ("file", 77, "a regular file is there"),
        ("link", 77, "a symbolic link is there"),
        ("live", 77, "it is live"),
        (
            "missing/s",
            125,
            "(ENOENT); make it first (RuntimeDirectory= in a unit,",
        ),
        ("file/s", 125, "ENOTDIR"),
    ] {
        let first = format!("--listen={}", path("first").display());
        let listen = format!("--listen={}", path(name).display());
        run(wrap(["--user=nobody", &first, &listen], ["true"]))
            .exits(code)
            .says(words);
        assert_eq!(names(place.path()), before, "{name}");
    }
    assert_eq!(fs::read(path("file")).expect("the file"), b"x");
}

#[test]
fn a_file_system_that_cannot_be_written_to() {
    if skipped_without_root("a_file_system_that_cannot_be_written_to") {
        return;
    }
    let place = place();
    let listen = format!("--listen={}", place.path().join("s").display());
    let script = "mount -t tmpfs -o ro tmpfs \"$0\" || exit 99; exec \"$@\"";
    let directory = place.path().to_str().expect("text");
    let unshare = ["unshare", "-m", "sh", "-c", script, directory];
    let command = wrap(["--user=nobody", &listen], ["true"]);
    run(before(&unshare, &command)).exits(125).says("EROFS");
    // And by who may not write to a directory that can be.
    let drop = [
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
    ];
    run(before(&drop, &wrap([&listen], ["true"])))
        .exits(125)
        .says("EACCES");
    assert_eq!(names(place.path()), Vec::<String>::new());
}

#[test]
fn limits_that_cannot_be_set() {
    if skipped_without_root("limits_that_cannot_be_set") {
        return;
    }
    let place = place();
    let listen = format!("--listen={}", place.path().join("s").display());
    let drop = [
        "setpriv",
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
    ];
    let script = ["bash", "-c", "ulimit -n 64; exec \"$@\"", "bash"];
    let command = wrap(["--rlimit=nofile=65"], ["true"]);
    run(before(&script, &before(&drop, &command)))
        .exits(125)
        .says("CAP_SYS_RESOURCE");
    let few = wrap(["--user=nobody", "--rlimit=nofile=3", &listen], ["true"]);
    run(few).exits(78).says("1 sockets are too many");
    assert_eq!(names(place.path()), Vec::<String>::new());
}

#[test]
fn a_full_table_of_processes() {
    if skipped_without_root("a_full_table_of_processes") {
        return;
    }
    let place = place();
    let listen = format!("--listen={}", place.path().join("s").display());
    let own = place.path();
    std::os::unix::fs::chown(own, Some(4242), Some(4242)).expect("an owner");
    let words = [
        "setpriv",
        "--reuid=4242",
        "--regid=4242",
        "--clear-groups",
        "prlimit",
        "--nproc=1",
    ];
    run(before(&words, &resident([&listen], ["true"])))
        .exits(125)
        .says("EAGAIN");
    assert_eq!(names(own), Vec::<String>::new());
    // To become the command takes no further one.
    run(before(&words, &wrap([&listen], ["true"]))).exits(0);
}
