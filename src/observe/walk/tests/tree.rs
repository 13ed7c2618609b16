//! What is found in ordinary trees, with odd names.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::atomic::Ordering;

use super::*;
use crate::model::SkipReason;
use crate::sys::dir::Pinned;

#[test]
fn each_socket_is_found_with_what_is_bound_to_it() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    std::fs::create_dir_all(root.join("a/b")).unwrap();
    let _listener = UnixListener::bind(root.join("a/stream")).unwrap();
    let _datagram = UnixDatagram::bind(root.join("a/b/dgram")).unwrap();
    stale(root.join("stale"));
    std::fs::write(root.join("file"), "").unwrap();
    rustix::fs::chmod(root.join("stale"), FileMode::from_raw_mode(0o4751)).unwrap();

    let progress = Progress::default();
    let roots = [root.to_owned()];
    let walked = walk(&request(&roots), &progress);
    assert_eq!(names(&walked, root), ["a/b/dgram", "a/stream", "stale"]);
    let bound: Vec<_> = walked
        .found
        .iter()
        .map(|found| found.bound.clone())
        .collect();
    let expected = [Answer::Datagram, Answer::Connectionful, Answer::Refused].map(Bound::Tested);
    assert_eq!(bound, expected);
    assert_eq!(walked.found[2].mode.to_string(), "4751");
    assert_eq!((walked.directories, walked.entries), (3, 6));
    assert!(walked.unreadable.is_empty() && walked.skipped.is_empty());
    let seen = [&progress.directories, &progress.entries, &progress.sockets];
    assert_eq!(seen.map(|count| count.load(Ordering::Relaxed)), [3, 6, 3]);
}

#[test]
fn what_is_told_of_a_socket_is_what_stat_says() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("s");
    stale(&path);
    let roots = [place.path().to_owned()];
    let walked = run(&Request {
        parents: true,
        acls: false,
        ..request(&roots)
    });
    let (found, file) = (&walked.found[0], std::fs::File::open(place.path()).unwrap());
    let facts = Pinned::open(&path).unwrap().facts().unwrap();
    assert_eq!(found.inode, facts.inode);
    assert_eq!((Some(found.uid), Some(found.gid)), (facts.uid, facts.gid));
    let directory = file.metadata().unwrap();
    let parent = found.parent.unwrap();
    assert_eq!(parent.uid.as_raw(), directory.uid());
    assert_eq!(
        u32::from(parent.mode.bits()),
        directory.permissions().mode() & 0o7777
    );
    assert_eq!(walk_all(place.path()).found[0].parent, None);
}

#[test]
fn any_name_is_found() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    let long = [b'x'; 255];
    let odd: [&[u8]; 7] = [
        b"new\nline",
        b"\xff\xfe",
        b" ",
        b"...",
        b"-rf",
        b"\\x1b\x1b[31m",
        &long,
    ];
    let mut expected = BTreeSet::new();
    for directory in odd {
        let directory = root.join(OsStr::from_bytes(directory));
        std::fs::create_dir(&directory).unwrap();
        for name in odd {
            let path = directory.join(OsStr::from_bytes(name));
            stale(&path);
            expected.insert(path);
        }
    }
    let walked = walk_all(root);
    assert!(walked.found.is_sorted_by(|a, b| a.path < b.path));
    let found: BTreeSet<PathBuf> = walked.found.into_iter().map(|found| found.path).collect();
    assert_eq!(found, expected);
}

#[test]
fn links_are_not_followed() {
    let place = tempfile::tempdir().unwrap();
    let (root, outside) = (place.path().join("root"), place.path().join("outside"));
    std::fs::create_dir(&root).unwrap();
    std::fs::create_dir(&outside).unwrap();
    stale(outside.join("s"));
    for (target, name) in [
        ("../outside", "directory"),
        ("../outside/s", "socket"),
        (".", "loop"),
        ("..", "up"),
        ("gone", "dangling"),
    ] {
        symlink(target, root.join(name)).unwrap();
    }
    let walked = walk_all(&root);
    assert_eq!((walked.found, walked.unreadable), (vec![], vec![]));
    assert_eq!((walked.directories, walked.entries), (1, 5));
}

#[test]
fn what_is_excluded_is_not_entered_and_listed() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path();
    for directory in ["keep", "cache", "keep/cache", "deep/down"] {
        std::fs::create_dir_all(root.join(directory)).unwrap();
        stale(root.join(directory).join("s"));
        stale(root.join(directory).join("noise"));
    }
    let path = root.join("deep/down").to_str().unwrap().to_owned();
    let exclude = ["cache", "noise", path.as_str()].map(|text| text.parse().unwrap());
    let roots = [root.to_owned()];
    let walked = run(&Request {
        exclude: &exclude,
        ..request(&roots)
    });
    assert_eq!(names(&walked, root), ["keep/s"]);
    let skipped: Vec<_> = walked.skipped.iter().map(|skipped| &skipped.path).collect();
    let expected = ["cache", "deep/down", "keep/cache", "keep/noise"].map(|name| root.join(name));
    assert_eq!(skipped, expected.iter().collect::<Vec<_>>());
    let reason = SkipReason::Excluded(path);
    assert_eq!(walked.skipped[1].reason, reason);
}

#[test]
fn what_is_excluded_may_be_named_as_given_or_really() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().canonicalize().unwrap();
    std::fs::create_dir_all(real.join("root/below")).unwrap();
    stale(real.join("root/below/s"));
    stale(real.join("root/s"));
    symlink("root", real.join("link")).unwrap();
    let (root, link) = (real.join("root"), real.join("link"));
    for top in [&root, &link] {
        let exclude = ["below", "s"].map(|name| top.join(name).to_str().unwrap().parse().unwrap());
        let walked = run(&Request {
            exclude: &exclude,
            ..request(std::slice::from_ref(&link))
        });
        assert_eq!(walked.found, []);
        let skipped: Vec<_> = walked.skipped.iter().map(|skipped| &skipped.path).collect();
        assert_eq!(skipped, [&link.join("below"), &link.join("s")]);
    }
}

/// A tree wide enough that every worker gets something to do.
fn wide_tree(root: &Path) {
    for number in 0..2_000_usize {
        let directory = root.join(format!("{}/{}/{number}", number % 7, number % 13));
        std::fs::create_dir_all(&directory).unwrap();
        stale(directory.join("s"));
        std::fs::write(directory.join("f"), "").unwrap();
    }
}

#[test]
fn find_finds_the_same() {
    let place = tempfile::tempdir().unwrap();
    wide_tree(place.path());
    let output = Command::new("find")
        .arg(place.path())
        .args(["-type", "s", "-printf", "%04m %U %G %i %p\n"])
        .output()
        .unwrap();
    let mut expected: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(expected.len(), 2_000);
    expected.sort();
    let roots = [place.path().to_owned()];
    for jobs in [1, 2, 7] {
        let walked = run(&Request {
            jobs: NonZeroUsize::new(jobs),
            ..request(&roots)
        });
        let mut found: Vec<String> = walked
            .found
            .iter()
            .map(|found| {
                let (mode, ino, path) = (found.mode, found.inode.ino, found.path.display());
                format!("{mode} {} {} {ino} {path}", found.uid, found.gid)
            })
            .collect();
        found.sort();
        assert_eq!(found, expected, "{jobs} jobs");
        // 7 + 7 * 13 on the way, the root, and 2,000.
        assert_eq!(walked.directories, 2_099, "{jobs} jobs");
        assert_eq!(walked.entries, 7 + 91 + 2_000 + 4_000, "{jobs} jobs");
    }
}

#[test]
fn an_old_kernel_gives_the_same() {
    let place = tempfile::tempdir().unwrap();
    wide_tree(place.path());
    let roots = [place.path().to_owned()];
    let request = request(&roots);
    let progress = Progress::default();
    let mut old = crew::Walk::new(&request, None, &progress);
    old.without_openat2 = true;
    assert_eq!(whole(old.run()), run(&request));
}

#[test]
fn the_sockets_of_a_busy_directory_are_shared_and_come_home_in_order() {
    let place = tempfile::tempdir().unwrap();
    let names: BTreeSet<String> = (0..3000).map(|n| format!("{n}.sock")).collect();
    for name in &names {
        stale(place.path().join(name));
    }
    let roots = [place.path().to_owned()];
    for jobs in [1, 2, 5] {
        let walked = run(&Request {
            jobs: NonZeroUsize::new(jobs),
            ..request(&roots)
        });
        let found = walked.found.iter();
        let found: Vec<_> = found
            .map(|found| found.path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert!(found.iter().eq(&names), "{jobs} {}", found.len());
    }
}
