//! A path that becomes something else all the time: only dead sockets ever lose their name.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Over, names, place, size, stale};
use sockctl::change::clean::{Cleaner, Request};
use sockctl::change::name::Named;
use sockctl::model::Outcome;
use sockctl::sys::names::SystemNames;

/// Makes `path` the next of: a stale socket, a link to the victim, a hard link to it, a directory,
/// a hard link to a live socket, a stale socket again.
fn flip(round: u32, ready: &Path, path: &Path, victim: &Path, live: &Path) {
    let made = match round % 6 {
        0 | 5 => {
            stale(ready);
            Ok(())
        }
        1 => symlink(victim, ready),
        2 => fs::hard_link(victim, ready),
        3 => fs::create_dir(ready),
        _ => fs::hard_link(live, ready),
    };
    made.expect("something to swap in");
    if fs::rename(ready, path).is_err() {
        // A directory goes over nothing but an empty one, and nothing else over a directory.
        drop(fs::remove_dir(path));
        drop(fs::remove_file(path));
        drop(fs::rename(ready, path));
    }
    // Of two names of one inode none is renamed over the other.
    drop(fs::remove_dir(ready));
    drop(fs::remove_file(ready));
}

#[test]
fn clean_removes_dead_sockets_only() {
    let flips = size(100_000, 100_000);
    let place = place();
    let at = |name: &str| place.path().join(name);
    let (directory, ready) = (at("d"), at("ready"));
    fs::create_dir(&directory).expect("mkdir");
    let path = directory.join("s");
    let (victim, live) = (at("shadow"), at("live"));
    fs::write(&victim, "root:x:").expect("write");
    let server = UnixListener::bind(&live).expect("bind");
    let before = fs::metadata(&victim).expect("it is there").ino();
    let over = AtomicBool::new(false);
    let (removed, refused) = std::thread::scope(|scope| {
        let cleaner = scope.spawn(|| {
            let users = SystemNames::default();
            let cleaner = Cleaner::new(Request::default(), &users).expect("a socket");
            let named = Named::new(&path).expect("a path");
            let (mut removed, mut refused) = (0_u32, 0_u32);
            while !over.load(Ordering::Relaxed) {
                for action in cleaner.named(&named).actions {
                    match action.outcome {
                        Outcome::Done => removed += 1,
                        Outcome::Refused(_) => refused += 1,
                        _ => {}
                    }
                }
            }
            (removed, refused)
        });
        let until = Over(&over);
        for round in 0..flips {
            flip(round, &ready, &path, &victim, &live);
        }
        drop(until);
        cleaner.join().expect("no panic")
    });
    println!("{flips} flips, {removed} stale ones removed, {refused} times refused");
    assert!(removed > 0 && refused > 0);
    // Every name that the attacker gave is one that the attacker took, or is still there.
    let still = |inode: u64| {
        let is_it = |name: &String| {
            fs::symlink_metadata(directory.join(name)).is_ok_and(|file| file.ino() == inode)
        };
        names(&directory).iter().filter(|name| is_it(name)).count() as u64
    };
    for file in [&victim, &live] {
        let now = fs::symlink_metadata(file).expect("it is there");
        assert_eq!(now.nlink(), 1 + still(now.ino()), "{}", file.display());
    }
    assert_eq!(fs::read(&victim).expect("read"), b"root:x:");
    assert_eq!(fs::metadata(&victim).expect("it is there").ino(), before);
    UnixStream::connect(&live).expect("it is live");
    drop(server);
}
