//! What the engine answers is what connect(2), rename(2) and unlink(2) do.

use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, MountPropagationFlags};
use rustix::thread::{CapabilitySet, UnshareFlags};
use sockctl::access;
use sockctl::model::{Subject, Trail};
use sockctl::sys::way;

use crate::random::Random;
use crate::skipped_without_root;
use crate::tree::Tree;
use crate::user::{Identity, Job, User, plain, with};

/// How many users try each tree.
const USERS: [Identity; 11] = [
    plain(0, &[0]),
    plain(1, &[1]),
    plain(33, &[33]),
    plain(34, &[34, 33]),
    plain(65534, &[65534]),
    plain(65534, &[65534, 1, 33, 34]),
    plain(7, &[7]),
    with(0, &[0], CapabilitySet::empty()),
    with(33, &[33], CapabilitySet::FOWNER),
    with(33, &[33], CapabilitySet::DAC_READ_SEARCH),
    with(34, &[34], CapabilitySet::DAC_OVERRIDE),
];

/// So many questions, each of them some system calls: `SOCKCTL_TESTS=full` is all of them.
fn cases() -> usize {
    if is_full() { 1_000_000 } else { 20_000 }
}

pub(crate) fn is_full() -> bool {
    std::env::var_os("SOCKCTL_TESTS").is_some_and(|value| value == "full")
}

/// Runs it on a tmpfs of its own, which nobody else sees and which ends with it.
pub(crate) fn in_a_place_of_its_own(run: impl FnOnce(&Path) + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let place = tempfile::tempdir().expect("a directory");
        // Of the whole process only this thread and those that it starts are moved.
        #[allow(unsafe_code)]
        // SAFETY: no descriptor table is unshared, so nothing that others hold is closed.
        unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNS) }.expect("unshare");
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        rustix::mount::mount_change("/", private).expect("private mounts");
        let options = c"mode=0755,nr_inodes=100000";
        rustix::mount::mount("tmpfs", place.path(), "tmpfs", MountFlags::empty(), options)
            .expect("a tmpfs");
        let link_free = place.path().canonicalize().expect("it is there");
        // Taken away before the directory is, when a test fails too.
        let mounted = Mounted(link_free);
        run(&mounted.0);
    });
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        let how = rustix::mount::UnmountFlags::DETACH;
        rustix::mount::unmount(&self.0, how).expect("umount");
    }
}

#[test]
fn the_kernel_agrees() {
    if skipped_without_root("the_kernel_agrees") {
        return;
    }
    in_a_place_of_its_own(|place| {
        let users: Vec<User> = USERS.into_iter().map(User::start).collect();
        let (mut yes, mut no) = ([0; 2], [0; 2]);
        for number in 0..u64::try_from(cases().div_ceil(users.len())).expect("a number") {
            let mut random = Random::new(number);
            let tree = Tree::random(place, number, &mut random);
            let trail = way::trace(&tree.path, None)
                .unwrap_or_else(|why| panic!("tree {number}: {why}: {tree:#?}"));
            assert_eq!(trail.socket.path, tree.real, "tree {number}");
            let unlinker = random.below(users.len());
            let others = (0..users.len()).filter(|&index| index != unlinker);
            for index in others.chain([unlinker]) {
                let unlinks = index == unlinker;
                let answers = compare(number, &users[index], &tree, &trail, unlinks);
                for (side, answer) in answers.into_iter().enumerate() {
                    let count = if answer { &mut yes } else { &mut no };
                    count[side] += 1;
                }
            }
        }
        println!("connect, replace: yes {yes:?}, no {no:?}");
        assert!(yes.iter().chain(&no).all(|count| *count > 100), "too dull");
    });
}

/// Holds both answers against what the kernel does, and gives them. Who unlinks comes last.
fn compare(number: u64, user: &User, tree: &Tree, trail: &Trail, unlinks: bool) -> [bool; 2] {
    let subject = user.identity.subject();
    let names = names_below(trail, &tree.top);
    let path = tree.path.clone();
    let who = || format!("tree {number}, {:?}: {trail:#?}", user.identity);
    let outcome = user.tries(Job {
        path,
        names: names.clone(),
        unlink: unlinks.then(|| tree.real.clone()),
    });
    let (connects, replaces) = access::answer(&subject, trail);
    assert_eq!(outcome.connects, connects, "connect, {}", who());
    let swaps = swaps_below(&subject, trail, &tree.top);
    for (name, renamed) in names.iter().zip(&outcome.renames) {
        let expected = swaps.contains(name);
        assert_eq!(*renamed, expected, "rename {}, {}", name.display(), who());
    }
    if let Some(unlinked) = outcome.unlinks {
        assert_eq!(unlinked, swaps.contains(&tree.real), "unlink, {}", who());
    }
    let above = access::swaps(&subject, &trail.way, &trail.socket)
        .any(|swap| swap.verdict.allowed && !swap.node.path.starts_with(&tree.top));
    assert_eq!(replaces, above || !swaps.is_empty(), "replace, {}", who());
    [connects, replaces]
}

/// Every name on the way that is a part of the tree.
fn names_below(trail: &Trail, top: &Path) -> Vec<PathBuf> {
    let nodes = trail.way.nodes().chain([&trail.socket]);
    let paths = nodes.map(|node| node.path.clone());
    paths
        .filter(|path| path.starts_with(top) && path != top)
        .collect()
}

fn swaps_below(subject: &Subject, trail: &Trail, top: &Path) -> Vec<PathBuf> {
    let swaps =
        access::swaps(subject, &trail.way, &trail.socket).filter(|swap| swap.verdict.allowed);
    let paths = swaps.map(|swap| swap.node.path.clone());
    paths
        .filter(|path| path.starts_with(top) && path != top)
        .collect()
}
