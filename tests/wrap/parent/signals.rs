//! Signals to sockctl are signals to the command.

use super::running::{Running, ends, resident, script, send, status_of, until};
use crate::support::{before, chmod, own_user, place, run, skipped_without_root};

/// Says which signals come, one a line; the value of those that have one behind it. Ends when
/// the second SIGTERM comes.
const CATCHER: &str = r"
import ctypes, os, signal, struct
libc = ctypes.CDLL(None)
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
mask = ctypes.create_string_buffer(b'\xff' * 128, 128)
info = ctypes.create_string_buffer(128)
print(os.getpid(), flush=True)
terms = 0
while terms < 2:
    number = libc.sigwaitinfo(mask, info)
    code, = struct.unpack_from('i', info, 8)
    value = ' %d' % struct.unpack_from('i', info, 24) if code == -1 else ''
    print(number, value, sep='', flush=True)
    terms += number == 15
";

fn catcher() -> (Running, u32) {
    let options = ["--user", &own_user()];
    let mut running = Running::start(resident(options, ["python3", "-c", CATCHER]));
    let pid = running.pid_line();
    (running, pid)
}

#[test]
fn every_signal_that_can_be_caught() {
    let (mut running, _) = catcher();
    for signal in (1..=64_u8).filter(|it| ![9, 17, 19, 32, 33].contains(it)) {
        running.send(signal);
        assert_eq!(running.line(), signal.to_string());
    }
    running.send(15);
    assert_eq!(running.line(), "15");
    assert_eq!(running.wait().code(), Some(0));
}

/// Those from 34 on are counted, and have a value.
#[test]
fn what_was_queued_arrives_in_order_with_its_values() {
    let (mut running, _) = catcher();
    let queue = format!(
        "import ctypes\n\
         libc = ctypes.CDLL(None)\n\
         for value in range(20):\n\
         \x20   assert libc.sigqueue({}, 34 + value % 2, ctypes.c_void_p(value)) == 0",
        running.pid()
    );
    // Stopped, it takes none until all are there.
    running.send(19);
    until("stopped", || {
        status_of(running.pid(), "State").starts_with('T')
    });
    let done = std::process::Command::new("python3")
        .args(["-c", &queue])
        .status();
    assert!(done.expect("python3").success());
    running.send(18);
    let mut lines: Vec<String> = (0..21).map(|_| running.line()).collect();
    let at = lines.iter().position(|line| line == "18");
    lines.remove(at.expect("SIGCONT, too"));
    let expected: Vec<String> = [0, 1]
        .into_iter()
        .flat_map(|first| (first..20).step_by(2))
        .map(|value| format!("{} {value}", 34 + value % 2))
        .collect();
    // The kernel gives out lower numbers first.
    assert_eq!(lines, expected);
}

#[test]
fn the_command_finds_them_as_a_program_expects_them() {
    let begin = "import os, signal, sys\n\
                 for it in signal.valid_signals() - {9, 19, 32, 33}:\n\
                 \x20   signal.signal(it, signal.SIG_IGN)\n\
                 signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n\
                 os.execv(sys.argv[1], sys.argv[1:])";
    let wrap = script(&[], "exec cat /proc/self/status");
    let done = crate::support::run(crate::support::before(&["python3", "-c", begin], &wrap));
    for word in ["SigPnd", "SigBlk", "SigIgn", "SigCgt"] {
        assert!(
            done.stdout.contains(&format!("{word}:\t0000000000000000")),
            "{}",
            done.shown()
        );
    }
}

/// And those that were ignored and blocked are passed on, too.
#[test]
fn what_sockctl_inherited_as_ignored_is_passed_on() {
    let begin = "import os, signal, sys\n\
                 for it in signal.valid_signals() - {9, 19, 32, 33}:\n\
                 \x20   signal.signal(it, signal.SIG_IGN)\n\
                 os.execv(sys.argv[1], sys.argv[1:])";
    let wrap = resident(["--user", &own_user()], ["python3", "-c", CATCHER]);
    let mut running = Running::start(crate::support::before(&["python3", "-c", begin], &wrap));
    running.pid_line();
    for signal in [1, 2, 10, 13, 15, 40] {
        running.send(signal);
        assert_eq!(running.line(), signal.to_string());
    }
    running.send(15);
    assert_eq!(running.line(), "15");
    assert_eq!(running.wait().code(), Some(0));
}

/// Killed itself, sockctl takes the command along, whoever that is.
#[test]
fn the_command_does_not_outlive_it() {
    let users: &[&str] = if rustix::process::geteuid().is_root() {
        &["root", "nobody", "1234:1234"]
    } else {
        println!("skipped: the_command_does_not_outlive_it (as other users): needs root");
        &[]
    };
    let own = own_user();
    for user in users.iter().copied().chain([own.as_str()]) {
        let command = ["sh", "-c", "echo $$; exec sleep 1000"];
        let mut running = Running::start(resident(["--user", user], command));
        let pid = running.pid_line();
        send(running.pid(), 9);
        assert!(ends(pid), "{user}: it lives on");
    }
}

/// A program that becomes another user is no longer ours to signal.
#[test]
fn who_cannot_be_signalled_is_not_waited_for_for_ever() {
    if skipped_without_root("who_cannot_be_signalled_is_not_waited_for_for_ever") {
        return;
    }
    let place = place();
    let program = place.path().join("setpriv");
    std::fs::copy("/usr/bin/setpriv", &program).expect("a copy");
    chmod(&program, 0o4755);
    let options = ["--allow-new-privs", "--ready=now", "--stop-timeout=300ms"];
    let program = program.to_str().expect("text");
    let text = "echo $$; exec sleep 5";
    let command = [program, "--reuid=0", "--clear-groups", "sh", "-c", text];
    let words = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    let mut running = Running::start(before(&words, &resident(options, command)));
    let command = running.pid_line();
    running.send(15);
    assert_eq!(running.wait().code(), Some(125));
    send(command, 9);
}

#[test]
fn whom_nobody_could_signal_is_not_started() {
    if skipped_without_root("whom_nobody_could_signal_is_not_started") {
        return;
    }
    let words = [
        "setpriv",
        "--bounding-set=-all,+setgid,+setuid",
        "--inh-caps=-all",
    ];
    let command = ["sh", "-c", "echo started"];
    let wrap = |options: &[&str], uid: &str| {
        let options = [&["--user", uid], options].concat();
        run(before(&words, &resident(options, command)))
    };
    let done = wrap(&[], "nobody")
        .exits(125)
        .says("CAP_KILL")
        .says("--exec");
    assert_eq!(done.stdout, "");
    wrap(&["-n"], "nobody").exits(125);
    // They need no right to signal it.
    wrap(&["--exec"], "nobody").exits(0).prints("started");
    wrap(&["--ready=now"], "root").exits(0).prints("started");
}
