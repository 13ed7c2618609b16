//! Who may connect and who may replace: the kernel is asked the same, as real users.

// Tests set the scene by plain paths, in directories that nobody else can write to.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod agrees;
mod bad_input;
mod command;
mod hosts;
mod mends;
mod proposals;
mod random;
mod tree;
mod user;
mod views;

/// Whether a test that cannot do without root has to be left out; says so by name.
fn skipped_without_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: {test}: needs root");
    }
    !is_root
}

fn skipped_without_setfacl(test: &str) -> bool {
    let is_missing = std::process::Command::new("setfacl")
        .arg("--version")
        .output()
        .is_err();
    if is_missing {
        println!("skipped: {test}: needs setfacl");
    }
    is_missing
}
