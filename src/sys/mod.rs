//! Every system call, and every `unsafe`: one subject a file.

pub mod accounts;
pub mod acl;
pub mod age;
pub mod aside;
pub mod bind;
pub mod connect;
#[cfg(test)]
pub(crate) mod cpu_time;
pub mod diag;
pub mod dir;
pub mod epoll;
pub mod errno;
pub mod host;
pub mod inotify;
pub mod layers;
pub mod limits;
pub mod lock;
pub mod lookup;
pub mod mkdir;
pub mod mounts;
pub mod names;
pub mod netns;
pub mod numbers;
pub mod peer;
pub mod perm;
pub mod pidfd;
pub mod policy_files;
pub mod proc;
pub mod rights;
pub mod signals;
pub mod silent;
pub mod terminal;
pub mod unit;
pub mod way;
