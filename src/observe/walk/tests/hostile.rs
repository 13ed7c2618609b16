//! Trees that somebody changes while they are walked.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{RenameFlags, renameat_with};

use super::*;
use crate::sys::dir::Pinned;

/// Ends the other thread, also where an assertion fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn exchange(a: &Path, b: &Path) -> bool {
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

/// Directories swapped for links that lead out, moved into each other, removed and made again.
fn vandalise(root: &Path, round: usize) {
    let at = |name: &str| root.join(name);
    for number in 0..8 {
        let victim = at(&format!("d{number}"));
        for link in ["out", "up", "etc", "self"] {
            let link = at(link);
            if exchange(&victim, &link) {
                assert!(exchange(&victim, &link));
            }
        }
    }
    // What fails here was in the way of an earlier round.
    std::fs::rename(at("d0/inner"), at("d1/moved")).ok();
    std::fs::rename(at("d1/moved"), at("d0/inner")).ok();
    let fleeting = at(&format!("fleeting{}", round % 4));
    std::fs::create_dir(&fleeting).ok();
    std::fs::create_dir_all(fleeting.join("x/y/z")).ok();
    mknodat(
        CWD,
        fleeting.join("s"),
        FileType::Socket,
        FileMode::from_raw_mode(0o600),
        0,
    )
    .ok();
    std::fs::remove_dir_all(&fleeting).ok();
}

/// Whoever may rename a directory is not to hide what is in it.
#[test]
fn a_directory_that_is_renamed_all_the_time_is_entered_or_told() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    std::fs::create_dir(at("d")).unwrap();
    std::fs::create_dir(at("other")).unwrap();
    stale(at("d/s"));
    symlink("/nowhere", at("l")).unwrap();
    let stopped = AtomicBool::new(false);
    let rounds = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stopped.load(Ordering::Relaxed) {
                std::fs::rename(at("d"), at("e")).unwrap();
                rounds.store(true, Ordering::Relaxed);
                for other in ["l", "other"] {
                    exchange(&at("e"), &at(other));
                    exchange(&at("e"), &at(other));
                }
                // Something else has its name for a while.
                std::fs::create_dir(at("d")).unwrap();
                std::fs::remove_dir(at("d")).unwrap();
                std::fs::rename(at("e"), at("d")).unwrap();
            }
        });
        let _stop = Stop(&stopped);
        while !rounds.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        for _ in 0..400 {
            let walked = walk_all(place.path());
            let told = walked.found.len() + walked.unreadable.len();
            assert_eq!(told, 1, "{walked:#?}");
        }
    });
}

#[test]
fn nothing_outside_is_ever_reported() {
    let place = tempfile::tempdir().unwrap();
    let (root, outside) = (place.path().join("root"), place.path().join("outside"));
    std::fs::create_dir(&root).unwrap();
    std::fs::create_dir_all(outside.join("inner/deep")).unwrap();
    let mut forbidden = Vec::new();
    for name in ["s", "inner/s", "inner/deep/s"] {
        stale(outside.join(name));
        let pinned = Pinned::open(&outside.join(name)).unwrap();
        forbidden.push(pinned.facts().unwrap().inode);
    }
    for number in 0..8 {
        let inner = root.join(format!("d{number}/inner/deep"));
        std::fs::create_dir_all(&inner).unwrap();
        stale(inner.join("s"));
        for filler in 0..8 {
            std::fs::create_dir(root.join(format!("d{number}/{filler}"))).unwrap();
        }
    }
    for (target, name) in [
        ("../outside", "out"),
        ("..", "up"),
        ("/etc", "etc"),
        (".", "self"),
    ] {
        symlink(target, root.join(name)).unwrap();
    }

    let over = AtomicBool::new(false);
    let roots = [root.clone()];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                vandalise(&root, round);
                if over.load(Ordering::Relaxed) {
                    break;
                }
            }
        });
        let _stop = Stop(&over);
        for round in 0..400 {
            let walked = run(&Request {
                jobs: NonZeroUsize::new(1 + round % 3),
                parents: true,
                acls: false,
                ..request(&roots)
            });
            for found in &walked.found {
                assert!(found.path.starts_with(&root), "{}", found.path.display());
                assert!(
                    !forbidden.contains(&found.inode),
                    "{}",
                    found.path.display()
                );
            }
            assert_eq!(walked.unreadable, []);
        }
    });
    // Nobody is at it any more: now everything is there.
    assert_eq!(walk_all(&root).found.len(), 8);
}
