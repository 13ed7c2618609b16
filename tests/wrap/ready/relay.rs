//! What the command says of itself, passed on.

use std::io::{Read, Write};

use crate::ready::scene::{NOW, Scene, Wrapped, python};

#[test]
fn all_fields_in_order_and_whole_but_the_main_pid() {
    let scene = Scene::new();
    let command = python(
        "
tell('STATUS=two words = \u{e9}\\nERRNO=5')
tell('MAINPID=1')
tell('READY=1\\nMAINPID=1\\nX_OWN=1')
tell('RELOADING=1\\nMONOTONIC_USEC=7')
tell('READY=1')
tell('WATCHDOG=1')
tell('EXTEND_TIMEOUT_USEC=1000')
tell('STOPPING=1')
# Who is gone before it was checked was never ready.
sys.stdin.readline()
",
    );
    let mut wrapped = Wrapped::start(scene.wrap(&["--ready", "notify"], command));
    let pid = wrapped.pid();
    let first = scene.told();
    assert_eq!(first.text, "STATUS=two words = \u{e9}\nERRNO=5");
    // Whoever listens to the main process alone listens to this.
    assert_eq!(first.pid, Some(pid));
    scene.is_told(&[
        "READY=1\nX_OWN=1",
        "RELOADING=1\nMONOTONIC_USEC=7",
        "READY=1",
        "WATCHDOG=1",
        "EXTEND_TIMEOUT_USEC=1000",
        "STOPPING=1",
    ]);
    wrapped.go_on();
    wrapped.exits(0);
    scene.is_told_nothing();
}

#[test]
fn that_it_is_ready_is_told_once_whoever_says_it_and_after_each_reload() {
    let scene = Scene::new();
    let command = python(
        "
tell('READY=1\\nSTATUS=up')
tell('READY=1')
barrier()
tell('RELOADING=1\\nMONOTONIC_USEC=7')
tell('READY=1')
tell('READY=1')
tell('STOPPING=1')
",
    );
    let wrapped = Wrapped::start(scene.wrap(NOW, command));
    scene.is_told(&["READY=1", "STATUS=up"]);
    let barrier = scene.told();
    assert_eq!(
        (barrier.text.as_str(), barrier.descriptors.len()),
        ("BARRIER=1", 1)
    );
    drop(barrier);
    scene.is_told(&["RELOADING=1\nMONOTONIC_USEC=7", "READY=1", "STOPPING=1"]);
    wrapped.exits(0);
    scene.is_told_nothing();
}

#[test]
fn a_barrier_is_answered_when_the_manager_has_taken_it() {
    let scene = Scene::new();
    let command = python("tell('STATUS=x'); say('told'); barrier(); say('answered')");
    let mut wrapped = Wrapped::start(scene.wrap(NOW, command));
    assert_eq!(wrapped.line(), "told");
    scene.is_told(&["READY=1", "STATUS=x"]);
    let barrier = scene.told();
    assert_eq!(
        (barrier.text.as_str(), barrier.descriptors.len()),
        ("BARRIER=1", 1)
    );
    wrapped.is_silent();
    drop(barrier);
    assert_eq!(wrapped.line(), "answered");
    wrapped.exits(0);
}

#[test]
fn with_nobody_to_tell_a_barrier_is_answered_by_us() {
    let scene = Scene::new();
    let command = python("tell('READY=1'); barrier(); say('answered')");
    let mut wrap = scene.wrap(&["--ready", "notify"], command);
    wrap.env_remove("NOTIFY_SOCKET");
    let mut wrapped = Wrapped::start(wrap);
    assert_eq!(wrapped.line(), "answered");
    wrapped.exits(0);
}

#[test]
fn descriptors_go_along() {
    let scene = Scene::new();
    let command = python(
        "
r, w = os.pipe()
tell('FDSTORE=1\\nFDNAME=both', r, w)
tell('MAINPIDFD=1\\nSTATUS=x', r)
",
    );
    let wrapped = Wrapped::start(scene.wrap(NOW, command));
    scene.is_told(&["READY=1"]);
    let stored = scene.told();
    assert_eq!(stored.text, "FDSTORE=1\nFDNAME=both");
    let ends: Vec<std::fs::File> = stored
        .descriptors
        .iter()
        .map(|it| it.try_clone().expect("a copy").into())
        .collect();
    drop(stored);
    let [mut reader, mut writer] = <[_; 2]>::try_from(ends).expect("two");
    writer.write_all(b"x").expect("a pipe");
    drop(writer);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("its other end");
    assert_eq!(text, "x");
    let pidfd = scene.told();
    assert_eq!(
        (pidfd.text.as_str(), pidfd.descriptors.len()),
        ("STATUS=x", 0)
    );
    wrapped.exits(0);
}

#[test]
fn the_last_words_are_not_lost() {
    let scene = Scene::new();
    for code in 0..20 {
        let text = format!("tell('STATUS=bye'); os._exit({code})");
        let wrapped = Wrapped::start(scene.wrap(NOW, python(&text)));
        scene.is_told(&["READY=1", "STATUS=bye"]);
        wrapped.exits(code);
    }
}

/// As a service manager would hear it without us: where it binds nothing itself, nothing is to be
/// checked first.
#[test]
fn who_is_ready_and_ends_at_once_was_ready() {
    let scene = Scene::new();
    let socket = scene.path("s");
    let socket = socket.to_str().expect("text");
    for code in 0..20 {
        let text = format!("tell('READY=1\\nX_OWN=1'); tell('STATUS=bye'); os._exit({code})");
        let options = ["--listen", socket, "--ready", "notify"];
        let wrapped = Wrapped::start(scene.wrap(&options, python(&text)));
        scene.is_told(&["READY=1\nX_OWN=1", "STATUS=bye"]);
        let said = wrapped.exits(code);
        assert!(!said.contains("not ready"), "{said}");
    }
    scene.is_told_nothing();
}

/// Whatever is left of it, a socket that everybody can connect to among them.
#[test]
fn who_is_gone_before_it_was_checked_was_never_ready() {
    let scene = Scene::new();
    let socket = scene.path("s");
    let text = format!(
        "
s = socket.socket(socket.AF_UNIX)
s.bind({socket:?})
os.chmod({socket:?}, 0o777)
s.listen()
r, w = os.pipe()
if os.fork() == 0:
    os.setsid()
    for fd in (0, 1, 2, w): os.close(fd)
    os.read(r, 1)
    time.sleep(0.5)
    os._exit(0)
tell('READY=1\\nX_OWN=1')
os._exit(0)
"
    );
    for options in [
        &["--ready", "notify"][..],
        &["--ready", "notify", "--on-violation", "stop"],
    ] {
        let wrapped = Wrapped::start(scene.wrap(options, python(&text)));
        wrapped.end();
        while let Some(told) = scene.taken() {
            assert!(!told.text.contains("READY=1"), "{told:?}");
        }
        drop(std::fs::remove_file(&socket));
    }
}

/// systemd-notify(1), as scripts use it: another process each time, and one that waits.
#[test]
fn a_script_says_so_with_a_command() {
    if std::process::Command::new("systemd-notify")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("skipped: a_script_says_so_with_a_command: no systemd-notify");
        return;
    }
    let scene = Scene::new();
    let script = "systemd-notify --no-block STATUS=starting; systemd-notify --ready; exit 7";
    let wrapped = Wrapped::start(scene.wrap(&["--ready", "notify"], ["sh", "-c", script]));
    scene.is_told(&["STATUS=starting", "READY=1"]);
    let barrier = scene.told();
    assert_eq!(barrier.text, "BARRIER=1");
    drop(barrier);
    wrapped.exits(7);
}

#[test]
fn the_manager_may_be_slow_and_nothing_is_lost() {
    let scene = Scene::new();
    let command = python("for n in range(3000): tell(f'STATUS={n}')\nsay('done')");
    let mut wrapped = Wrapped::start(scene.wrap(NOW, command));
    // All queues are full, and the command waits.
    wrapped.is_silent();
    scene.is_told(&["READY=1"]);
    for number in 0..3000 {
        assert_eq!(scene.told().text, format!("STATUS={number}"));
    }
    assert_eq!(wrapped.line(), "done");
    wrapped.exits(0);
}

#[test]
fn the_manager_may_have_an_abstract_name() {
    let scene = Scene::new();
    let name = format!("sockctl-test-{}", std::process::id());
    let manager = sockctl::sys::notify::Receiver::in_abstract_space(name.as_bytes());
    let manager = manager.expect("a socket");
    let mut wrap = scene.wrap(NOW, ["true"]);
    wrap.env("NOTIFY_SOCKET", format!("@{name}"));
    Wrapped::start(wrap).exits(0);
    let mut room = [0; 64];
    let datagram = manager.receive(&mut room).expect("it is bound");
    assert_eq!(datagram.map(|it| it.length), Some("READY=1".len()));
}
