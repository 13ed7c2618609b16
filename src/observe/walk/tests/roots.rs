//! Where a walk may begin.

use std::os::unix::fs::symlink;

use super::*;

fn unreadable(walked: &Walked) -> Vec<&str> {
    let whys = walked.unreadable.iter().map(|place| place.why.as_str());
    whys.collect()
}

#[test]
fn what_was_named_and_cannot_be_walked_is_said() {
    let place = tempfile::tempdir().unwrap();
    let missing = place.path().join("missing");
    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    let fifo = place.path().join("pipe");
    mknodat(
        CWD,
        &fifo,
        FileType::Fifo,
        FileMode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let roots = [missing.clone(), file.clone(), fifo, file.join("below")];
    let walked = run(&request(&roots));
    assert_eq!(walked.roots, []);
    let expected = [
        "is a regular file, neither a directory nor a socket",
        "cannot look at it: Not a directory (ENOTDIR)",
        "No such file or directory (ENOENT)",
        "is a FIFO, neither a directory nor a socket",
    ];
    assert_eq!(unreadable(&walked), expected);

    let roots = [missing, file];
    let walked = run(&Request {
        defaults: true,
        ..request(&roots)
    });
    assert_eq!(unreadable(&walked), expected[..1]);
}

#[test]
fn a_root_may_be_a_socket() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().canonicalize().unwrap();
    let path = real.join("s");
    let _listener = UnixListener::bind(&path).unwrap();
    symlink("s", real.join("link")).unwrap();
    let roots = [real.join("link")];
    let walked = run(&Request {
        parents: true,
        acls: false,
        ..request(&roots)
    });
    let found = &walked.found[0];
    assert_eq!(found.path, roots[0]);
    assert_eq!(found.resolved.as_deref(), Some(path.as_path()));
    assert_eq!(found.bound, Bound::Tested(Answer::Connectionful));
    assert!(found.parent.is_some());
    assert_eq!(walked.roots[0].real, path);
    // Named twice, and in its directory too: once, under the first name.
    let roots = [path.clone(), real.join("link"), real.clone()];
    let walked = run(&request(&roots));
    assert_eq!(names(&walked, &real), ["s"]);
    assert_eq!(walked.roots.len(), 2);
    assert_eq!(walked.found[0].resolved, None);
}

#[test]
fn each_real_place_is_walked_once() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().canonicalize().unwrap();
    std::fs::create_dir_all(real.join("a/b/c")).unwrap();
    stale(real.join("a/b/c/s"));
    stale(real.join("a/s"));
    symlink("a", real.join("link")).unwrap();
    let roots = ["a", "a/b/..", "link", "a/b", "link/b/", "a/"].map(|name| real.join(name));
    let walked = run(&request(&roots));
    assert_eq!(names(&walked, &real), ["a/b/c/s", "a/s"]);
    let given: Vec<_> = walked.roots.iter().map(|root| &root.given).collect();
    assert_eq!(given, [&roots[0], &roots[3]]);
    assert_eq!(walked.directories, 3);
}

#[test]
fn a_root_given_through_a_link_is_told_both_ways() {
    let place = tempfile::tempdir().unwrap();
    let real = place.path().canonicalize().unwrap();
    std::fs::create_dir_all(real.join("a/b")).unwrap();
    stale(real.join("a/b/s"));
    symlink("a", real.join("link")).unwrap();
    let roots = [real.join("link")];
    let walked = run(&request(&roots));
    assert_eq!(walked.found[0].path, real.join("link/b/s"));
    assert_eq!(walked.found[0].resolved, Some(real.join("a/b/s")));
    assert_eq!(walked.roots[0].real, real.join("a"));
}

#[test]
fn many_roots_are_all_walked() {
    let place = tempfile::tempdir().unwrap();
    let mut roots = Vec::new();
    for number in 0..200 {
        let root = place.path().join(format!("{number:03}"));
        std::fs::create_dir(&root).unwrap();
        stale(root.join("s"));
        roots.push(root);
    }
    let walked = run(&request(&roots));
    assert_eq!((walked.found.len(), walked.directories), (200, 200));
}

#[test]
fn a_root_can_be_excluded() {
    let place = tempfile::tempdir().unwrap();
    let roots = [place.path().to_owned()];
    let exclude = [place.path().to_str().unwrap().parse().unwrap()];
    let walked = run(&Request {
        exclude: &exclude,
        ..request(&roots)
    });
    assert_eq!((walked.directories, walked.skipped.len()), (0, 1));
}
