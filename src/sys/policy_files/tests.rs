// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

use super::*;

const NOBODY: u32 = 65_534;

fn read_trusted(path: &Path, trust: &Trust) -> Result<(String, PathBuf), ReadProblem> {
    super::read_trusted(path, trust, LARGEST)
}

fn set_mode(path: &Path, mode: u32) {
    #[allow(clippy::disallowed_methods)] // a fixture, not a socket
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A directory of root's under root's sticky /tmp, with a policy in it.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.yaml"), "version: 1\n").unwrap();
        set_mode(&dir.path().join("a.yaml"), 0o644);
        Place { dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("a.yaml")
    }

    /// Who is to blame: the last component of the place, and why.
    fn verdict(&self, trust: &Trust) -> Result<(), (PathBuf, String)> {
        match read_trusted(&self.file(), trust) {
            Ok(_) => Ok(()),
            Err(ReadProblem::Untrusted { path, why }) => Err((path, why)),
            Err(other) => panic!("{other}"),
        }
    }
}

fn root_only(test: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("skipped: {test}: needs root");
    }
    root
}

#[test]
fn what_is_read_and_where_it_really_is() {
    let place = Place::new();
    let link = place.dir.path().join("link.yaml");
    symlink("a.yaml", &link).unwrap();
    let (text, real) = read_trusted(&link, &Trust::anything()).unwrap();
    assert_eq!(text, "version: 1\n");
    assert_eq!(real, fs::canonicalize(place.file()).unwrap());
}

#[test]
fn only_regular_files_of_a_bounded_size_are_read() {
    let place = Place::new();
    let anything = Trust::anything();
    let at = |name: &str| place.dir.path().join(name);
    let read = |name: &str| read_trusted(&at(name), &anything).unwrap_err();
    assert!(matches!(read("none"), ReadProblem::Missing));
    assert!(matches!(read("."), ReadProblem::NotAFile("a directory")));
    assert!(matches!(read("a.yaml/x"), ReadProblem::Io(_)));

    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), fifo, Mode::RWXU, 0).unwrap();
    assert!(matches!(read("fifo"), ReadProblem::NotAFile("a FIFO")));
    let _listener = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    assert!(matches!(read("socket"), ReadProblem::NotAFile(_)));
    let zero = read_trusted(Path::new("/dev/zero"), &anything).unwrap_err();
    assert!(matches!(zero, ReadProblem::NotAFile(_)));

    let largest = usize::try_from(LARGEST).unwrap();
    fs::write(at("full"), vec![b' '; largest]).unwrap();
    assert_eq!(
        read_trusted(&at("full"), &anything).unwrap().0.len(),
        largest
    );
    fs::write(at("over"), vec![b' '; largest + 1]).unwrap();
    assert!(matches!(read("over"), ReadProblem::TooLarge(LARGEST)));
    fs::write(at("bytes"), b"ok\xff").unwrap();
    assert!(matches!(read("bytes"), ReadProblem::NotUtf8(2)));
}

#[test]
fn a_directory_lists_its_policies_by_name() {
    let place = Place::new();
    for name in ["b.yaml", ".hidden.yaml", "c.yml", "10.yaml", "yaml"] {
        fs::write(place.dir.path().join(name), "").unwrap();
    }
    let listed = list_yaml(place.dir.path(), &Trust::anything())
        .unwrap()
        .unwrap();
    let expected = ["10.yaml", "a.yaml", "b.yaml"].map(|name| place.dir.path().join(name));
    assert_eq!(listed, expected);
    let none = list_yaml(&place.dir.path().join("none"), &Trust::anything());
    assert_eq!(none.unwrap(), None);
    let file = list_yaml(&place.file(), &Trust::anything());
    assert_eq!(file.unwrap(), None);
}

#[test]
fn root_believes_what_only_root_can_write() {
    if !root_only("root_believes_what_only_root_can_write") {
        return;
    }
    let place = Place::new();
    let root = Trust::root_for(None, None);
    assert_eq!(place.verdict(&root), Ok(()));
    // The group of root may write, whoever else has root's group.
    set_mode(&place.file(), 0o664);
    assert_eq!(place.verdict(&root), Ok(()));

    let blame = |path: &Path, why: &str| Err((path.to_owned(), why.to_owned()));
    set_mode(&place.file(), 0o666);
    let everyone = "everyone can write to it";
    assert_eq!(place.verdict(&root), blame(&place.file(), everyone));
    set_mode(&place.file(), 0o664);
    chown(place.file(), None, Some(NOBODY)).unwrap();
    let group = "group 65534 can write to it";
    assert_eq!(place.verdict(&root), blame(&place.file(), group));
    chown(place.file(), Some(NOBODY), Some(0)).unwrap();
    let owner = "user 65534 owns it";
    assert_eq!(place.verdict(&root), blame(&place.file(), owner));
    assert!(read_trusted(&place.file(), &Trust::anything()).is_ok());
    chown(place.file(), Some(0), Some(0)).unwrap();

    set_mode(place.dir.path(), 0o777);
    assert_eq!(place.verdict(&root), blame(place.dir.path(), everyone));
    let listed = list_yaml(place.dir.path(), &root).unwrap_err();
    assert!(matches!(listed, ReadProblem::Untrusted { path, .. } if path == place.dir.path()));
    set_mode(place.dir.path(), 0o1777);
    assert_eq!(place.verdict(&root), Ok(()));
    // Anybody can add a policy there.
    let listed = list_yaml(place.dir.path(), &root).unwrap_err();
    assert!(matches!(listed, ReadProblem::Untrusted { path, .. } if path == place.dir.path()));
    set_mode(place.dir.path(), 0o1755);
    assert!(list_yaml(place.dir.path(), &root).is_ok());
    chown(place.dir.path(), Some(NOBODY), None).unwrap();
    assert_eq!(place.verdict(&root), blame(place.dir.path(), owner));
}

#[test]
fn the_way_is_judged_where_the_file_really_is() {
    if !root_only("the_way_is_judged_where_the_file_really_is") {
        return;
    }
    let (real, other) = (Place::new(), Place::new());
    let link = other.dir.path().join("link.yaml");
    symlink(real.file(), &link).unwrap();
    let root = Trust::root_for(None, None);
    assert!(read_trusted(&link, &root).is_ok());
    // Whose link it is can choose another policy.
    rustix::fs::chownat(
        CWD,
        &link,
        Some(rustix::fs::Uid::from_raw(NOBODY)),
        None,
        AtFlags::SYMLINK_NOFOLLOW,
    )
    .unwrap();
    let refused = read_trusted(&link, &root).unwrap_err();
    assert!(matches!(refused, ReadProblem::Untrusted { path, .. } if path == link));
    let theirs = Trust::root_for(Some(NOBODY), None);
    assert!(read_trusted(&link, &theirs).is_ok(), "who called sudo");
    let below = other.dir.path().join("below");
    symlink(real.dir.path(), &below).unwrap();
    assert!(read_trusted(&below.join("a.yaml"), &root).is_ok());
    chown(other.dir.path(), Some(NOBODY), None).unwrap();
    let refused = read_trusted(&below.join("a.yaml"), &root).unwrap_err();
    assert!(matches!(refused, ReadProblem::Untrusted { .. }));
    chown(real.dir.path(), Some(NOBODY), None).unwrap();
    let refused = read_trusted(&link, &root).unwrap_err();
    assert!(matches!(refused, ReadProblem::Untrusted { path, .. } if path == real.dir.path()));
}

#[test]
fn under_sudo_the_caller_and_their_private_group_are_believed() {
    if !root_only("under_sudo_the_caller_and_their_private_group_are_believed") {
        return;
    }
    let place = Place::new();
    chown(place.file(), Some(NOBODY), Some(NOBODY)).unwrap();
    let alone = Trust::root_for(Some(NOBODY), None);
    assert_eq!(place.verdict(&alone), Ok(()));
    set_mode(&place.file(), 0o664);
    assert!(place.verdict(&alone).is_err());
    let private = Trust::root_for(Some(NOBODY), Some(NOBODY));
    assert_eq!(place.verdict(&private), Ok(()));
    assert!(place.verdict(&Trust::root_for(Some(1), None)).is_err());
}

#[test]
fn the_environment_of_sudo_is_read_exactly() {
    let of = Trust::root_with_environment;
    assert_eq!(of("65534", "x"), Trust::root_for(Some(NOBODY), None));
    for odd in ["", "-1", "4294967295", " 7", "07", "+7", "root"] {
        assert_eq!(of(odd, "0"), Trust::root_for(None, None), "{odd:?}");
    }
    // The group `daemon` is that of the user `daemon`; `users` is nobody's own.
    assert_eq!(of("1", "1"), Trust::root_for(Some(1), Some(1)));
    assert_eq!(of("1", "100"), Trust::root_for(Some(1), None));
}

#[test]
fn an_acl_that_lets_others_write_is_seen() {
    let test = "an_acl_that_lets_others_write_is_seen";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    // Version 2; then tag, permissions and id of each entry, as linux/posix_acl_xattr.h has them.
    let acl = |named: u16, mask: u16| {
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        let none = u32::MAX;
        let entries = [
            (1, 6, none),
            (2, named, NOBODY),
            (4, 4, none),
            (0x10, mask, none),
            (0x20, 4, none),
        ];
        for (tag, permissions, id) in entries {
            bytes.extend(u16::to_le_bytes(tag));
            bytes.extend(u16::to_le_bytes(permissions));
            bytes.extend(u32::to_le_bytes(id));
        }
        bytes
    };
    let set = |value: &[u8]| {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::setxattr(place.file(), "system.posix_acl_access", value, flags)
    };
    if let Err(Errno::OPNOTSUPP) = set(&acl(6, 6)) {
        println!("skipped: {test}: the file system has no ACLs");
        return;
    }
    let root = Trust::root_for(None, None);
    assert!(place.verdict(&root).unwrap_err().1.contains("ACL"));
    set(&acl(6, 4)).unwrap();
    assert_eq!(place.verdict(&root), Ok(()));
}

#[test]
fn on_a_read_only_mount_it_does_not_matter_whose_it_is() {
    let test = "on_a_read_only_mount_it_does_not_matter_whose_it_is";
    if !root_only(test) {
        return;
    }
    let place = Place::new();
    chown(place.file(), Some(NOBODY), None).unwrap();
    let at = place.dir.path().join("mnt");
    fs::create_dir(&at).unwrap();
    let bind = Command::new("mount")
        .arg("--bind")
        .args([place.dir.path(), &at])
        .status();
    if !bind.is_ok_and(|status| status.success()) {
        println!("skipped: {test}: cannot mount");
        return;
    }
    let root = Trust::root_for(None, None);
    let before = read_trusted(&at.join("a.yaml"), &root);
    let remount = Command::new("mount")
        .args(["-o", "remount,bind,ro"])
        .arg(&at)
        .status();
    let after = read_trusted(&at.join("a.yaml"), &root);
    let unmounted = Command::new("umount").arg(&at).status();
    assert!(remount.unwrap().success() && unmounted.unwrap().success());
    assert!(matches!(before, Err(ReadProblem::Untrusted { .. })));
    assert!(after.is_ok());
}

#[test]
fn a_name_is_there_wherever_it_leads() {
    let place = Place::new();
    let at = |name: &str| place.dir.path().join(name);
    symlink("nowhere", at("dead")).unwrap();
    symlink("loop", at("loop")).unwrap();
    for there in [
        "a.yaml",
        "dead",
        "loop",
        "dead/a.yaml",
        "loop/a.yaml",
        "a.yaml/x",
    ] {
        assert!(is_named(&at(there)), "{there}");
    }
    for nothing in ["none", "none/a.yaml", "none/at/all"] {
        assert!(!is_named(&at(nothing)), "{nothing}");
    }
}
