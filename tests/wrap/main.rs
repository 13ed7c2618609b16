//! Commands that are wrapped: who they are, what they get, and what is refused.

// Tests set the scene by plain paths, in directories that nobody else can write to.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bad_input;
mod bound;
mod environment;
mod explain;
mod identity;
mod parent;
mod ready;
mod sockets;
mod support;
mod users;
