use std::os::fd::AsRawFd;
use std::os::unix::net::UnixListener;

use super::*;

const JOBS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

#[test]
fn numbers_become_names() {
    for number in [0, 9, 10, 123_456, u32::MAX] {
        let mut buffer = [0; 11];
        let name = decimal(number, &mut buffer).to_str().unwrap();
        assert_eq!(name, number.to_string());
    }
}

fn number_of(listener: &UnixListener) -> u32 {
    let ino = rustix::fs::fstat(listener).unwrap().st_ino;
    u32::try_from(ino).expect("sockfs numbers have 32 bits")
}

/// Runs in a process of its own: the limit holds for all threads.
#[test]
fn who_cannot_be_looked_at_for_want_of_descriptors_is_counted() {
    const CHILD: &str = "SOCKCTL_TEST_FEW_DESCRIPTORS";
    if std::env::var_os(CHILD).is_none() {
        let test = "who_cannot_be_looked_at_for_want_of_descriptors_is_counted";
        let path = format!("sys::proc::scan::tests::{test}");
        let status = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &path, "--test-threads=1"])
            .env(CHILD, "1")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("a")).unwrap();
    let wanted = [number_of(&listener)].into_iter().collect();
    let next = rustix::io::dup(&listener).unwrap().as_raw_fd();
    let own = std::process::id();
    let before = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    // One for /proc, for its directory `fd`, for its own directory, and for what is in it.
    for (room, is_found) in [(1, false), (2, false), (3, false), (4, true)] {
        let few = rustix::process::Rlimit {
            current: Some(u64::try_from(next).unwrap() + room),
            ..before
        };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, few).unwrap();
        let one = NonZeroUsize::MIN;
        let scan = scan(&wanted, one, |holding| Some(holding.process.details()?.pid));
        let scan = scan.unwrap();
        assert_eq!(scan.found.contains(&own), is_found, "{room}");
        assert!(is_found || scan.denied > 0, "{room}");
    }
}

#[test]
fn the_sockets_of_a_process_are_told_and_no_other_descriptors() {
    let dir = tempfile::tempdir().unwrap();
    let listener = UnixListener::bind(dir.path().join("a")).unwrap();
    let null = std::fs::File::open("/dev/null").unwrap();
    let own = std::process::id();
    let mut found = Vec::new();
    let denied = holdings(&[own, u32::MAX], |holding| {
        found.push((holding.process.pid(), holding.socket, holding.descriptor));
    });
    assert_eq!(denied.unwrap(), 0, "one that has gone is none");
    let descriptor = u32::try_from(listener.as_raw_fd()).unwrap();
    assert!(found.contains(&(own, number_of(&listener), descriptor)));
    let null = u32::try_from(null.as_raw_fd()).unwrap();
    assert!(!found.iter().any(|&(_, _, descriptor)| descriptor == null));
}

#[test]
fn own_descriptors_are_found_however_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let listeners: Vec<_> = (0..SHARE + 40)
        .map(|n| UnixListener::bind(dir.path().join(n.to_string())).unwrap())
        .collect();
    let twice = listeners[7].try_clone().unwrap();
    let wanted = listeners.iter().map(number_of).collect();
    let scan = scan(&wanted, JOBS, |holding| {
        let details = holding.process.details()?;
        Some((holding.socket, holding.descriptor, details.pid))
    });
    let mut found = scan.unwrap().found;
    found.retain(|(_, _, pid)| *pid == std::process::id());
    assert_eq!(found.len(), listeners.len() + 1);
    let descriptor = u32::try_from(twice.as_raw_fd()).unwrap();
    assert!(found.contains(&(number_of(&twice), descriptor, std::process::id())));
}
