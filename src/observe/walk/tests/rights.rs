//! What we may not look at.

use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_res_gid, set_thread_res_uid};

use super::*;

/// Runs `work` as somebody who has no rights: a thread of its own has ids of its own.
fn as_nobody<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let (uid, gid) = (Uid::from_raw(65534), Gid::from_raw(65534));
            set_thread_res_gid(gid, gid, gid).unwrap();
            set_thread_res_uid(uid, uid, uid).unwrap();
            work()
        });
        thread.join().unwrap()
    })
}

fn chmod(path: &Path, mode: u32) {
    rustix::fs::chmod(path, FileMode::from_raw_mode(mode)).unwrap();
}

#[test]
fn a_directory_that_may_not_be_read_is_said() {
    if !is_root("a_directory_that_may_not_be_read_is_said") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    chmod(root, 0o755);
    for (name, mode) in [("closed", 0o700), ("open", 0o755), ("listed", 0o744)] {
        std::fs::create_dir(root.join(name)).unwrap();
        stale(root.join(name).join("s"));
        chmod(&root.join(name), mode);
    }
    let walked = as_nobody(|| walk_all(root));
    assert_eq!(names(&walked, root), ["open/s"]);
    assert_eq!(walked.found[0].bound, Bound::Tested(Answer::Denied));
    let unreadable: Vec<_> = walked
        .unreadable
        .iter()
        .map(|place| (place.path.clone(), place.why.as_str()))
        .collect();
    let expected = [
        (
            root.join("closed"),
            "cannot read the directory: Permission denied (EACCES)",
        ),
        (
            root.join("listed/s"),
            "cannot look at the socket: Permission denied (EACCES)",
        ),
    ];
    assert_eq!(unreadable, expected);
    assert_eq!(walk_all(root).unreadable, []);
}

#[test]
fn a_root_that_may_not_be_read_is_said() {
    if !is_root("a_root_that_may_not_be_read_is_said") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    chmod(place.path(), 0o700);
    let roots = [place.path().to_owned(), place.path().join("below")];
    for defaults in [false, true] {
        let walked = as_nobody(|| {
            run(&Request {
                defaults,
                ..request(&roots)
            })
        });
        assert_eq!(walked.unreadable.len(), 2);
        for place in walked.unreadable {
            assert_eq!(
                place.why,
                "cannot read the directory: Permission denied (EACCES)"
            );
        }
    }
}
