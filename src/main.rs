//! The program; everything it does is in the library.

#![cfg_attr(target_env = "gnu", no_main)]

/// What the C library calls: see [`sockctl::sys::entry`].
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)] // SAFETY: nothing else in this program is called `main`
#[unsafe(no_mangle)]
extern "C" fn main() -> std::ffi::c_int {
    sockctl::sys::entry::begin();
    let exit = sockctl::commands::run(std::env::args_os());
    sockctl::sys::entry::end();
    exit.status().into()
}

#[cfg(not(target_env = "gnu"))]
fn main() -> std::process::ExitCode {
    sockctl::commands::run(std::env::args_os()).status().into()
}
