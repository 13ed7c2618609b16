//! Under which name the kernel lists what was made.

use std::ffi::CString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;
use sockctl::sys::diag::{Name, dump};

use crate::support::{
    Held, NOBODY, create, give, hold, lets_in, names, place, skipped_without_root,
};

/// Under which name the kernel lists the listener of that file.
fn listed(path: &Path) -> Vec<u8> {
    let file = fs::symlink_metadata(path).expect("it is there");
    let low = u32::try_from(file.ino() & u64::from(u32::MAX)).expect("32 bits");
    let rows = dump().expect("the kernel's list").rows;
    let row = rows
        .into_iter()
        .find(|row| row.vfs == Some((file.dev(), low)));
    match row.expect("it is listed").name {
        Some(Name::Path(path)) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn in_a_directory_of_somebody_else_it_is_listed_by_its_path() {
    if skipped_without_root("in_a_directory_of_somebody_else_it_is_listed_by_its_path") {
        return;
    }
    let place = place();
    let theirs = place.path().join("theirs");
    fs::create_dir_all(theirs.join("deeper")).expect("mkdir");
    for directory in [&theirs, &theirs.join("deeper")] {
        give(directory, NOBODY);
    }
    // They can swap the socket, but not the way to it.
    let path = theirs.join("s");
    let _held = hold(&path);
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
    // Here they can swap a directory while bind(2) looks it up: so it is not looked up.
    let path = theirs.join("deeper/s");
    let _held = hold(&path);
    assert_eq!(listed(&path), b"s");
    assert!(lets_in(&path, rustix::net::SocketType::STREAM));
}

#[test]
fn however_it_is_named_the_kernel_lists_the_absolute_path() {
    let place = place();
    fs::create_dir(place.path().join("d")).expect("mkdir");
    let mut command = create(Path::new("d/s"), &["--hold"]);
    command.current_dir(place.path());
    let _held = Held::start(command).expect("it holds");
    let path = place.path().join("d/s");
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
    symlink("d", place.path().join("link")).expect("symlink");
    let path = place.path().join("link/t");
    let _other = hold(&path);
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
}

#[test]
fn paths_with_no_room_in_an_address() {
    let place = place();
    let mut deep = place.path().to_owned();
    for _ in 0..15 {
        deep.push("d".repeat(250));
    }
    fs::create_dir_all(&deep).expect("mkdir");
    let path = deep.join("s");
    let mut command = create(&path, &["--hold"]);
    command.stderr(Stdio::piped());
    let mut held = Held::start(command).expect("it holds");
    assert_eq!(listed(&path), b"s");
    held.signal(Signal::TERM);
    assert_eq!(held.wait(), Some(0));
    let mut said = String::new();
    let mut stderr = held.child.stderr.take().expect("its diagnostics");
    stderr.read_to_string(&mut said).expect("text");
    assert!(said.contains("by its name alone"), "{said}");
    assert!(names(&deep).is_empty());
    // The real path has room where the one that was typed has none.
    let link = place.path().join("l".repeat(120));
    symlink(place.path(), &link).expect("symlink");
    let _held = hold(&link.join("s"));
    let path = fs::canonicalize(place.path())
        .expect("a real path")
        .join("s");
    assert_eq!(listed(&path), path.to_str().expect("text").as_bytes());
}

#[test]
fn names_are_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let place = place();
    for name in [b"a\nb\xff".as_slice(), b"--help", b"@x", b" "] {
        let path = place.path().join(std::ffi::OsStr::from_bytes(name));
        let mut held = hold(&path);
        assert_eq!(listed(&path), path.as_os_str().as_bytes());
        assert!(CString::new(name).is_ok());
        held.signal(Signal::TERM);
        assert_eq!(held.wait(), Some(0));
    }
    assert!(names(place.path()).is_empty());
}
