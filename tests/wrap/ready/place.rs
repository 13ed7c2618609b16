//! Where the command's `NOTIFY_SOCKET` is.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;

use crate::ready::scene::{Scene, Wrapped, python};
use crate::support::{before, clean, skipped_without_root};

/// Says that it is ready, prints where it has said so, and waits.
fn speaker() -> [String; 3] {
    python("tell('READY=1'); say(os.environ['NOTIFY_SOCKET']); input()")
}

fn wrapped_as_nobody(scene: &Scene) -> (Wrapped, PathBuf) {
    let wrap = scene.wrap_as("nobody", &["--ready", "notify"], speaker());
    let mut wrapped = Wrapped::start(wrap);
    scene.is_told(&["READY=1"]);
    let address = PathBuf::from(wrapped.line());
    (wrapped, address)
}

#[test]
fn its_user_can_write_to_it_and_nobody_can_list_it() {
    if skipped_without_root("its_user_can_write_to_it_and_nobody_can_list_it") {
        return;
    }
    let scene = Scene::new();
    let (mut wrapped, address) = wrapped_as_nobody(&scene);
    assert!(address.starts_with("/run"), "{}", address.display());
    let file = address.symlink_metadata().expect("it is there");
    assert_eq!((file.mode() & 0o7777, file.uid()), (0o600, 65534));
    let directory = address.parent().expect("a directory");
    let facts = directory.metadata().expect("it is there");
    assert_eq!((facts.mode() & 0o7777, facts.uid()), (0o711, 0));
    // The name is known to those alone who were told.
    let list = fs::read_to_string("/proc/net/unix").expect("the list");
    let shown: Vec<&str> = list.split_whitespace().collect();
    let name = address.file_name().expect("a name").to_str().expect("text");
    assert!(shown.contains(&name));
    assert!(!list.contains(directory.to_str().expect("text")));
    wrapped.go_on();
    wrapped.exits(0);
    assert!(!directory.exists());
}

#[test]
fn what_was_left_behind_is_removed_by_the_next() {
    if skipped_without_root("what_was_left_behind_is_removed_by_the_next") {
        return;
    }
    let scene = Scene::new();
    let (wrapped, address) = wrapped_as_nobody(&scene);
    let (mut other, others_address) = wrapped_as_nobody(&scene);
    wrapped.send(Signal::KILL);
    assert_eq!(wrapped.end().0, None);
    assert!(address.exists());
    let (mut next, _) = wrapped_as_nobody(&scene);
    assert!(!address.parent().expect("a directory").exists());
    assert!(others_address.exists());
    for wrapped in [&mut next, &mut other] {
        wrapped.go_on();
    }
    next.exits(0);
    other.exits(0);
}

#[test]
fn it_is_reached_from_another_network_namespace() {
    if skipped_without_root("it_is_reached_from_another_network_namespace") {
        return;
    }
    let scene = Scene::new();
    let command = ["unshare", "--net"].map(str::to_owned);
    let command: Vec<String> = command.into_iter().chain(speaker()).collect();
    let options = ["--ready", "notify", "--keep-caps", "CAP_SYS_ADMIN"];
    let mut wrapped = Wrapped::start(scene.wrap_as("root", &options, command));
    scene.is_told(&["READY=1"]);
    wrapped.line();
    wrapped.go_on();
    wrapped.exits(0);
}

/// With empty, read-only file systems at these places.
fn behind(read_only: &[&str], command: &Command) -> Command {
    let mounts: Vec<String> = read_only
        .iter()
        .map(|place| format!("mount -t tmpfs -o ro tmpfs {place} && "))
        .collect();
    let script = format!("{}exec \"$@\"", mounts.concat());
    let words = ["unshare", "--mount", "--propagation", "private", "sh", "-c"];
    let words = words.map(str::to_owned).into_iter();
    let words: Vec<String> = words.chain([script, "sh".to_owned()]).collect();
    before(&words, command)
}

#[test]
fn where_little_can_be_written_it_is_elsewhere() {
    const TEST: &str = "where_little_can_be_written_it_is_elsewhere";
    if skipped_without_root(TEST) {
        return;
    }
    let namespaces = Command::new("unshare").args(["--mount", "true"]).status();
    if !namespaces.is_ok_and(|status| status.success()) {
        println!("skipped: {TEST}: no mount namespaces");
        return;
    }
    let scene = Scene::below(Path::new("/var/tmp"));
    let own = scene.path("own");
    fs::create_dir(&own).expect("a directory");
    let all = ["/run", "/dev/shm", "/tmp"];
    let own_text = own.to_str().expect("text");
    // What is in /tmp is out of sight.
    let program = scene.path("sockctl");
    fs::copy(env!("CARGO_BIN_EXE_sockctl"), &program).expect("a copy of the program");
    for (read_only, runtime, expected) in [
        (&all[..1], None, "/dev/shm/.notify.sockctl-"),
        (&all[..2], None, "/tmp/.notify.sockctl-"),
        (&all[..], Some(own_text), own_text),
        (&all[..], None, "@sockctl/notify/"),
    ] {
        let mut wrap = Command::new(&program);
        wrap.args(["wrap", "--user", "root", "--ready", "notify", "--"]);
        wrap.args(speaker());
        clean(&mut wrap);
        wrap.env("NOTIFY_SOCKET", scene.path("manager"));
        if let Some(directory) = runtime {
            wrap.env("RUNTIME_DIRECTORY", directory);
        }
        let mut wrap = behind(read_only, &wrap);
        wrap.current_dir("/");
        let mut wrapped = Wrapped::start(wrap);
        scene.is_told(&["READY=1"]);
        let address = wrapped.line();
        assert!(address.starts_with(expected), "{address}");
        wrapped.go_on();
        wrapped.exits(0);
    }
    assert_eq!(fs::read_dir(&own).expect("a directory").count(), 0);
}
