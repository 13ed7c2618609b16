use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};

use super::*;
use crate::sys::diag::Name;
use crate::sys::silent::{Answer, SilentProbe};

fn mode(octal: &str) -> Mode {
    octal.parse().unwrap()
}

fn name_in_kernel(socket: &OwnSocket) -> Option<Name> {
    let number = rustix::fs::fstat(socket).unwrap().st_ino;
    diag::row(u32::try_from(number).unwrap()).unwrap()?.name
}

#[test]
fn the_mode_is_there_from_the_first_instant() {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    for (index, kind) in SocketType::ALL.into_iter().enumerate() {
        for birth in ["0000", "0400", "0440"] {
            let path = place.path().join(format!("{index}-{birth}"));
            let socket = OwnSocket::new(kind, mode(birth)).unwrap();
            socket.bind(&dir, c"", Under::Path(&path)).unwrap();
            let file = path.symlink_metadata().unwrap();
            assert!(file.file_type().is_socket());
            assert_eq!(
                file.permissions().mode() & 0o7777,
                u32::from(mode(birth).bits())
            );
        }
    }
}

#[test]
fn a_name_that_is_taken_is_not_replaced() {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    let path = place.path().join("taken");
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    for under in [Under::Path(&path), Under::Name] {
        let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
        assert!(socket.bind(&dir, c"taken", under).unwrap_err().is_taken());
    }
    assert!(!place.path().join("nowhere").exists());
}

#[test]
fn a_name_alone_needs_no_path_and_moves_nobody() {
    let place = tempfile::tempdir().unwrap();
    let here = std::env::current_dir().unwrap();
    let mut deep = place.path().to_owned();
    for _ in 0..20 {
        deep.push("a-directory-with-a-name");
    }
    std::fs::create_dir_all(&deep).unwrap();
    let dir = Dir::open(&deep).unwrap();
    let long = "n".repeat(LONGEST);
    let name = std::ffi::CString::new(long.as_str()).unwrap();
    let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    socket.bind(&dir, &name, Under::Name).unwrap();
    let file = deep.join(&long).symlink_metadata().unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(name_in_kernel(&socket), Some(Name::Path(long.into_bytes())));
    assert_eq!(std::env::current_dir().unwrap(), here);
    let longer = std::ffi::CString::new("n".repeat(LONGEST + 1)).unwrap();
    let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    assert!(socket.bind(&dir, &longer, Under::Name).is_err());
}

#[test]
fn a_path_of_108_bytes_is_the_name() {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    let room = LONGEST - place.path().as_os_str().len() - 1;
    let path = place.path().join("n".repeat(room));
    let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    socket.bind(&dir, c"", Under::Path(&path)).unwrap();
    let expected = path.to_str().unwrap().as_bytes().to_vec();
    assert_eq!(name_in_kernel(&socket), Some(Name::Path(expected)));
}

#[test]
fn the_kernel_says_which_inode_it_is() {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    let path = place.path().join("s");
    let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    assert_eq!(socket.is_bound_to(Inode { dev: 1, ino: 1 }), None);
    socket.bind(&dir, c"s", Under::Path(&path)).unwrap();
    let file = path.symlink_metadata().unwrap();
    let own = Inode {
        dev: file.dev(),
        ino: file.ino(),
    };
    assert_eq!(socket.is_bound_to(own), Some(true));
    // Whatever has become of the name.
    std::fs::rename(&path, place.path().join("other")).unwrap();
    let other = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    other.bind(&dir, c"s", Under::Name).unwrap();
    assert_eq!(socket.is_bound_to(own), Some(true));
    let stranger = path.symlink_metadata().unwrap();
    let stranger = Inode {
        dev: stranger.dev(),
        ino: stranger.ino(),
    };
    assert_eq!(socket.is_bound_to(stranger), Some(false));
}

#[test]
fn nobody_gets_in_before_listen_and_all_are_dropped_after_it() {
    let place = tempfile::tempdir().unwrap();
    let dir = Dir::open(place.path()).unwrap();
    let path = place.path().join("s");
    let socket = OwnSocket::new(SocketType::Stream, mode("0600")).unwrap();
    socket.bind(&dir, c"s", Under::Path(&path)).unwrap();
    let refused = std::os::unix::net::UnixStream::connect(&path).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    socket.listen(Backlog::default()).unwrap();
    assert!(!socket.drop_one().unwrap());
    let mut client = std::os::unix::net::UnixStream::connect(&path).unwrap();
    assert!(socket.drop_one().unwrap());
    let mut rest = Vec::new();
    assert_eq!(
        std::io::Read::read_to_end(&mut client, &mut rest).unwrap(),
        0
    );
    let pinned = dir.pin(c"s").unwrap();
    assert_eq!(
        SilentProbe::new().unwrap().test(&pinned),
        Answer::Connectionful
    );
}
