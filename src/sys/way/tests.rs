// Skipped tests say so by name, and nobody swaps what they make.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::os::unix::fs::{PermissionsExt, symlink};

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
    assert!(matches!(error, NoWay::Failed { failure, .. } if failure.is_not_a_directory()));
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
fn links_of_others_are_not_followed() {
    if !is_root("links_of_others_are_not_followed") {
        return;
    }
    let place = place();
    let link = place.path().join("link");
    symlink("/etc", &link).unwrap();
    to(&link).unwrap();
    give(&link, 65534);
    let error = to(&link).unwrap_err();
    assert_eq!(
        error,
        NoWay::ForeignLink {
            at: link,
            uid: 65534
        }
    );
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
