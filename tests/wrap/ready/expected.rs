//! Who waits for READY=1 hears of it when the sockets that the command binds itself are as they
//! should be.

use std::os::unix::net::UnixStream;

use crate::ready::scene::{Scene, Wrapped, python};

/// The command line of one that does this once it has a listener in `s` and a path in `path`.
fn binding(scene: &Scene, before: &str, after: &str) -> [String; 3] {
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    python(&format!(
        "
path = '{path}'
s = socket.socket(socket.AF_UNIX)
{before}
s.bind(path)
s.listen()
{after}
"
    ))
}

fn expecting(scene: &Scene) -> String {
    format!("--expect={}", scene.path("s").display())
}

#[test]
fn it_is_told_when_what_is_expected_listens() {
    let scene = Scene::new();
    let command = binding(&scene, "say('up'); input()", "input()");
    let mut wrapped = Wrapped::start(scene.wrap(&[&expecting(&scene)], command));
    assert_eq!(wrapped.line(), "up");
    scene.is_told_nothing();
    wrapped.go_on();
    scene.is_told(&["READY=1"]);
    UnixStream::connect(scene.path("s")).expect("it is ready");
    wrapped.go_on();
    wrapped.exits(0);
    assert!(!scene.path("s").exists());
}

/// That it says so is not enough where something can speak against it.
#[test]
fn what_the_command_says_waits_for_its_sockets() {
    let scene = Scene::new();
    for options in [&[][..], &["--ready", "notify"]] {
        let before = "tell('READY=1\\nSTATUS=early'); say('up'); input()";
        let command = binding(&scene, before, "input()");
        let expect = expecting(&scene);
        let options = [options, &[&expect]].concat();
        let mut wrapped = Wrapped::start(scene.wrap(&options, command));
        assert_eq!(wrapped.line(), "up");
        scene.is_told_nothing();
        wrapped.go_on();
        scene.is_told(&["READY=1\nSTATUS=early"]);
        wrapped.go_on();
        wrapped.exits(0);
    }
}

#[test]
fn of_what_a_policy_forbids_nobody_is_told_that_it_is_ready() {
    let scene = Scene::new();
    let command = binding(&scene, "", "os.chmod(path, 0o777); pause()");
    let wrapped = Wrapped::start(scene.wrap(&[&expecting(&scene)], command));
    let said = wrapped.exits(77);
    assert!(said.contains("mode-too-wide"), "{said}");
    scene.is_told_nothing();
    assert!(!scene.path("s").exists());
}

#[test]
fn what_never_comes_is_named_when_the_time_is_over() {
    let scene = Scene::new();
    for ready in ["now", "notify", "listen", "connect"] {
        let expect = expecting(&scene);
        let options = [&expect, "--ready", ready, "--ready-timeout", "300ms"];
        let command = python("tell('READY=1'); pause()");
        let wrapped = Wrapped::start(scene.wrap(&options, command));
        let said = wrapped.exits(125);
        assert!(said.contains("not ready within 300ms"), "{ready}: {said}");
        assert!(said.contains("has not bound it"), "{ready}: {said}");
        scene.is_told_nothing();
    }
}

#[test]
fn what_is_expected_can_be_tested() {
    let scene = Scene::new();
    let answer = "
say('up')
input()
c, _ = s.accept()
try: c.sendall(b'HTTP/1.1 200 x\\r\\n\\r\\n')
except BrokenPipeError: pass
c.close()
input()
";
    for ready in ["connect", "http:/"] {
        let expect = expecting(&scene);
        let command = binding(&scene, "", answer);
        let options = [&expect, "--ready", ready];
        let mut wrapped = Wrapped::start(scene.wrap(&options, command));
        assert_eq!(wrapped.line(), "up");
        scene.is_told_nothing();
        wrapped.go_on();
        scene.is_told(&["READY=1"]);
        wrapped.go_on();
        wrapped.exits(0);
    }
}

/// Where it was not asked for, 2 s are enough.
#[test]
fn who_has_to_listen_on_something_has_to() {
    let scene = Scene::new();
    let options = ["--ready", "listen", "--ready-timeout", "2500ms"];
    let wrapped = Wrapped::start(scene.wrap(&options, python("pause()")));
    let said = wrapped.exits(125);
    assert!(said.contains("not ready within 2.5s"), "{said}");
    assert!(said.contains("processes listen on nothing"), "{said}");
    scene.is_told_nothing();
    let command = binding(&scene, "", "input()");
    let mut wrapped = Wrapped::start(scene.wrap(&options[..2], command));
    scene.is_told(&["READY=1"]);
    wrapped.go_on();
    wrapped.exits(0);
}
