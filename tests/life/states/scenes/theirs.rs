//! As somebody sees it who has no right but what the modes give to all.

use std::fs;
use std::path::Path;

use super::{Scene, s, scene, stream};
use crate::support::{NOBODY, chmod, give};

fn listener_of(directory: &Path, mode: u32) -> Scene {
    let listener = stream(&s(directory));
    chmod(&s(directory), mode);
    scene(s(directory), listener)
}

fn left_of(directory: &Path, mode: u32) -> Scene {
    drop(listener_of(directory, mode));
    scene(s(directory), ())
}

pub(crate) fn open_to_all(directory: &Path) -> Scene {
    listener_of(directory, 0o666)
}

pub(crate) fn writable_and_no_more(directory: &Path) -> Scene {
    listener_of(directory, 0o222)
}

pub(crate) fn not_writable(directory: &Path) -> Scene {
    listener_of(directory, 0o755)
}

pub(crate) fn in_a_closed_directory(directory: &Path) -> Scene {
    let closed = directory.join("closed");
    fs::create_dir(&closed).expect("mkdir");
    let scene = listener_of(&closed, 0o666);
    chmod(&closed, 0o700);
    scene
}

pub(crate) fn left_open_to_all(directory: &Path) -> Scene {
    left_of(directory, 0o666)
}

pub(crate) fn left_not_writable(directory: &Path) -> Scene {
    left_of(directory, 0o755)
}

pub(crate) fn left_in_a_directory_of_theirs(directory: &Path) -> Scene {
    give(directory, NOBODY);
    left_of(directory, 0o666)
}
