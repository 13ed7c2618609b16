//! The life of a socket file: made, held, cleaned; by the program as it is, on real sockets.

// Tests set the scene by plain paths, in directories that nobody else can write to.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bad_input;
mod clean;
mod create;
mod held;
mod kill;
mod listed;
mod overlays;
mod races;
mod states;
mod support;
mod swap;
mod window;
