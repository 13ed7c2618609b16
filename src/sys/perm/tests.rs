// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::os::unix::net::UnixListener;
use std::path::Path;

use super::*;
use crate::model::Inode;

fn socket(place: &Path) -> (UnixListener, Pinned) {
    let path = place.join("a.sock");
    let listener = UnixListener::bind(&path).unwrap();
    (listener, crate::sys::way::reach(&path).unwrap().pinned)
}

fn mode(bits: u32) -> Mode {
    Mode::from_st_mode(bits)
}

#[test]
fn both_ways_set_every_bit() {
    let place = tempfile::tempdir().unwrap();
    let (_listener, pinned) = socket(place.path());
    for bits in [0o0, 0o660, 0o7777, 0o1602] {
        chmod(&pinned, mode(bits)).unwrap();
        assert_eq!(pinned.facts().unwrap().mode, mode(bits));
        chmod_through_proc(&pinned, mode(bits ^ 0o7777)).unwrap();
        assert_eq!(pinned.facts().unwrap().mode, mode(bits ^ 0o7777));
    }
}

#[test]
fn it_is_the_inode_and_not_the_path() {
    let place = tempfile::tempdir().unwrap();
    let (_listener, pinned) = socket(place.path());
    let path = place.path().join("a.sock");
    std::fs::rename(&path, place.path().join("b.sock")).unwrap();
    let _other = UnixListener::bind(&path).unwrap();
    let other = crate::sys::way::reach(&path).unwrap().pinned;
    let before: (Inode, Mode) = (other.facts().unwrap().inode, other.facts().unwrap().mode);
    chmod(&pinned, mode(0o123)).unwrap();
    chmod_through_proc(&pinned, mode(0o321)).unwrap();
    let after = other.facts().unwrap();
    assert_eq!((after.inode, after.mode), before);
    assert_eq!(pinned.facts().unwrap().mode, mode(0o321));
}

#[test]
fn what_is_not_named_is_kept() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: what_is_not_named_is_kept: needs root");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let (_listener, pinned) = socket(place.path());
    let owner = || {
        let facts = pinned.facts().unwrap();
        (facts.uid.map(Uid::as_raw), facts.gid.map(Gid::as_raw))
    };
    chown(&pinned, Uid::new(7), Gid::new(8)).unwrap();
    assert_eq!(owner(), (Some(7), Some(8)));
    chown(&pinned, None, Gid::new(9)).unwrap();
    assert_eq!(owner(), (Some(7), Some(9)));
    chown(&pinned, Uid::new(10), None).unwrap();
    assert_eq!(owner(), (Some(10), Some(9)));
    chown(&pinned, None, None).unwrap();
    assert_eq!(owner(), (Some(10), Some(9)));
}

#[test]
fn names_are_counted_and_flags_are_read() {
    let place = tempfile::tempdir().unwrap();
    let (_listener, pinned) = socket(place.path());
    assert_eq!(links(&pinned), Ok(1));
    std::fs::hard_link(place.path().join("a.sock"), place.path().join("b")).unwrap();
    assert_eq!(links(&pinned), Ok(2));
    assert!(!is_frozen(&pinned));
}
