//! The walk on real trees.

// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

mod dead;
mod deep;
mod hostile;
mod layers;
mod mounts;
mod rights;
mod roots;
mod tree;

use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode as FileMode, mknodat};

use super::*;

fn request(roots: &[PathBuf]) -> Request<'_> {
    Request {
        roots,
        defaults: false,
        one_file_system: false,
        exclude: &[],
        jobs: None,
        parents: false,
        acls: false,
    }
}

fn run(request: &Request<'_>) -> Walked {
    walk(request, &Progress::default())
}

fn walk_all(root: &Path) -> Walked {
    run(&request(&[root.to_owned()]))
}

/// A socket file to which nothing is bound.
fn stale(path: impl AsRef<Path>) {
    let (path, mode) = (path.as_ref(), FileMode::from_raw_mode(0o600));
    mknodat(CWD, path, FileType::Socket, mode, 0).unwrap();
}

/// What was found, below `root`.
fn names(walked: &Walked, root: &Path) -> Vec<String> {
    let below = |path: &Path| path.strip_prefix(root).unwrap().to_owned();
    let found = walked.found.iter().map(|found| below(&found.path));
    found
        .map(|path| path.to_str().unwrap().to_owned())
        .collect()
}

fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: {test}: needs root");
    }
    root
}

/// Runs the test that calls it in a process of its own, where this answers `true`.
fn alone(test: &str) -> bool {
    const MARK: &str = "SOCKCTL_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name.as_str(), "--exact", "--nocapture"])
        .env(MARK, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("1 passed"), "{name}: {said}");
    false
}

/// The outcome of `work`, which must not hang.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    let worker = std::thread::spawn(move || sender.send(work()));
    match receiver.recv_timeout(Duration::from_mins(1)) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(worker.join().unwrap_err())
        }
    }
}
