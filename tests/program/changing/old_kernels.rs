//! Where fchmodat2(2) is not there, the way through /proc does the same.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::{mode, plain};
use crate::support::World;

/// Lets one system call fail with `errno` in what the command executes: as a kernel that does not
/// know it, or as a filter that has not heard of it.
#[allow(unsafe_code)]
fn without(command: &mut Command, call: libc::c_long, errno: i32) {
    let call = u32::try_from(call).expect("the number of a call");
    let errno = u32::try_from(errno).expect("a positive errno");
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
        statement(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | errno,
            0,
        ),
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

fn chmod_without(call: libc::c_long, errno: i32, world: &World) -> (Option<i32>, String) {
    let sockctl = plain("chmod").arg("0640").arg(world.path("a"));
    let mut command = sockctl.into_command();
    without(&mut command, call, errno);
    let output = command.output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn without_fchmodat2() {
    for errno in [libc::ENOSYS, libc::EOPNOTSUPP, libc::EPERM] {
        let mut world = World::new();
        let a = world.stream("a", 0o666);
        let (code, said) = chmod_without(libc::SYS_fchmodat2, errno, &world);
        assert_eq!((code, said.as_str()), (Some(0), ""), "errno {errno}");
        assert_eq!(mode(&a), 0o640, "errno {errno}");
    }
}

#[test]
fn another_error_is_no_reason_for_another_way() {
    let mut world = World::new();
    let a = world.stream("a", 0o666);
    let (code, said) = chmod_without(libc::SYS_fchmodat2, libc::EIO, &world);
    assert_eq!(code, Some(3));
    assert!(said.contains("EIO"), "{said}");
    assert_eq!(mode(&a), 0o666);
}
