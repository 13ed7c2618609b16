// Skipped tests say so by name.
#![allow(clippy::print_stdout)]

use std::os::unix::fs::{lchown, symlink};
use std::os::unix::net::UnixListener;

use super::super::Kind;
use super::*;

fn kind(path: &Path) -> Kind {
    Pinned::reach(path).unwrap().pinned.facts().unwrap().kind
}

fn failure(path: &Path) -> String {
    Pinned::reach(path).unwrap_err().to_string()
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
}

#[test]
fn every_directory_and_link_of_the_way_is_handed_over() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::create_dir_all(base.join("real/deep")).unwrap();
    std::fs::write(base.join("real/deep/file"), "").unwrap();
    symlink("real", base.join("link")).unwrap();
    let mut through = Vec::new();
    Pinned::reach_through(&base.join("link/deep/file"), &mut |inode| {
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
    let broken = Pinned::reach(&base.join("gone/further/a.sock")).unwrap_err();
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
fn links_of_others_are_remembered() {
    let place = tempfile::tempdir().unwrap();
    let base = place.path();
    std::fs::create_dir(base.join("d")).unwrap();
    symlink("d", base.join("link")).unwrap();
    std::fs::write(base.join("d/file"), "").unwrap();
    let ours = Pinned::reach(&base.join("link/file")).unwrap();
    assert_eq!(ours.foreign, []);
    if lchown(base.join("link"), Some(65534), None).is_err() {
        println!("skipped: links_of_others_are_remembered: needs root");
        return;
    }
    let theirs = Pinned::reach(&base.join("link/file")).unwrap();
    assert_eq!(theirs.foreign[0].path, base.join("link"));
    assert_eq!(theirs.foreign[0].uid.map(Uid::as_raw), Some(65534));
}

#[test]
fn a_link_of_proc_leads_where_the_kernel_says() {
    // As text this link reads "/", whichever root it stands for.
    let way = Path::new("/proc/self/root/proc/self/cwd/Cargo.toml");
    assert_eq!(kind(way), Kind::Regular);
}
