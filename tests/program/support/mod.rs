//! What the tests have in common: the program, a world of sockets, and what was reported.

mod done;
mod report;
mod sockctl;
mod world;

pub(crate) use done::Done;
pub(crate) use report::Report;
pub(crate) use sockctl::Sockctl;
pub(crate) use world::{World, chmod};

/// The user and group that own nothing.
pub(crate) const NOBODY: u32 = 65534;

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether a test that cannot do without root has to be left out; says so by name.
pub(crate) fn skipped_without_root(test: &str) -> bool {
    if !is_root() {
        println!("skipped: {test}: needs root");
    }
    !is_root()
}
