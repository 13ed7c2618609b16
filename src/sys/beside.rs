//! Something that is tried by a thread that may give up what this one keeps: clone(2).
//!
//! Users, groups and capabilities belong to a thread, as the kernel has it; the C library makes
//! them those of a process. So a thread can give up its rights and execute a program, which ends
//! all others, while another one waits with its rights in case that fails.

#![allow(unsafe_code)]

use std::io;

use libc::{c_int, c_void};

use super::dir::Failure;

/// More than ten times what is needed; only what is touched takes memory.
const STACK: usize = 256 * 1024;

/// The kernel wants it, and so does every ABI.
const ALIGNMENT: usize = 16;

struct Job<'a, T> {
    run: &'a mut dyn FnMut() -> T,
    outcome: Option<T>,
}

/// Runs it in a thread with descriptors, a working directory and a umask of its own, while this
/// one waits. Anything may be done there to which the memory of this process and its limits are
/// indifferent, but nothing that asks which thread it is in: for the C library it is this one.
///
/// The signals of this thread should be kept back, for they could find either.
///
/// # Errors
///
/// `EAGAIN` where there may be no further thread.
pub fn beside<T>(run: &mut dyn FnMut() -> T) -> Result<T, Failure> {
    let mut job = Job { run, outcome: None };
    let mut stack: Vec<u8> = Vec::with_capacity(STACK);
    let end = stack.as_mut_ptr().wrapping_add(STACK);
    let top = end.wrapping_sub(end.addr() % ALIGNMENT);
    // Not CLONE_FILES and not CLONE_FS: descriptors and directory are copies.
    let flags = libc::CLONE_VM | libc::CLONE_SIGHAND | libc::CLONE_THREAD | libc::CLONE_VFORK;
    // SAFETY: until the thread has ended, or has become another program, this one does not go on
    // (CLONE_VFORK), so that job and stack are its alone, and so is what the C library keeps for
    // this thread, errno among it. The stack grows down from the end of memory that is ours.
    let thread = unsafe { libc::clone(start::<T>, top.cast(), flags, (&raw mut job).cast()) };
    if thread < 0 {
        return Err(io::Error::last_os_error().into());
    }
    // A thread that ends otherwise ends the process.
    job.outcome.ok_or_else(|| rustix::io::Errno::CHILD.into())
}

extern "C" fn start<T>(job: *mut c_void) -> c_int {
    // SAFETY: it is that of `beside`, which waits.
    let job = unsafe { &mut *job.cast::<Job<'_, T>>() };
    job.outcome = Some((job.run)());
    0
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    use super::*;
    use crate::sys::fds;

    #[test]
    fn what_it_does_to_descriptors_and_directory_is_its_own() {
        let file = std::fs::File::open("/").unwrap();
        let raw = file.as_raw_fd();
        let before = std::env::current_dir().unwrap();
        let mut seen = Vec::new();
        let outcome = beside(&mut || {
            // SAFETY: in this table of descriptors it is nobody else's.
            drop(unsafe { OwnedFd::from_raw_fd(raw) });
            rustix::process::chdir("/").unwrap();
            seen.push(rustix::process::getpid());
            7
        });
        assert_eq!(outcome, Ok(7));
        assert_eq!(seen, [rustix::process::getpid()], "it is the same process");
        assert!(fds::is_open(raw.to_string().parse().unwrap()));
        assert_eq!(std::env::current_dir().unwrap(), before);
    }

    #[test]
    fn it_can_be_done_again_and_again() {
        let mut sum = 0_u64;
        for number in 0..1000 {
            sum += beside(&mut || number).unwrap();
        }
        assert_eq!(sum, 999 * 1000 / 2);
    }
}
