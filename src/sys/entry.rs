//! What has to be so before anything else is done in a process, and after everything.
//!
//! The start-up code of Rust's library does this and more: it looks for the end of the stack, in
//! /proc/self/maps, and sets up a stack for a handler that says where it was overrun. Whoever
//! starts a command through us waits for that every time, so on glibc, which hands its arguments
//! to the library in another way too, the program has a `main` of its own.

#![allow(unsafe_code)]

use std::io::Write as _;
use std::os::fd::IntoRawFd as _;

use rustix::fs::{Mode, OFlags};

use crate::model::FdNumber;

use super::fds;

/// Nothing that is opened later becomes standard input, output or error, and a pipe that nobody
/// reads is an error of write(2) and no signal.
pub fn begin() {
    // SAFETY: an action that is no function, and no signal that is already in the way.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    for number in FdNumber::STANDARD {
        if fds::is_open(number) {
            continue;
        }
        // The lowest number that is free is this one. Without /dev/null it stays closed.
        if let Ok(null) = rustix::fs::open(c"/dev/null", OFlags::RDWR, Mode::empty()) {
            let _ = null.into_raw_fd();
        }
    }
}

/// Writes out what is left of standard output. There is nowhere left to say that it is gone.
pub fn end() {
    drop(std::io::stdout().flush());
}
