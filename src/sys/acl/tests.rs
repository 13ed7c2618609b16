// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::os::unix::net::UnixListener;
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
    assert_eq!(with(&[user(), user(), mask()]), BadAcl::Twice("user"));
    let group = || entry(8, 6, 5);
    assert_eq!(with(&[group(), group(), mask()]), BadAcl::Twice("group"));
    assert!(matches!(with(&[user()]), BadAcl::Missing(what) if what.contains("mask")));
    assert!(matches!(parse(&value(&[])), Err(BadAcl::Missing(_))));
    let bounded = [user(), group(), mask()].concat();
    let acl = parse(&[plain.clone(), bounded].concat()).unwrap();
    assert_eq!((acl.group, acl.mask), (4, Some(6)));
}

#[test]
fn entries_are_read_and_removed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.sock");
    let _listener = UnixListener::bind(&path).unwrap();
    let pinned = crate::sys::way::reach(&path).unwrap().pinned;
    assert_eq!(read(&pinned), Ok(None));
    perm::chmod(&pinned, Mode::from_st_mode(0o600)).unwrap();
    let set = Command::new("setfacl")
        .args(["-m", "u:77:rw,g:78:r,g::r"])
        .arg(&path)
        .status();
    if !set.is_ok_and(|status| status.success()) {
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
