// Fixtures of directories; what is skipped is said.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;

use super::*;

fn own() -> Uid {
    Uid::new(rustix::process::geteuid().as_raw()).unwrap()
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(place.path(), mode).unwrap();
    place
}

fn names(place: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(place).unwrap();
    names.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn it_is_there_for_its_user_alone_and_gone_afterwards() {
    let place = place();
    let places = [place.path().to_owned()];
    let mailbox = Mailbox::new(&places, own(), Speakers::Only(own())).unwrap();
    let path = PathBuf::from(mailbox.address());
    let file = path.symlink_metadata().unwrap();
    assert_eq!(file.mode() & 0o7777, 0o600);
    assert_eq!(file.uid(), own().as_raw());
    let directory = path.parent().unwrap().symlink_metadata().unwrap();
    assert_eq!(directory.mode() & 0o7777, 0o711);
    let client = UnixDatagram::unbound().unwrap();
    client.send_to(b"READY=1", &path).unwrap();
    let mut room = [0; 16];
    let datagram = mailbox.receiver().receive(&mut room).unwrap().unwrap();
    assert_eq!(&room[..datagram.length], b"READY=1");
    drop(mailbox);
    assert!(names(place.path()).is_empty());
}

#[test]
fn it_belongs_to_the_user_that_speaks() {
    if !own().is_root() {
        println!("skipped: it_belongs_to_the_user_that_speaks: needs root");
        return;
    }
    let place = place();
    let places = [place.path().to_owned()];
    let nobody = Uid::new(65_534).unwrap();
    let mailbox = Mailbox::new(&places, own(), Speakers::Only(nobody)).unwrap();
    let file = Path::new(mailbox.address()).symlink_metadata().unwrap();
    assert_eq!((file.mode() & 0o777, file.uid()), (0o600, 65_534));
    assert!(mailbox.may_be_of(Some(nobody)) && mailbox.may_be_of(Some(Uid::ROOT)));
    assert!(!mailbox.may_be_of(Uid::new(1)) && !mailbox.may_be_of(None));
    let open = Mailbox::new(&places, own(), Speakers::Anybody).unwrap();
    let file = Path::new(open.address()).symlink_metadata().unwrap();
    assert_eq!((file.mode() & 0o777, file.uid()), (0o666, 0));
    assert!(open.may_be_of(Uid::new(1)));
}

#[test]
fn what_was_left_behind_is_removed_and_what_lives_is_not() {
    let place = place();
    let places = [place.path().to_owned()];
    let make = || Mailbox::new(&places, own(), Speakers::Only(own())).unwrap();
    let left = place.path().join(".notify.sockctl-0123abcd");
    std::fs::create_dir(&left).unwrap();
    drop(UnixDatagram::bind(left.join("s")).unwrap());
    let first = make();
    assert!(!left.exists());
    let second = make();
    for mailbox in [&first, &second] {
        assert!(Path::new(mailbox.address()).exists());
    }
    assert_eq!(names(place.path()).len(), 2);
}

#[test]
fn a_place_where_it_cannot_be_is_passed_over() {
    let place = place();
    let long = place.path().join("x".repeat(60));
    std::fs::create_dir(&long).unwrap();
    let open = place.path().join("open");
    std::fs::create_dir(&open).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
    let good = place.path().join("good");
    std::fs::create_dir(&good).unwrap();
    let bad = [place.path().join("missing"), long, open];
    let all = [bad.as_slice(), std::slice::from_ref(&good)].concat();
    let mailbox = Mailbox::new(&all, own(), Speakers::Only(own())).unwrap();
    assert!(Path::new(mailbox.address()).starts_with(good));
    let mailbox = Mailbox::new(&bad, own(), Speakers::Only(own())).unwrap();
    let address = mailbox.address().as_bytes();
    assert!(address.starts_with(b"@sockctl/notify/"), "{address:?}");
}

#[test]
fn which_directories_will_do() {
    let user = Uid::new(7).unwrap();
    let facts = |uid: u32, mode: u32| {
        let place = tempfile::tempdir().unwrap();
        Facts {
            uid: Uid::new(uid),
            mode: Mode::from_st_mode(mode),
            ..Dir::open(place.path()).unwrap().facts().unwrap()
        }
    };
    let will = |uid, mode, own, speaker| will_do(facts(uid, mode), own, Speakers::Only(speaker));
    // /run, /tmp, and a runtime directory, by root for a user.
    assert!(will(0, 0o755, Uid::ROOT, user));
    assert!(will(0, 0o1777, Uid::ROOT, user));
    assert!(!will(7, 0o755, Uid::ROOT, user), "we could not remove it");
    assert!(
        !will(0, 0o700, Uid::ROOT, user),
        "the user does not get there"
    );
    // By the user itself.
    assert!(!will(0, 0o755, user, user));
    assert!(will(7, 0o700, user, user) && will(0, 0o1777, user, user));
    // Where somebody else could swap it.
    assert!(!will(0, 0o775, Uid::ROOT, user) && !will(0, 0o777, Uid::ROOT, user));
    assert!(!will(5, 0o1777, Uid::ROOT, user));
}

#[test]
fn places_come_from_the_environment() {
    let none = places(|_| None);
    assert_eq!(none, ["/run", "/dev/shm", "/tmp"].map(PathBuf::from));
    let some = places(|name| match name {
        "RUNTIME_DIRECTORY" => Some(OsStr::new("/run/a:/run/b")),
        "XDG_RUNTIME_DIR" => Some(OsStr::new("relative")),
        _ => None,
    });
    let expected = ["/run", "/run/a", "/dev/shm", "/tmp"];
    assert_eq!(some, expected.map(PathBuf::from));
}
