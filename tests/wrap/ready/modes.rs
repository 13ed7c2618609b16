//! `--ready`, and what becomes of a command that is not.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::ready::scene::{NOW, Scene, Wrapped, python};
use crate::support::skipped_without_root;

/// Options to pass one socket on.
fn listening<'a>(path: &'a str, ready: &'a str) -> [&'a str; 4] {
    ["--listen", path, "--ready", ready]
}

#[test]
fn now_is_when_it_has_been_executed() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    for options in [&["--listen", path][..], NOW] {
        let mut wrapped = Wrapped::start(scene.wrap(options, python("say('up'); input()")));
        scene.is_told(&["READY=1"]);
        assert_eq!(wrapped.line(), "up");
        wrapped.go_on();
        wrapped.exits(0);
    }
    Wrapped::start(scene.wrap(&[], ["/nowhere"])).exits(127);
    let script = scene.path("script");
    std::fs::write(&script, "#!/nowhere\n").expect("a file");
    crate::support::chmod(&script, 0o755);
    Wrapped::start(scene.wrap(&[], [script])).exits(126);
    scene.is_told_nothing();
}

#[test]
fn notify_is_when_it_says_so() {
    let scene = Scene::new();
    let command = python("tell('STATUS=starting'); input(); tell('READY=1'); input()");
    let mut wrapped = Wrapped::start(scene.wrap(&["--ready", "notify"], command));
    scene.is_told(&["STATUS=starting"]);
    scene.is_told_nothing();
    wrapped.go_on();
    scene.is_told(&["READY=1"]);
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn that_it_says_so_always_counts() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    for ready in ["delay:1h", "http:/"] {
        let command = python("tell('READY=1\\nSTATUS=up'); input()");
        let mut wrapped = Wrapped::start(scene.wrap(&listening(path, ready), command));
        scene.is_told(&["READY=1\nSTATUS=up"]);
        wrapped.go_on();
        wrapped.exits(0);
        scene.is_told_nothing();
    }
}

#[test]
fn delay_is_so_long_after_it_has_been_executed() {
    let scene = Scene::new();
    let began = Instant::now();
    let mut wrapped = Wrapped::start(scene.wrap(&["--ready", "delay:200ms"], python("input()")));
    scene.is_told(&["READY=1"]);
    assert!(began.elapsed() >= Duration::from_millis(200));
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn listen_leaves_no_trace() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    let command = python(
        "
input()
s = listener()
s.setblocking(False)
try:
    s.accept()
    say('a client')
except BlockingIOError:
    say('nobody')
",
    );
    let mut wrapped = Wrapped::start(scene.wrap(&listening(path, "listen"), command));
    scene.is_told(&["READY=1"]);
    wrapped.go_on();
    assert_eq!(wrapped.line(), "nobody");
    wrapped.exits(0);
}

#[test]
fn connect_is_when_a_connection_was_taken() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    let command = python("say('up'); input(); s = listener(); s.accept(); input()");
    let mut wrapped = Wrapped::start(scene.wrap(&listening(path, "connect"), command));
    assert_eq!(wrapped.line(), "up");
    scene.is_told_nothing();
    wrapped.go_on();
    scene.is_told(&["READY=1"]);
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn http_is_when_it_answers_well() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    let command = python(
        "
s = listener()
def answer(status):
    c, _ = s.accept()
    say(c.recv(1000).decode().split('\\r')[0])
    c.sendall(f'HTTP/1.1 {status} x\\r\\nContent-Length: 0\\r\\n\\r\\n'.encode())
    c.close()
answer(503)
input()
answer(200)
input()
",
    );
    let mut wrapped = Wrapped::start(scene.wrap(&listening(path, "http:/health?x=1"), command));
    assert_eq!(wrapped.line(), "GET /health?x=1 HTTP/1.1");
    scene.is_told_nothing();
    wrapped.go_on();
    assert_eq!(wrapped.line(), "GET /health?x=1 HTTP/1.1");
    scene.is_told(&["READY=1"]);
    wrapped.go_on();
    wrapped.exits(0);
}

/// As root without the right to go everywhere: that is kept until then.
#[test]
fn a_socket_of_another_user_is_tested_too() {
    if skipped_without_root("a_socket_of_another_user_is_tested_too") {
        return;
    }
    let scene = Scene::new();
    let directory = scene.path("theirs");
    std::fs::create_dir(&directory).expect("a directory");
    crate::support::chmod(&directory, 0o700);
    std::os::unix::fs::chown(&directory, Some(65534), Some(65534)).expect("root");
    let path = directory.join("s");
    let path = path.to_str().expect("text");
    let command = python(
        "
s = listener()
c, _ = s.accept()
c.sendall(b'HTTP/1.1 200 x\\r\\n\\r\\n')
c.close()
say(os.getppid())
input()
",
    );
    let mut wrapped = Wrapped::start(scene.wrap_as("nobody", &listening(path, "http:/"), command));
    scene.is_told(&["READY=1"]);
    let pid = wrapped.line();
    // What is left is what it takes to signal the command, and to remove the socket.
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let caps = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let caps = u64::from_str_radix(caps.expect("a line").trim(), 16).expect("bits");
    let (dac_override, kill) = (1 << 1, 1 << 5);
    assert_eq!(caps & !(dac_override | kill), 0, "{caps:x}");
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn who_is_not_ready_in_time_is_stopped() {
    let scene = Scene::new();
    let path = scene.path("s");
    let text = path.to_str().expect("text");
    for ready in ["notify", "delay:1h", "connect", "http:/"] {
        // Long enough to be up first.
        let options = [&listening(text, ready)[..], &["--ready-timeout", "3s"]].concat();
        let command = python(
            "
def stop(*_):
    tell('READY=1\\nSTATUS=stopping')
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
say('up')
pause()
",
        );
        let mut wrapped = Wrapped::start(scene.wrap(&options, command));
        assert_eq!(wrapped.line(), "up");
        // Too late to be ready.
        scene.is_told(&["STATUS=stopping"]);
        let said = wrapped.exits(125);
        assert!(said.contains("not ready within 3s"), "{ready}: {said}");
        assert!(!path.exists());
        scene.is_told_nothing();
    }
}

#[test]
fn what_was_waited_for_is_told() {
    let scene = Scene::new();
    let path = scene.path("s");
    let path = path.to_str().expect("text");
    let options = |ready| [&listening(path, ready)[..], &["--ready-timeout", "300ms"]].concat();
    let answers = "
s = listener()
while True:
    c, _ = s.accept()
    c.sendall(b'HTTP/1.1 500 x\\r\\n\\r\\n')
    c.close()
";
    let long = [&listening(path, "http:/")[..], &["--ready-timeout", "3s"]].concat();
    let wrapped = Wrapped::start(scene.wrap(&long, python(answers)));
    let said = wrapped.exits(125);
    assert!(
        said.contains(path) && said.contains("HTTP status 500"),
        "{said}"
    );
    let wrapped = Wrapped::start(scene.wrap(&options("http:/"), python("pause()")));
    let said = wrapped.exits(125);
    let lacking = format!("not ready: no good HTTP answer on {path}");
    assert!(said.contains(&lacking), "{said}");
    let wrapped = Wrapped::start(scene.wrap(&options("connect"), python("pause()")));
    let said = wrapped.exits(125);
    let lacking = format!("not ready: nobody has accepted a connection on {path}");
    assert!(said.contains(&lacking), "{said}");
    let wrapped = Wrapped::start(scene.wrap(&options("notify"), python("pause()")));
    let said = wrapped.exits(125);
    assert!(
        said.contains("not ready: no READY=1 from the command"),
        "{said}"
    );
    for ready in ["connect", "http:/"] {
        let expect = format!("--expect={path}");
        let options = [&expect, "--ready", ready, "--ready-timeout", "300ms"];
        let wrapped = Wrapped::start(scene.wrap(&options, python("pause()")));
        let said = wrapped.exits(125);
        assert!(said.contains(&format!("{path}: it is missing")), "{said}");
    }
}

#[test]
fn who_asks_for_more_time_gets_it() {
    let scene = Scene::new();
    let options = ["--ready", "notify", "--ready-timeout", "3s"];
    let command = python(
        "
tell('EXTEND_TIMEOUT_USEC=60000000')
time.sleep(4)
tell('READY=1')
",
    );
    let wrapped = Wrapped::start(scene.wrap(&options, command));
    scene.is_told(&["EXTEND_TIMEOUT_USEC=60000000", "READY=1"]);
    wrapped.exits(0);
}

#[test]
fn who_is_stopped_before_was_never_ready() {
    let scene = Scene::new();
    let command = python(
        "
def stop(*_):
    tell('READY=1')
    sys.exit(9)
signal.signal(signal.SIGTERM, stop)
tell('STATUS=up')
pause()
",
    );
    let wrapped = Wrapped::start(scene.wrap(&["--ready", "notify"], command));
    scene.is_told(&["STATUS=up"]);
    wrapped.send(Signal::TERM);
    wrapped.exits(9);
    scene.is_told_nothing();
}

#[test]
fn who_ends_before_was_never_ready() {
    let scene = Scene::new();
    let wrapped = Wrapped::start(scene.wrap(&["--ready", "delay:1h"], ["false"]));
    wrapped.exits(1);
    scene.is_told_nothing();
}

/// As in a container: nobody asks.
#[test]
fn with_nobody_to_tell_the_command_is_looked_after_all_the_same() {
    let scene = Scene::new();
    let without = |options: &[&str], command| {
        let mut wrap = scene.wrap(options, command);
        wrap.env_remove("NOTIFY_SOCKET");
        Wrapped::start(wrap)
    };
    let mut wrapped = without(&[], python("say('NOTIFY_SOCKET' in os.environ)"));
    assert_eq!(wrapped.line(), "False");
    wrapped.exits(0);
    let timeout = ["--ready", "notify", "--ready-timeout", "3s"];
    let wrapped = without(
        &timeout,
        python("tell('READY=1'); time.sleep(4); sys.exit(5)"),
    );
    wrapped.exits(5);
    without(&timeout, python("pause()")).exits(125);
}

/// The socket is there, and clients wait, before anybody is told.
#[test]
fn whoever_hears_that_it_is_ready_can_connect() {
    let scene = Scene::new();
    let path = scene.path("s");
    let text = path.to_str().expect("text");
    for ready in ["now", "listen", "connect"] {
        let command = python("s = listener()\nwhile s.accept(): pass");
        let wrapped = Wrapped::start(scene.wrap(&listening(text, ready), command));
        scene.is_told(&["READY=1"]);
        UnixStream::connect(&path).expect("it is ready");
        wrapped.send(Signal::TERM);
        wrapped.exits(143);
    }
}
