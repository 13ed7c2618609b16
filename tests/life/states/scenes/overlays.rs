//! The same file in an overlay and in the directories that it is made of. Whoever binds a socket in
//! an overlay binds it to an inode of the overlay's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Scene, held_by, scene, stream};

/// Directories for an overlay in the first argument, on a file system of their own: not every one
/// takes an overlay.
const LAYERS: &str = r#"mount -t tmpfs -o mode=0755 tmpfs "$1"
    mkdir "$1/lower" "$1/upper" "$1/work" "$1/merged""#;

/// The overlay of these.
const OVERLAY: &str = r#"mount -t overlay overlay \
    -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/merged""#;

/// Unmounted with its scene.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

/// Runs a script, by `runner`; whether all of it went well.
fn shell(runner: &[&str], script: &str, argument: &Path) -> bool {
    let mut words = runner.iter().copied().chain(["sh", "-ec", script, "sh"]);
    let mut shell = Command::new(words.next().expect("a program"));
    shell.args(words).arg(argument).stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

/// Whether this kernel lets us.
pub(crate) fn overlays_can_be_mounted(on: &Path) -> bool {
    shell(&["unshare", "-m"], &format!("{LAYERS}\n{OVERLAY}"), on)
}

fn layers(directory: &Path) -> (PathBuf, Mounted) {
    let base = directory.join("base");
    fs::create_dir(&base).expect("mkdir");
    assert!(shell(&[], LAYERS, &base), "a file system for layers");
    (base.clone(), Mounted(base))
}

fn overlay(directory: &Path) -> (PathBuf, [Mounted; 2]) {
    let (base, mounted) = layers(directory);
    assert!(shell(&[], OVERLAY, &base), "an overlay");
    let merged = Mounted(base.join("merged"));
    (base, [merged, mounted])
}

pub(crate) fn in_an_overlay(directory: &Path) -> Scene {
    let (base, mounts) = overlay(directory);
    let path = base.join("merged/s");
    scene(path.clone(), (stream(&path), mounts))
}

pub(crate) fn in_the_upper_layer_of_that(directory: &Path) -> Scene {
    let (base, mounts) = overlay(directory);
    let listener = stream(&base.join("merged/s"));
    scene(base.join("upper/s"), (listener, mounts))
}

pub(crate) fn the_same_in_another_mount_namespace(directory: &Path) -> Scene {
    let (base, mounted) = layers(directory);
    let mount = format!("{OVERLAY}\nshift\nexec \"$@\"");
    let base_in_text = base.to_str().expect("text");
    let runner = ["unshare", "-m", "sh", "-ec", &mount, "sh", base_in_text];
    let server = held_by(&runner, &base.join("merged/s"));
    scene(base.join("upper/s"), (server, mounted))
}

pub(crate) fn left_in_an_overlay(directory: &Path) -> Scene {
    let (base, mounts) = overlay(directory);
    let path = base.join("merged/s");
    drop(stream(&path));
    scene(path, mounts)
}

pub(crate) fn left_in_a_lower_layer(directory: &Path) -> Scene {
    let (base, mounts) = overlay(directory);
    let path = base.join("lower/s");
    drop(stream(&path));
    scene(path, mounts)
}
