// Skipped tests say so by name, and nobody swaps what they make.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use super::super::dir::Kind;
use super::*;

fn place() -> tempfile::TempDir {
    // Of nobody else's making from the root on, wherever TMPDIR leads.
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    place
}

fn give(path: &Path, uid: u32) {
    std::os::unix::fs::lchown(path, Some(uid), Some(uid)).unwrap();
}

fn is_root(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: {test}: needs root");
    }
    root
}

#[test]
fn what_is_there_and_what_is_missing() {
    let place = place();
    std::fs::create_dir(place.path().join("a")).unwrap();
    let way = to(&place.path().join("a/./b//c")).unwrap();
    assert_eq!(way.path, place.path().canonicalize().unwrap().join("a"));
    assert_eq!(way.missing, [c"b".to_owned(), c"c".to_owned()]);
    assert_eq!(way.unsteady, None);
    assert!(to(&place.path().join("a/b/../c")).is_err());
    std::fs::write(place.path().join("file"), "").unwrap();
    let error = to(&place.path().join("file/below")).unwrap_err();
    assert!(error.failure.is_not_a_directory(), "{error}");
}

#[test]
fn own_links_are_followed_and_never_for_ever() {
    let place = place();
    std::fs::create_dir_all(place.path().join("real/deep")).unwrap();
    symlink("real", place.path().join("relative")).unwrap();
    symlink(
        place.path().join("relative/deep"),
        place.path().join("absolute"),
    )
    .unwrap();
    symlink("round", place.path().join("round")).unwrap();
    let way = to(&place.path().join("absolute/../new")).unwrap();
    assert_eq!(way.path, place.path().canonicalize().unwrap().join("real"));
    assert_eq!(way.missing, [c"new".to_owned()]);
    assert!(to(&place.path().join("round")).is_err());
}

#[test]
fn links_of_others_are_remembered() {
    if !is_root("links_of_others_are_remembered") {
        return;
    }
    let place = place();
    let link = place.path().join("link");
    std::fs::create_dir(place.path().join("d")).unwrap();
    symlink("d", &link).unwrap();
    std::fs::write(place.path().join("d/file"), "").unwrap();
    assert_eq!(to(&link).unwrap().foreign, []);
    assert_eq!(reach(&link.join("file")).unwrap().foreign, []);
    give(&link, 65534);
    let theirs = Link {
        path: link.clone(),
        uid: Uid::new(65534),
    };
    let way = to(&link).unwrap();
    assert_eq!(way.foreign.first(), Some(&theirs));
    assert_eq!(way.unsteady.as_ref(), Some(&link), "they can change it");
    assert_eq!(
        reach(&link.join("file")).unwrap().foreign.first(),
        Some(&theirs)
    );
    assert_eq!(astray(&way.foreign, way.owner().unwrap()), Some(&theirs));
    assert_eq!(astray(&way.foreign, Uid::new(65534)), None);
    assert!(astray(&way.foreign, None).is_some());
}

#[test]
fn whoever_can_swap_a_step_makes_the_way_unsteady() {
    if !is_root("whoever_can_swap_a_step_makes_the_way_unsteady") {
        return;
    }
    let place = place();
    let (outer, inner) = (place.path().join("o"), place.path().join("o/i"));
    std::fs::create_dir_all(&inner).unwrap();
    let unsteady = |mode: u32, outer_uid: u32, inner_uid: u32| {
        std::fs::set_permissions(&outer, std::fs::Permissions::from_mode(mode)).unwrap();
        give(&outer, outer_uid);
        give(&inner, inner_uid);
        to(&inner).unwrap().unsteady
    };
    assert_eq!(
        unsteady(0o755, 0, 65534),
        None,
        "its owner cannot rename it"
    );
    assert_eq!(unsteady(0o1777, 0, 0), None);
    let real = outer.canonicalize().unwrap();
    assert_eq!(unsteady(0o777, 0, 0), Some(real.clone()));
    assert_eq!(
        unsteady(0o1777, 0, 65534),
        Some(real.clone()),
        "its owner can"
    );
    assert_eq!(
        unsteady(0o755, 65534, 0),
        Some(real),
        "the directory's owner can"
    );
    assert!(!is_steady(&Dir::open(&outer).unwrap()).unwrap());
}

#[test]
fn what_a_process_decides_is_unsteady() {
    let way = to(Path::new("/proc/self/root/tmp")).unwrap();
    assert!(way.unsteady.is_some());
    assert!(way.missing.is_empty());
}

fn kind(path: &Path) -> Kind {
    reach(path).unwrap().pinned.facts().unwrap().kind
}

fn failure(path: &Path) -> String {
    reach(path).unwrap_err().to_string()
}

#[test]
fn links_on_the_way_are_followed_and_the_last_one_is_not() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::create_dir_all(base.join("real/deep")).unwrap();
    let _listener = UnixListener::bind(base.join("real/deep/a.sock")).unwrap();
    symlink("real", base.join("relative")).unwrap();
    symlink(base.join("real/deep"), base.join("absolute")).unwrap();
    symlink("real/deep/a.sock", base.join("a.sock")).unwrap();
    symlink("../relative/./deep/..", base.join("real/round")).unwrap();
    for way in [
        "real/deep/a.sock",
        "relative/deep/a.sock",
        "absolute/a.sock",
        "real/round/deep//a.sock",
        "real/../absolute/../deep/a.sock",
    ] {
        assert_eq!(kind(&base.join(way)), Kind::Socket, "{way}");
    }
    assert_eq!(kind(&base.join("a.sock")), Kind::Other("symbolic link"));
    assert_eq!(kind(&base.join("absolute")), Kind::Other("symbolic link"));
    assert_eq!(kind(Path::new("/")), Kind::Directory);
    assert_eq!(kind(&base.join("real/")), Kind::Directory);
    assert_eq!(
        kind(&base.join("absolute/")),
        Kind::Directory,
        "a slash follows it"
    );
}

#[test]
fn every_directory_and_link_of_the_way_is_handed_over() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::create_dir_all(base.join("real/deep")).unwrap();
    std::fs::write(base.join("real/deep/file"), "").unwrap();
    symlink("real", base.join("link")).unwrap();
    let mut through = Vec::new();
    reach_through(&base.join("link/deep/file"), &mut |inode| {
        through.push(inode.facts().unwrap().inode);
    })
    .unwrap();
    let inode = |path: &Path| {
        let stat = rustix::fs::lstat(path).unwrap();
        (stat.st_dev, stat.st_ino)
    };
    let way: Vec<_> = through.iter().map(|it| (it.dev, it.ino)).collect();
    let above: Vec<_> = base.ancestors().map(inode).collect();
    let above: Vec<_> = above.into_iter().rev().collect();
    let below = ["link", "real", "real/deep"].map(|name| inode(&base.join(name)));
    assert_eq!(way, [above, below.to_vec()].concat());
}

#[test]
fn where_the_way_ends_is_told() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::write(base.join("file"), "").unwrap();
    symlink("loop", base.join("loop")).unwrap();
    assert!(failure(&base.join("gone/a.sock")).contains("ENOENT"));
    assert!(failure(&base.join("file/a.sock")).contains("ENOTDIR"));
    assert!(failure(&base.join("file/")).contains("ENOTDIR"));
    assert!(failure(&base.join("loop/a.sock")).contains("ELOOP"));
    assert!(failure(&base.join("x".repeat(256))).contains("ENAMETOOLONG"));
    assert!(failure(Path::new("")).contains("ENOENT"));
    let nul = Path::new(OsStr::from_bytes(b"a\0b"));
    assert!(failure(nul).contains("EINVAL"));
    let broken = reach(&base.join("gone/further/a.sock")).unwrap_err();
    assert_eq!(broken.at, base.join("gone"));
}

#[test]
fn a_path_may_be_longer_than_the_kernel_takes_at_once() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::create_dir(base.join("d")).unwrap();
    let way = "d/../".repeat(1000) + "d";
    assert_eq!(kind(&base.join(way)), Kind::Directory);
}

#[test]
fn a_link_of_proc_leads_where_the_kernel_says() {
    // As text this link reads "/", whichever root it stands for.
    let way = Path::new("/proc/self/root/proc/self/cwd/Cargo.toml");
    assert_eq!(kind(way), Kind::Regular);
}

/// Others make directories above the test's own meanwhile.
fn but_for_links_above(way: &crate::model::Way, top: &Path) -> crate::model::Way {
    let mut way = way.clone();
    let mut above = way.directories.iter_mut();
    while let Some(directory) = above.find(|it| !it.node.path.starts_with(top)) {
        std::sync::Arc::make_mut(&mut directory.node).links = 0;
    }
    way
}

/// What they have in common is gone once, and each of them comes out as if gone alone.
#[test]
fn ways_that_share_their_beginning_are_as_if_gone_alone() {
    let place = tempfile::tempdir().unwrap();
    let top = place.path().canonicalize().unwrap();
    let deep = (0..100).fold(top.join("deep"), |path, _| path.join("d"));
    for directory in [top.join("a/b/c"), top.join("a-b"), deep.clone()] {
        std::fs::create_dir_all(directory).unwrap();
    }
    std::os::unix::fs::symlink("../a/b", top.join("a-b/link")).unwrap();
    std::os::unix::fs::symlink(&top, top.join("a/b/back")).unwrap();
    let names = [
        "a/b/c",
        "a/b",
        "a/b",
        "a",
        "a-b",
        "a-b/link/c",
        "a-b/link",
        "a/b/back/a/b/c",
    ];
    let mut all: Vec<PathBuf> = names.iter().map(|name| top.join(name)).collect();
    all.extend([deep.clone(), top.clone(), deep.parent().unwrap().to_owned()]);
    // Bound from inside, for some paths are too long.
    for directory in &all {
        let inside = std::fs::File::open(directory).unwrap();
        let path = format!(
            "/proc/self/fd/{}/s",
            std::os::fd::AsRawFd::as_raw_fd(&inside)
        );
        drop(std::os::unix::net::UnixListener::bind(path));
    }
    let mut ways = Ways::new(Gaze::Everybody);
    for directory in all.iter().chain(all.iter().rev()) {
        let alone = trace(&directory.join("s"), None).unwrap();
        let same = |way| but_for_links_above(way, &top) == but_for_links_above(&alone.way, &top);
        let way = ways.to(directory).unwrap();
        assert!(same(&way), "{:?} {:?}", way, alone.way);
        let missing = ways.to(&directory.join("not-there")).unwrap_err();
        assert!(missing.is_gone(), "{missing}");
        let way = ways.to(directory).unwrap();
        assert!(same(&way), "after a failure: {way:?}");
    }
    let long = (0..2100).fold(top.clone(), |path, _| path.join("d"));
    assert_eq!(ways.to(&long).unwrap_err(), Untold::TooLong);
}
