//! Who is listened to: processes of the command, and nobody else.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;

use crate::ready::scene::{NOW, PYTHON, Scene, Wrapped, python};
use crate::support::skipped_without_root;

/// Prints where it speaks to, and says that it is ready when it is told to.
fn on_demand() -> [String; 3] {
    python("say(os.environ['NOTIFY_SOCKET']); input(); tell('READY=1\\nSTATUS=mine'); input()")
}

#[test]
fn strangers_are_ignored_and_named() {
    let scene = Scene::new();
    let mut wrapped = Wrapped::start(scene.wrap(&["--ready", "notify"], on_demand()));
    let address = PathBuf::from(wrapped.line());
    let stranger = UnixDatagram::unbound().expect("a socket");
    for text in ["READY=1", "STATUS=not mine"] {
        stranger
            .send_to(text.as_bytes(), &address)
            .expect("it is let in");
    }
    scene.is_told_nothing();
    wrapped.go_on();
    scene.is_told(&["READY=1\nSTATUS=mine"]);
    wrapped.go_on();
    let said = wrapped.exits(0);
    let pid = std::process::id();
    assert!(said.contains(&format!("process {pid}")), "{said}");
}

#[test]
fn other_users_do_not_get_there() {
    if skipped_without_root("other_users_do_not_get_there") {
        return;
    }
    let scene = Scene::new();
    let mut wrapped = Wrapped::start(scene.wrap_as("nobody", &["--ready", "notify"], on_demand()));
    let address = wrapped.line();
    let script = "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n\
                  try: s.sendto(b'READY=1', sys.argv[1])\n\
                  except OSError as error: print(error.errno)";
    let as_user = |user: &str| {
        let output = Command::new("setpriv")
            .args(["--reuid", user, "--regid", user, "--clear-groups", "--"])
            .args([PYTHON, "-c", script, &address])
            .output()
            .expect("setpriv");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    let denied = rustix::io::Errno::ACCESS.raw_os_error().to_string();
    assert_eq!(as_user("games"), denied);
    scene.is_told_nothing();
    wrapped.go_on();
    scene.is_told(&["READY=1\nSTATUS=mine"]);
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn whatever_descends_from_the_command_is_heard() {
    let scene = Scene::new();
    let command = python(
        "
def spawn(then):
    pid = os.fork()
    if pid == 0:
        then()
        os._exit(0)
    return pid
os.waitpid(spawn(lambda: (tell('STATUS=child'), barrier())), 0)
def daemon():
    os.setsid()
    spawn(lambda: (os.read(r, 1), tell('STATUS=orphan'), barrier(), os.write(w, b'x')))
r, go = os.pipe()
done, w = os.pipe()
os.waitpid(spawn(daemon), 0)
os.write(go, b'x')
os.read(done, 1)
",
    );
    let wrapped = Wrapped::start(scene.wrap(NOW, command));
    scene.is_told(&["READY=1", "STATUS=child", "BARRIER=1"]);
    scene.is_told(&["STATUS=orphan", "BARRIER=1"]);
    wrapped.exits(0);
}

/// Whoever says something and is gone before anybody can look who that was.
#[test]
fn nobody_has_to_stay_to_be_heard() {
    let scene = Scene::new();
    let command = python(
        "
for n in range(100):
    pid = os.fork()
    if pid == 0:
        tell(f'STATUS={n}')
        os._exit(0)
    os.waitpid(pid, 0)
say('done')
input()
",
    );
    let mut wrapped = Wrapped::start(scene.wrap(NOW, command));
    scene.is_told(&["READY=1"]);
    // While it is stopped it cannot look at anybody.
    for number in 0..100 {
        assert_eq!(scene.told().text, format!("STATUS={number}"));
    }
    assert_eq!(wrapped.line(), "done");
    wrapped.go_on();
    wrapped.exits(0);
}

#[test]
fn gone_for_good_before_we_look() {
    let scene = Scene::new();
    let command = python(
        "
parent = os.getppid()
os.kill(parent, signal.SIGSTOP)
for n in range(5):
    pid = os.fork()
    if pid == 0:
        tell(f'STATUS={n}')
        os._exit(0)
    os.waitpid(pid, 0)
os.kill(parent, signal.SIGCONT)
input()
",
    );
    let mut wrapped = Wrapped::start(scene.wrap(NOW, command));
    scene.is_told(&["READY=1"]);
    for number in 0..5 {
        assert_eq!(scene.told().text, format!("STATUS={number}"));
    }
    wrapped.go_on();
    wrapped.exits(0);
}
