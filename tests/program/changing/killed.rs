//! Killed right before any of its system calls, it leaves what was there, what should be there,
//! or less; and the next run mends it.

#![allow(unsafe_code)]

use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use super::{plain, state};
use crate::support::{Sockctl, World, chmod, skipped_without_root};

/// Runs it until right before system call number `last`, and kills it there. `false` where it
/// ended before.
#[allow(clippy::zombie_processes)] // waitpid(2) is called below
fn killed_before(sockctl: Sockctl, last: usize) -> bool {
    let mut command = sockctl.into_command();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let be_traced = || {
        let none = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: no memory is handed over.
        match unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, none, none) } {
            -1 => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: ptrace(2) is all that is called between fork and exec.
    unsafe { command.pre_exec(be_traced) };
    let mut child = command.spawn().expect("it can be run");
    let pid = libc::pid_t::try_from(child.id()).expect("a pid");
    let mut status = 0;
    // A call stops it twice, at its entry and at its exit; the first stop of all is after exec.
    for stop in 0.. {
        // SAFETY: the status is ours.
        let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!(waited, pid, "waitpid");
        if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
            assert!(!libc::WIFSIGNALED(status), "{status}");
            return false;
        }
        if stop == 2 * last - 1 {
            child.kill().expect("it can be killed");
            child.wait().expect("it is gone");
            return true;
        }
        let none = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: it is stopped, and ours.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, pid, none, none) };
    }
    false
}

type Is = (u32, u32, u32);

/// Everybody who may connect to `now` may connect to one of `others` of the same owner.
fn lets_nobody_new_in(now: Is, others: &[Is]) -> bool {
    let within = |other: &&Is| (other.1, other.2) == (now.1, now.2) && now.0 & !other.0 == 0;
    others.iter().any(|other| within(&other))
}

/// Leaves the sockets of everybody else on this host behind: reading their list takes more or
/// fewer system calls each time. Of this thread alone, and of what it starts.
fn be_alone() {
    // SAFETY: it takes and gives no memory.
    let alone = unsafe { libc::unshare(libc::CLONE_NEWNET) };
    assert_eq!(alone, 0, "unshare");
}

/// Kills `command` before its first system call, its second, and so on, from `from` to `to`.
fn at_every_call(path: &Path, from: Is, to: Is, command: impl Fn() -> Sockctl) {
    let reset = || {
        lchown(path, Some(from.1), Some(from.2)).expect("chown");
        chmod(path, from.0);
        assert_eq!(state(path), from);
    };
    let (mut old, mut new, mut between) = (0, 0, 0);
    for last in 1.. {
        reset();
        let was_killed = killed_before(command(), last);
        let left = state(path);
        assert!(
            lets_nobody_new_in(left, &[from, to]),
            "call {last}: {left:?}"
        );
        let which = match left {
            _ if left == from => &mut old,
            _ if left == to => &mut new,
            _ => &mut between,
        };
        *which += 1;
        if (left != from && left != to) || !was_killed {
            command().run().code(0);
            assert_eq!(state(path), to, "after call {last}");
        }
        if !was_killed {
            break;
        }
    }
    println!("as it was {old}, as it should be {new}, between {between}");
    assert!(old > 50 && new > 2, "{old} {new}");
}

#[test]
fn chmod_at_every_system_call() {
    let mut world = World::new();
    let a = world.stream("a", 0o606);
    let (_, uid, gid) = state(&a);
    at_every_call(&a, (0o606, uid, gid), (0o660, uid, gid), || {
        plain("chmod").arg("0660").arg(&a)
    });
}

#[test]
fn chown_at_every_system_call() {
    if skipped_without_root("chown_at_every_system_call") {
        return;
    }
    let mut world = World::new();
    let a = world.stream("a", 0o660);
    at_every_call(&a, (0o660, 0, 0), (0o660, 7, 8), || {
        plain("chown").arg("7:8").arg(&a)
    });
}

#[test]
fn apply_at_every_system_call() {
    if skipped_without_root("apply_at_every_system_call") {
        return;
    }
    be_alone();
    let mut world = World::new();
    world.rules("- { id: a, paths: ['{run}/*'], mode: 0660, owner: '7:8' }");
    let a = world.stream("a", 0o606);
    at_every_call(&a, (0o606, 0, 0), (0o660, 7, 8), || {
        let policy = world.root().join("policy.yaml");
        plain("apply")
            .args(["--jobs", "1", "-p"])
            .arg(policy)
            .arg(world.run())
    });
}
