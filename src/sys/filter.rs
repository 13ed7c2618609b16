//! Filters of system calls, seccomp(2).
//!
//! A list of calls that are allowed (`SystemCallFilter=@system-service`) knows none that is newer
//! than the library that made it, and ends whoever makes one. So nobody can find out by trying
//! whether a new call is there.

use std::sync::OnceLock;

use rustix::thread::{SecureComputingMode, secure_computing_mode};

/// Whether a call that is new may end us: then an older way has to do.
pub fn is_there() -> bool {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    *KNOWN.get_or_init(|| match secure_computing_mode() {
        Ok(mode) => mode != SecureComputingMode::Disabled,
        // Built without it.
        Err(_) => false,
    })
}
