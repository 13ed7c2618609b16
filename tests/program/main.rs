//! The program as a whole, run on real sockets.

// Tests set the scene by plain paths, in directories that nobody else can write to.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bad_policies;
mod changing;
mod cli;
mod diagnostics;
mod documented;
mod exit_codes;
mod findings;
mod formats;
mod init;
mod library;
mod manual;
mod odd_names;
mod policies;
mod probe;
mod roots;
mod summary;
mod support;
