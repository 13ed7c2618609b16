//! Every system call, and every `unsafe`: one subject a file.

pub mod diag;
pub mod errno;
