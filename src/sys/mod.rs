//! Every system call, and every `unsafe`: one subject a file.

pub mod acl;
pub mod diag;
pub mod dir;
pub mod errno;
pub mod limits;
pub mod mounts;
pub mod perm;
pub mod silent;
