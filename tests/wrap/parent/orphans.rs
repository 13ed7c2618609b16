//! Whoever loses its parent below sockctl becomes its child, and is reaped.

use std::process::Command;

use super::running::{Running, processes, script, status_of, until};
use crate::support::{before, run, skipped_without_root};

/// The states of all children of a process.
fn children(parent: u32) -> Vec<(u32, String)> {
    let all = processes().into_iter();
    let status = |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/status")).ok();
    let is_its = |text: &String| text.contains(&format!("\nPPid:\t{parent}\n"));
    let state = |text: &str| {
        let line = text.lines().find(|line| line.starts_with("State:"));
        line.unwrap_or_default().to_owned()
    };
    all.filter_map(|pid| Some((pid, status(pid).filter(is_its)?)))
        .map(|(pid, text)| (pid, state(&text)))
        .collect()
}

#[test]
fn as_any_process() {
    // Each of them ends at once; those in between have ended before them.
    let text = "i=0; while [ $i -lt 200 ]; do (setsid sleep 0.01 &); i=$((i + 1)); done; \
                echo $$; exec sleep 1000";
    let mut running = Running::start(script(&[], text));
    let command = running.pid_line();
    until("all are reaped", || {
        let left = children(running.pid());
        left.len() == 1 && left[0].0 == command
    });
    running.send(15);
    assert_eq!(running.wait().code(), Some(128 + 15));
}

#[test]
fn a_thousand_as_the_first_process_of_a_namespace() {
    if skipped_without_root("a_thousand_as_the_first_process_of_a_namespace") {
        return;
    }
    // Whatever is not reaped stays in /proc. The shell, `ls` and sockctl are there.
    let text = "i=0; while [ $i -lt 1000 ]; do (setsid sleep 0 &); i=$((i + 1)); done\n\
                n=1000; while [ $n -gt 2 ]; do set -- /proc/[0-9]*; n=$#; done\n\
                echo $n left, 1 is $(cat /proc/1/comm)";
    let wrap = script(&[], text);
    let words = ["unshare", "--pid", "--fork", "--mount-proc"];
    run(before(&words, &wrap))
        .exits(0)
        .prints("2 left, 1 is sockctl\n");
}

/// The first process of a namespace gets no signal from inside that it does not handle; this one
/// handles all, and TERM from outside ends it.
#[test]
fn the_first_process_of_a_namespace_can_be_stopped() {
    if skipped_without_root("the_first_process_of_a_namespace_can_be_stopped") {
        return;
    }
    let wrap = script(
        &[],
        "trap 'exit 4' TERM; kill -TERM 1; while :; do sleep 0.05; done",
    );
    let words = ["unshare", "--pid", "--fork", "--mount-proc"];
    run(before(&words, &wrap)).exits(4);
}

/// And there it cannot end by a signal, whatever it is told.
#[test]
fn the_first_process_of_a_namespace_ends_with_a_status() {
    if skipped_without_root("the_first_process_of_a_namespace_ends_with_a_status") {
        return;
    }
    let mut wrap = script(&[], "kill -TERM $$");
    wrap.env("SYSTEMD_EXEC_PID", "1");
    let words = ["unshare", "--pid", "--fork", "--mount-proc"];
    run(before(&words, &wrap)).exits(128 + 15);
}

#[test]
fn they_do_not_stop_it() {
    // An orphan that is stopped is nobody's business.
    let text = "(setsid sh -c 'kill -STOP $$' &); echo $$; exec sleep 1000";
    let mut running = Running::start(script(&[], text));
    running.pid_line();
    until("an orphan is stopped", || {
        let stopped = |(_, state): &(u32, String)| state.contains('T');
        children(running.pid()).iter().any(stopped)
    });
    until("it waits", || {
        status_of(running.pid(), "State").starts_with('S')
    });
    for (pid, state) in children(running.pid()) {
        if state.contains('T') {
            let kill = Command::new("sh")
                .args(["-c", &format!("kill -9 {pid}")])
                .status();
            assert!(kill.expect("sh").success());
        }
    }
    running.send(15);
    running.wait();
}
