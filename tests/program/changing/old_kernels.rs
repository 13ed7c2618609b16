//! Where a filter of system calls is in front of us, older calls do what the new ones do.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{mode, plain};
use crate::support::{Sockctl, World};

/// Puts a filter before what the command executes, which does that with one system call.
#[allow(unsafe_code)]
fn without(command: &mut Command, call: libc::c_long, done: u32) {
    let call = u32::try_from(call).expect("the number of a call");
    let statement = |code: u32, k: u32, jf: u8| libc::sock_filter {
        code: u16::try_from(code).expect("a small code"),
        jt: 0,
        jf,
        k,
    };
    // The number of the call is the first word of what a filter is given (seccomp(2)).
    let filter = [
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, call, 1),
        statement(libc::BPF_RET | libc::BPF_K, done, 0),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0),
    ];
    let install = move || {
        let program = libc::sock_fprog {
            len: 4,
            filter: filter.as_ptr().cast_mut(),
        };
        // SAFETY: prctl(2) with numbers only.
        let kept = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        let mode = libc::SECCOMP_MODE_FILTER;
        // SAFETY: the filter outlives the call, and its length is right.
        let set = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const program) };
        if kept == 0 && set == 0 {
            Ok(())
        } else {
            Err(std::io::Error::last_os_error())
        }
    };
    // SAFETY: prctl(2) is all that is called between fork and exec, and nothing is allocated.
    unsafe { command.pre_exec(install) };
}

/// Exit status, and what it says on stderr.
fn run_without(sockctl: Sockctl, call: libc::c_long, done: u32) -> (Option<i32>, String) {
    let mut command = sockctl.into_command();
    without(&mut command, call, done);
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

fn failing(errno: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | u32::try_from(errno).expect("a positive errno")
}

#[test]
fn without_fchmodat2() {
    let dones = [libc::ENOSYS, libc::EOPNOTSUPP, libc::EPERM].map(failing);
    for done in dones.into_iter().chain([libc::SECCOMP_RET_KILL_PROCESS]) {
        let mut world = World::new();
        let a = world.stream("a", 0o666);
        let chmod = plain("chmod").arg("0640").arg(&a);
        let (code, said) = run_without(chmod, libc::SYS_fchmodat2, done);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{done:#x}");
        assert_eq!(mode(&a), 0o640, "{done:#x}");
    }
}

/// `SystemCallFilter=@system-service` is such a filter, to whose library new calls are unknown.
#[test]
fn a_filter_that_kills_never_sees_a_new_call() {
    /// listmount(2), statmount(2) and getxattrat(2)
    const NEW: [libc::c_long; 3] = [457, 458, 464];
    for call in NEW {
        let mut world = World::new();
        world.stream("live", 0o660);
        let stale = world.stale("stale", 0o600);
        for sockctl in [
            Sockctl::new().arg("audit").arg(world.path("")),
            plain("clean").arg(&stale),
        ] {
            let (code, said) = run_without(sockctl, call, libc::SECCOMP_RET_KILL_PROCESS);
            assert!(code.is_some(), "{call}: {said}");
        }
    }
}

#[test]
fn an_error_is_told() {
    let mut world = World::new();
    let a = world.stream("a", 0o666);
    let chmod = plain("chmod").arg("0640").arg(&a);
    let (code, said) = run_without(chmod, libc::SYS_fchmodat, failing(libc::EIO));
    assert_eq!(code, Some(3));
    assert!(said.contains("EIO"), "{said}");
    assert_eq!(mode(&a), 0o666);
}
