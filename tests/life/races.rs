//! Many starters at once over one stale file: in the end exactly one has it, and nobody who has
//! it loses it.

use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Barrier, Mutex};

use sockctl::change::clean::{Cleaner, Request};
use sockctl::change::name::Named;
use sockctl::model::Outcome;
use sockctl::sys::names::SystemNames;

use crate::support::{Held, Over, inode, names, place, run, size, sockctl, stale};

const STARTERS: usize = 32;

/// Everybody says that they have it, once they have; the one of them is live and at its name.
fn exactly_one(path: &Path, winners: usize, round: u32) {
    assert_eq!(winners, 1, "round {round}");
    UnixStream::connect(path).unwrap_or_else(|error| panic!("round {round}: {error}"));
    let directory = path.parent().expect("a directory");
    assert_eq!(names(directory), ["s"], "round {round}");
}

#[test]
fn create_and_hold() {
    let rounds = size(40, 1_000);
    let place = place();
    let path = place.path().join("s");
    stale(&path);
    for round in 0..rounds {
        let mut held: Vec<Held> = std::thread::scope(|scope| {
            let start = || {
                let mut command = sockctl(["create", "--hold", "--replace-stale", "-qq"]);
                command.arg(&path).stderr(std::process::Stdio::null());
                Held::start(command)
            };
            let starters: Vec<_> = (0..STARTERS).map(|_| scope.spawn(start)).collect();
            starters
                .into_iter()
                .filter_map(|starter| starter.join().expect("no panic"))
                .collect()
        });
        exactly_one(&path, held.len(), round);
        // Killed, it leaves the stale file of the next round.
        held.clear();
        assert!(inode(&path).is_some());
    }
    println!("{STARTERS} starters, {rounds} rounds");
}

/// The program, and then bind(2) by somebody who knows of no lock.
#[test]
fn clean_and_bind() {
    let rounds = size(40, 1_000);
    let place = place();
    let path = place.path().join("s");
    stale(&path);
    for round in 0..rounds {
        let servers: Vec<UnixListener> = std::thread::scope(|scope| {
            let start = || {
                let mut command = sockctl(["clean", "-qq"]);
                command.arg(&path).stderr(std::process::Stdio::null());
                run(command);
                UnixListener::bind(&path).ok()
            };
            let starters: Vec<_> = (0..STARTERS).map(|_| scope.spawn(start)).collect();
            starters
                .into_iter()
                .filter_map(|starter| starter.join().expect("no panic"))
                .collect()
        });
        exactly_one(&path, servers.len(), round);
    }
    println!("{STARTERS} starters, {rounds} rounds");
}

/// The same without the cost of processes, and so much closer together.
#[test]
fn clean_and_bind_within_one_process() {
    let rounds = size(60, 1_000);
    let place = place();
    let path = place.path().join("s");
    let users = SystemNames::default();
    stale(&path);
    let barrier = Barrier::new(STARTERS);
    let winners = Mutex::new(Vec::new());
    let without_lock = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..STARTERS {
            scope.spawn(|| {
                let named = Named::new(&path).expect("a path");
                for round in 0..rounds {
                    let cleaner = Cleaner::new(Request::default(), &users).expect("a socket");
                    barrier.wait();
                    let changes = cleaner.named(&named);
                    if changes
                        .notes
                        .iter()
                        .any(|(_, note)| note.contains("without the lock"))
                    {
                        without_lock.fetch_add(1, Ordering::Relaxed);
                    }
                    if let Ok(server) = UnixListener::bind(&path) {
                        winners.lock().expect("no panic").push(server);
                    }
                    if barrier.wait().is_leader() {
                        let mut winners = winners.lock().expect("no panic");
                        exactly_one(&path, winners.len(), round);
                        winners.clear();
                    }
                    barrier.wait();
                }
            });
        }
    });
    println!(
        "{STARTERS} starters, {rounds} rounds, {} without the lock",
        without_lock.into_inner()
    );
}

/// A stranger who asks nobody, but removes what they have and binds anew, over and over.
#[test]
fn with_a_stranger_in_between() {
    let rounds = size(100_000, 1_000_000);
    let place = place();
    let path = place.path().join("s");
    let users = SystemNames::default();
    stale(&path);
    let over = AtomicBool::new(false);
    let (kept, last) = std::thread::scope(|scope| {
        let cleaners: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let named = Named::new(&path).expect("a path");
                    let cleaner = Cleaner::new(Request::default(), &users).expect("a socket");
                    let mut kept = Vec::new();
                    let mut removed = 0_u32;
                    while !over.load(Ordering::Relaxed) {
                        for action in cleaner.named(&named).actions {
                            match action.outcome {
                                Outcome::Failed(why) if why.contains("kept as") => kept.push(why),
                                Outcome::Done => removed += 1,
                                _ => {}
                            }
                        }
                    }
                    (kept, removed)
                })
            })
            .collect();
        let stranger = scope.spawn(|| {
            let until = Over(&over);
            let mut own: Option<(UnixListener, u64)> = None;
            let mut taken_over = 0;
            for round in 0..rounds {
                if let Some((server, number)) = own.take() {
                    if round % 3 == 0 {
                        // It dies and leaves its file.
                        drop(server);
                    } else if inode(&path) == Some(number) {
                        drop(fs::remove_file(&path));
                        taken_over += 1;
                    }
                }
                own = UnixListener::bind(&path)
                    .ok()
                    .and_then(|server| Some((server, inode(&path)?)));
            }
            drop(until);
            (own, taken_over)
        });
        let (last, _) = stranger.join().expect("no panic");
        let mut kept = Vec::new();
        let mut removed = 0;
        for cleaner in cleaners {
            let (more, count) = cleaner.join().expect("no panic");
            kept.extend(more);
            removed += count;
        }
        println!(
            "{rounds} rounds, {removed} stale ones removed, {} kept aside",
            kept.len()
        );
        assert!(removed > 0);
        (kept, last)
    });
    // Whatever lies aside was named, and the one who is live at the end is where it can be found.
    let aside: Vec<PathBuf> = names(place.path())
        .into_iter()
        .filter(|name| name != "s")
        .map(|name| place.path().join(name))
        .collect();
    for path in &aside {
        let shown = path.display().to_string();
        assert!(
            kept.iter().any(|why| why.contains(&shown)),
            "{shown}: {kept:?}"
        );
    }
    if let Some((server, number)) = last {
        let mut places = aside.iter().chain([&path]);
        assert!(
            places.any(|path| inode(path) == Some(number)),
            "a live one was removed"
        );
        drop(server);
    }
}
