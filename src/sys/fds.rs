//! The descriptors of this process as numbers: which of them a program that is executed gets.
//!
//! Nothing here allocates.

#![allow(unsafe_code)]

use std::io;

use super::dir::Failure;

/// `CLOSE_RANGE_CLOEXEC` of linux/close_range.h (Linux 5.11).
const AT_EXEC: libc::c_uint = 1 << 2;

/// Every descriptor from that number on is closed when a program is executed.
pub fn close_at_exec_from(first: u32) -> Result<(), Failure> {
    close_range(first, u32::MAX, AT_EXEC)
}

fn close_range(first: u32, last: u32, flags: libc::c_uint) -> Result<(), Failure> {
    // SAFETY: with this flag nothing is closed that somebody in this process still uses.
    let outcome = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error().into())
    }
}
