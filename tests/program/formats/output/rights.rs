//! `-o FILE` by root, where others can put something in its way.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{explain, names, place};
use crate::formats::world;
use crate::support::{NOBODY, World, chmod, skipped_without_root};

/// A directory like /tmp, in which nobody waits for root.
fn sticky(world: &World) -> PathBuf {
    let path = world.root().join("tmp");
    fs::create_dir(&path).expect("tmp/");
    chmod(&path, 0o1777);
    path
}

#[test]
fn nobody_leads_root_elsewhere() {
    if skipped_without_root("nobody_leads_root_elsewhere") {
        return;
    }
    let world = world();
    let (place, tmp) = (place(&world), sticky(&world));
    let target = place.join("passwd");
    fs::write(&target, "old").expect("a file");
    let give = |path: &Path| {
        std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).expect("lchown");
    };
    let (file, directory) = (tmp.join("report"), tmp.join("dir"));
    symlink(&target, &file).expect("a link");
    symlink(&place, &directory).expect("a link");
    give(&file);
    give(&directory);
    explain(&file)
        .run()
        .code(2)
        .stderr_has("a link that belongs to somebody else");
    let done = explain(&directory.join("passwd")).run();
    assert_ne!(done.status.code(), Some(0), "{}", done.shown());
    assert_eq!(fs::read(&target).expect("the file"), b"old");
    assert_eq!(names(&place), ["passwd"]);
    // A FIFO that somebody put there would get to read it all.
    let fifo = tmp.join("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    give(&fifo);
    explain(&fifo).run().code(2).stderr_has("somebody else");
}

#[test]
fn what_belongs_to_others_passes_no_mode_on() {
    if skipped_without_root("what_belongs_to_others_passes_no_mode_on") {
        return;
    }
    let world = world();
    let tmp = sticky(&world);
    let file = tmp.join("report");
    fs::write(&file, "theirs").expect("a file");
    std::os::unix::fs::chown(&file, Some(NOBODY), Some(NOBODY)).expect("chown");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("chmod");
    explain(&file).run().code(0);
    let found = fs::metadata(&file).expect("the file");
    assert_eq!((found.uid(), found.gid(), found.mode() & 0o022), (0, 0, 0));
    assert_eq!(names(&tmp), ["report"]);
}

#[test]
fn a_file_keeps_its_group() {
    if skipped_without_root("a_file_keeps_its_group") {
        return;
    }
    let world = world();
    let file = place(&world).join("report");
    fs::write(&file, "old").expect("a file");
    std::os::unix::fs::chown(&file, None, Some(4)).expect("chown");
    chmod(&file, 0o640);
    explain(&file).run().code(0);
    let found = fs::metadata(&file).expect("the file");
    assert_eq!((found.gid(), found.mode() & 0o777), (4, 0o640));
}
