//! Trees deeper than any path name, with few descriptors.

use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, mkdirat, openat};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;

const OPEN: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// A tree that only `rm` can remove.
struct Tree(Option<tempfile::TempDir>);

impl Tree {
    fn new() -> (Tree, PathBuf) {
        // Where there is a file system in memory, tens of thousands of directories take less time.
        let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let place = place.unwrap();
        let path = place.path().to_owned();
        (Tree(Some(place)), path)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let place = self.0.take().unwrap().keep();
        let status = Command::new("rm").arg("-rf").arg(place).status();
        assert!(status.unwrap().success());
    }
}

fn directory(above: &OwnedFd, name: &str) -> OwnedFd {
    mkdirat(above, name, FileMode::from_raw_mode(0o700)).unwrap();
    openat(above, name, OPEN, FileMode::empty()).unwrap()
}

fn socket_in(above: &OwnedFd, name: &str) {
    let mode = FileMode::from_raw_mode(0o600);
    mknodat(above, name, FileType::Socket, mode, 0).unwrap();
}

fn open(path: &Path) -> OwnedFd {
    rustix::fs::open(path, OPEN, FileMode::empty()).unwrap()
}

/// In each of `depth` directories, one below the other, a socket every thousand levels, and two
/// more directories that have to wait until what is below is done.
fn comb(root: &Path, depth: usize) -> usize {
    let mut at = open(root);
    let mut sockets = 0;
    for level in 0..depth {
        for tooth in ["a", "z"] {
            let tooth = directory(&at, tooth);
            if level % 1000 == 0 {
                socket_in(&tooth, "s");
                sockets += 1;
            }
        }
        at = directory(&at, "m");
    }
    socket_in(&at, "end");
    sockets + 1
}

fn few_descriptors() {
    let few = Rlimit {
        current: Some(64),
        maximum: Some(64),
    };
    setrlimit(Resource::Nofile, few).unwrap();
}

#[test]
fn a_path_may_be_longer_than_any_path_name() {
    let (_tree, root) = Tree::new();
    let long = "n".repeat(255);
    let mut at = open(&root);
    let mut path = root.clone();
    for _ in 0..300 {
        at = directory(&at, &long);
        path.push(&long);
    }
    socket_in(&at, "s");
    let walked = walk_all(&root);
    assert_eq!(walked.found.len(), 1);
    assert_eq!(walked.found[0].path, path.join("s"));
    assert_eq!(walked.found[0].bound, Bound::Tested(Answer::Refused));
    assert_eq!(walked.directories, 301);
}

#[test]
fn a_comb_is_walked_with_few_descriptors() {
    if !alone("deep::a_comb_is_walked_with_few_descriptors") {
        return;
    }
    let (_tree, root) = Tree::new();
    let sockets = comb(&root, 20_000);
    few_descriptors();
    let roots = [root];
    for jobs in [1, 3] {
        let walked = run(&Request {
            jobs: NonZeroUsize::new(jobs),
            ..request(&roots)
        });
        assert_eq!(walked.unreadable, []);
        assert_eq!(walked.found.len(), sockets);
        assert_eq!(walked.directories, 60_001);
    }
}

#[test]
fn descriptors_may_run_out() {
    if !alone("deep::descriptors_may_run_out") {
        return;
    }
    let (_tree, root) = Tree::new();
    let sockets = comb(&root, 300);
    few_descriptors();
    let mut taken = Vec::new();
    while let Ok(descriptor) = std::fs::File::open("/") {
        taken.push(descriptor);
    }
    // For the root, its parent, one below, a socket, and the one that asks.
    taken.truncate(taken.len() - 8);
    let roots = [root];
    let walked = run(&Request {
        jobs: NonZeroUsize::new(1),
        ..request(&roots)
    });
    assert_eq!(walked.unreadable, []);
    assert_eq!((walked.found.len(), walked.directories), (sockets, 901));
}
