// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use super::*;
use crate::model::Mode;

fn entry(tag: u16, bits: u16, id: u32) -> Vec<u8> {
    [
        &tag.to_le_bytes()[..],
        &bits.to_le_bytes(),
        &id.to_le_bytes(),
    ]
    .concat()
}

fn value(entries: &[Vec<u8>]) -> Vec<u8> {
    [&VERSION.to_le_bytes()[..], &entries.concat()].concat()
}

#[test]
fn what_is_no_acl_is_refused() {
    let plain = value(&[
        entry(1, 6, u32::MAX),
        entry(4, 4, u32::MAX),
        entry(0x20, 0, u32::MAX),
    ]);
    assert!(parse(&plain).unwrap().is_plain());
    let with = |more: &[Vec<u8>]| parse(&[plain.clone(), more.concat()].concat()).unwrap_err();
    assert_eq!(parse(&[]), Err(BadAcl::Length(0)));
    assert_eq!(parse(&[1, 0, 0, 0]), Err(BadAcl::Version(1)));
    assert_eq!(parse(&plain[..27]), Err(BadAcl::Length(27)));
    assert_eq!(with(&[entry(0x40, 6, 0)]), BadAcl::Tag(0x40));
    assert_eq!(with(&[entry(2, 6, u32::MAX)]), BadAcl::Nobody);
    assert_eq!(with(&[entry(2, 8, 5)]), BadAcl::Bits(8));
    assert_eq!(with(&[entry(1, 6, 0)]), BadAcl::Twice("owner"));
    let mask = || entry(0x10, 6, u32::MAX);
    assert_eq!(with(&[mask(), mask()]), BadAcl::Twice("mask"));
    let user = || entry(2, 6, 5);
    let group = || entry(8, 6, 5);
    assert!(matches!(with(&[user()]), BadAcl::Missing(what) if what.contains("mask")));
    assert!(matches!(parse(&value(&[])), Err(BadAcl::Missing(_))));
    let bounded = [user(), group(), mask()].concat();
    let acl = parse(&[plain.clone(), bounded].concat()).unwrap();
    assert_eq!((acl.group, acl.mask), (4, Some(6)));
}

fn set(entries: &str, path: &Path) -> bool {
    let mut setfacl = Command::new("setfacl");
    let done = setfacl.args(["-m", entries]).arg(path).status();
    done.is_ok_and(|status| status.success())
}

#[test]
fn a_directory_says_by_its_own_entry_what_it_says_through_proc() {
    let place = tempfile::tempdir().unwrap();
    let pinned = Pinned::open(place.path()).unwrap();
    let both = || {
        let mut reader = Reader::default();
        let by_entry = reader.look_at_dot(pinned.as_fd());
        let of = |found| match found {
            Ok(Found::More(acl)) => Some(acl),
            Ok(Found::Plain | Found::Unkept) => None,
            Err(why) => panic!("{why}"),
        };
        (of(by_entry), of(reader.look(&pinned)))
    };
    assert_eq!(both(), (None, None));
    // The second is longer than what is offered at first.
    let many: Vec<String> = (0..60).map(|id| format!("u:{}:x", 1000 + id)).collect();
    for (entries, count) in [("u:77:rx,g:78:r", 1), (&many.join(","), 61)] {
        if !set(entries, place.path()) {
            let name = "a_directory_says_by_its_own_entry_what_it_says_through_proc";
            println!("skipped: {name}: needs setfacl and ACLs");
            return;
        }
        let (by_entry, through_proc) = both();
        assert_eq!(by_entry.as_ref().map(|acl| acl.users.len()), Some(count));
        assert_eq!(by_entry, through_proc);
    }
}

#[test]
fn entries_are_read_and_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let pinned = crate::sys::way::reach(&path).unwrap().pinned;
    assert_eq!(read(&pinned), Ok(None));
    perm::chmod(&pinned, Mode::from_st_mode(0o600)).unwrap();
    if !set("u:77:rw,g:78:r,g::r", &path) {
        println!("skipped: entries_are_read_and_removed: needs setfacl and ACLs");
        return;
    }
    let acl = read(&pinned).unwrap().unwrap();
    assert_eq!(acl.users, [(Uid::new(77).unwrap(), 6)]);
    assert_eq!(acl.groups, [(Gid::new(78).unwrap(), 4)]);
    assert_eq!((acl.group, acl.mask), (4, Some(6)));
    assert_eq!(acl.effective_group(), 4);
    // Many entries need more room than is offered at first.
    for id in 0..40 {
        let entry = format!("u:{}:w", 1000 + id);
        let set = Command::new("setfacl")
            .args(["-m", &entry])
            .arg(&path)
            .status();
        assert!(set.unwrap().success());
    }
    assert_eq!(read(&pinned).unwrap().unwrap().users.len(), 41);
    remove(&pinned).unwrap();
    assert_eq!(read(&pinned), Ok(None));
    remove(&pinned).unwrap();
    assert_eq!(pinned.facts().unwrap().mode, Mode::from_st_mode(0o660));
}
