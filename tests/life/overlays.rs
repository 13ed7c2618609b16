//! What is live in an overlay looks dead in the directories that the overlay is made of.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use super::clean::clean;
use crate::support::{Held, NOBODY, give, inode, place, run, skipped_without_root};

/// As a container that needs no root: its layers are its user's, and so are the sockets in them.
fn one_of_another_user(test: &str, layers: &str) {
    if skipped_without_root(test) {
        return;
    }
    let place = place();
    let theirs = place.path().join("theirs");
    fs::create_dir(&theirs).expect("mkdir");
    give(&theirs, NOBODY);
    let copy = place.path().join("sockctl");
    fs::copy(crate::support::program(), &copy).expect("a copy that they can reach");
    let script = format!(
        r#"cd "$1"; mkdir lower upper work merged
        mount -t overlay overlay -o "{layers}" merged
        exec "$2" create --hold "$1/merged/s""#
    );
    let mut server = Command::new("unshare");
    server.args(["--user", "--map-root-user", "--mount"]);
    server.args(["sh", "-ec", &script, "sh"]);
    server.arg(&theirs).arg(&copy).uid(NOBODY).gid(NOBODY);
    let Some(_server) = Held::start(server) else {
        println!("skipped: {test}: they may not mount overlays here");
        return;
    };
    let path = theirs.join("upper/s");
    run(clean(&path)).exits(1).says("a layer of an overlay");
    assert!(inode(&path).is_some());
}

#[test]
fn what_is_live_in_an_overlay_of_another_user_is_left() {
    let test = "what_is_live_in_an_overlay_of_another_user_is_left";
    one_of_another_user(test, "lowerdir=lower,upperdir=$1/upper,workdir=work");
}

#[test]
fn what_is_live_in_an_overlay_of_relative_layers_is_left() {
    let test = "what_is_live_in_an_overlay_of_relative_layers_is_left";
    one_of_another_user(test, "lowerdir=lower,upperdir=upper,workdir=work");
}

/// An overlay of root's in a mount namespace of its own, and a server in it that `runner` starts.
/// With it comes where its file is in the upper layer.
fn live_in_an_overlay(directory: &Path, runner: &str) -> (Held, std::path::PathBuf) {
    let script = format!(
        r#"cd "$1"; mkdir lower upper work merged
        mount -t tmpfs tmpfs lower
        mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" merged
        exec {runner} "$2" create --hold "$1/merged/s""#
    );
    let mut server = Command::new("unshare");
    server.args(["--mount", "sh", "-ec", &script, "sh"]);
    server.arg(directory).arg(crate::support::program());
    let server = Held::start(server).expect("it holds");
    (server, directory.join("upper/s"))
}

/// A directory of the test's own; `None`: skipped, and said so by name.
fn place_for_overlays(test: &str) -> Option<tempfile::TempDir> {
    if skipped_without_root(test) {
        return None;
    }
    let place = place();
    let probe = place.path().join("probe");
    fs::create_dir(&probe).expect("mkdir");
    if !crate::states::scenes::overlays_can_be_mounted(&probe) {
        println!("skipped: {test}: no overlay can be mounted here");
        return None;
    }
    Some(place)
}

/// Whoever is looked at in a mount namespace may be in a user namespace that is not the owner.
#[test]
fn a_user_namespace_within_a_container_hides_no_overlay() {
    let test = "a_user_namespace_within_a_container_hides_no_overlay";
    let Some(place) = place_for_overlays(test) else {
        return;
    };
    let (_server, path) = live_in_an_overlay(place.path(), "unshare --user");
    run(clean(&path)).exits(1).says("a layer of an overlay");
    assert!(inode(&path).is_some());
}

/// A mount namespace, for as long as this lives.
struct Namespace(std::process::Child);

impl Namespace {
    fn new() -> Namespace {
        let mut child = Command::new("unshare")
            .args(["--mount", "sh", "-c", "echo; exec sleep 600"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("unshare");
        let mut stdout = child.stdout.take().expect("its output");
        std::io::Read::read_exact(&mut stdout, &mut [0]).expect("it is there");
        Namespace(child)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn more_namespaces_than_descriptors_hide_no_overlay() {
    let test = "more_namespaces_than_descriptors_hide_no_overlay";
    let Some(place) = place_for_overlays(test) else {
        return;
    };
    let _many: Vec<Namespace> = (0..40).map(|_| Namespace::new()).collect();
    let (_server, path) = live_in_an_overlay(place.path(), "");
    let clean = clean(&path);
    let mut command = Command::new("prlimit");
    command.args(["--nofile=32:32", "--"]);
    command.arg(clean.get_program()).args(clean.get_args());
    run(command).exits(1).says("a layer of an overlay");
    assert!(inode(&path).is_some());
}
