//! No socket.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use super::left::mknod;
use super::{Scene, s, scene, stream};

pub(crate) fn a_regular_file(directory: &Path) -> Scene {
    fs::write(s(directory), "text").expect("write");
    scene(s(directory), ())
}

pub(crate) fn a_directory(directory: &Path) -> Scene {
    fs::create_dir(s(directory)).expect("mkdir");
    scene(s(directory), ())
}

pub(crate) fn a_fifo(directory: &Path) -> Scene {
    mknod(directory, FileType::Fifo, Mode::RUSR | Mode::WUSR)
}

/// That of /dev/null.
pub(crate) fn a_device(directory: &Path) -> Scene {
    let kind = FileType::CharacterDevice;
    mknodat(CWD, s(directory), kind, Mode::RUSR, makedev(1, 3)).expect("mknod");
    scene(s(directory), ())
}

pub(crate) fn a_link_to_a_listener(directory: &Path) -> Scene {
    symlink("target", s(directory)).expect("symlink");
    scene(s(directory), stream(&directory.join("target")))
}

pub(crate) fn a_link_to_a_stale_file(directory: &Path) -> Scene {
    symlink("target", s(directory)).expect("symlink");
    drop(stream(&directory.join("target")));
    scene(s(directory), ())
}

pub(crate) fn a_link_to_nothing(directory: &Path) -> Scene {
    symlink("target", s(directory)).expect("symlink");
    scene(s(directory), ())
}

pub(crate) fn nothing(directory: &Path) -> Scene {
    scene(s(directory), ())
}

pub(crate) fn no_directory(directory: &Path) -> Scene {
    scene(directory.join("none/s"), ())
}

pub(crate) fn below_a_regular_file(directory: &Path) -> Scene {
    fs::write(s(directory), "text").expect("write");
    scene(s(directory).join("s"), ())
}
