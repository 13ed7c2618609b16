//! The exit status is the command's own.

use std::os::unix::process::ExitStatusExt;

use super::running::{Running, resident, script};
use crate::support::{before, own_user, run};

#[test]
fn all_codes() {
    for code in 0..=255 {
        run(script(&[], &format!("exit {code}"))).exits(code);
    }
}

/// All that end a process, but for those that the C library keeps for itself.
fn deadly() -> Vec<i32> {
    let harmless = [17, 18, 19, 20, 21, 22, 23, 28, 32, 33];
    (1..=64).filter(|it| !harmless.contains(it)).collect()
}

#[test]
fn all_signals() {
    for signal in deadly() {
        let end = format!("ulimit -c 0; kill -{signal} $$");
        run(script(&[], &end)).exits(128 + signal);
    }
}

/// As the main process of a unit, sockctl ends by the same signal, and leaves no core.
#[test]
fn all_signals_under_a_service_manager() {
    let place = crate::support::place();
    for signal in deadly() {
        let mut wrap = script(&[], &format!("ulimit -c 0; kill -{signal} $$"));
        wrap.current_dir(place.path());
        let begin = "ulimit -c unlimited; SYSTEMD_EXEC_PID=$$ exec \"$@\"";
        let mut command = before(&["bash", "-c", begin, "bash"], &wrap);
        command.current_dir(place.path());
        let status = command.status().expect("the program can be run");
        assert_eq!(status.signal(), Some(signal));
        assert!(!status.core_dumped(), "signal {signal}");
    }
    assert_eq!(crate::support::names(place.path()), [""; 0]);
}

/// The variable is that of another process.
#[test]
fn only_as_the_main_process() {
    let mut wrap = script(&[], "kill -TERM $$");
    wrap.env("SYSTEMD_EXEC_PID", "1");
    run(wrap).exits(128 + 15);
}

/// Somebody ignores SIGCHLD, and hands that on: then the kernel would keep no status.
#[test]
fn where_children_are_ignored() {
    let options = ["--user", &own_user()];
    let wrap = resident(options, ["sh", "-c", "exit 7"]);
    let ignoring = "import os, signal, sys\n\
                    signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n\
                    os.execv(sys.argv[1], sys.argv[1:])";
    run(before(&["python3", "-c", ignoring], &wrap)).exits(7);
}

#[test]
fn what_it_prints_is_whole() {
    let done = run(script(&[], "seq 1 20000; seq 1 3 >&2")).exits(0);
    assert_eq!(done.stdout.lines().count(), 20_000);
    assert_eq!(done.stderr, "1\n2\n3\n");
}

/// Whoever reads from the command waits for nobody else.
#[test]
fn standard_output_is_not_kept_open() {
    let text = "echo $$; exec >&- <&-; exec sleep 1000";
    let mut running = Running::start(script(&[], text));
    running.pid_line();
    assert_eq!(running.line(), "", "it is closed");
}
