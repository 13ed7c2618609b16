//! All states at once, below one directory.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use tempfile::TempDir;

use super::asked::{Asker, Report, fate};
use super::scenes::Scene;
use super::{By, Row, obstacle, rows};
use crate::support::{chmod, inode, place, skipped_without_root};

/// Every state that can be made here, each in a directory of its own.
struct World {
    states: Vec<(&'static Row, Scene)>,
    // After the scenes, some of which have to be unmounted.
    place: TempDir,
}

impl World {
    fn new() -> World {
        let place = place();
        let kinds = [By::Any, By::Root, By::Overlay];
        let kinds = kinds.into_iter().filter(|by| obstacle(*by).is_none());
        let make = |row: &'static Row| {
            let directory = place.path().join(row.name);
            fs::create_dir(&directory).expect("mkdir");
            (row, (row.make)(&directory))
        };
        World {
            states: kinds.flat_map(rows).map(make).collect(),
            place,
        }
    }

    /// The place, and what is entered only where it is named.
    fn roots(&self) -> Vec<&Path> {
        let overlays = self.states.iter().filter(|(row, _)| row.by == By::Overlay);
        let named = overlays.filter_map(|(_, scene)| scene.address.parent());
        [self.place.path()].into_iter().chain(named).collect()
    }

    fn addresses(&self) -> Vec<&Path> {
        let scenes = self.states.iter();
        scenes.map(|(_, scene)| scene.address.as_path()).collect()
    }

    fn inodes(&self) -> Vec<Option<u64>> {
        self.addresses().into_iter().map(inode).collect()
    }

    /// That each command tells of each what the table says.
    fn is_told(&self, asker: &Asker) {
        for command in ["audit", "list"] {
            self.is(&asker.report(command, true, &self.roots()), |row| row.audit);
        }
        self.is(&asker.probe(&["--silent"], &self.addresses()), |row| {
            row.probe[1]
        });
        // What leaves clients in queues comes last.
        self.is(&asker.probe(&[], &self.addresses()), |row| row.probe[0]);
    }

    fn is(&self, report: &Report, expected: impl Fn(&Row) -> &'static str) {
        let wrong = self.states.iter().filter_map(|(row, scene)| {
            let (told, expected) = (report.states(&scene.address), word(expected(row)));
            let name = row.name;
            (told != expected).then(|| format!("{name}: {told}, not {expected}"))
        });
        let wrong: Vec<String> = wrong.collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}

/// Without the exit status.
fn word(said: &str) -> &str {
    said.split(' ').next().unwrap_or(said)
}

#[test]
fn one_look_tells_all_of_them() {
    World::new().is_told(&Asker::us());
}

#[test]
fn one_walk_removes_what_is_stale_and_nothing_else() {
    let world = World::new();
    let (asker, before) = (Asker::us(), world.inodes());
    let walk = |options: &[&str]| asker.clean(options, world.place.path());
    assert_eq!(walk(&["-R", "-n"]).code, Some(0));
    assert_eq!(world.inodes(), before);
    assert_eq!(walk(&["-R"]).code, Some(0));
    let fates = before.into_iter().zip(world.inodes());
    for ((row, _), (before, after)) in world.states.iter().zip(fates) {
        assert_eq!(fate(before, after), word(row.clean[1]), "{}", row.name);
    }
}

/// The inode that somebody else's socket is bound to, and the mounts of their namespaces.
const WHAT_ONLY_ROOT_CAN_SEE: [&str; 4] = [
    "unlinked",
    "bound_again_by_another",
    "bound_again_and_left",
    "the_same_in_another_mount_namespace",
];

/// Whoever may connect to all of them, and has no other right.
#[test]
fn another_user_is_told_the_same() {
    if skipped_without_root("another_user_is_told_the_same") {
        return;
    }
    let mut world = World::new();
    let can_be_seen = |row: &Row| !WHAT_ONLY_ROOT_CAN_SEE.contains(&row.name);
    world.states.retain(|(row, _)| can_be_seen(row));
    for path in world.addresses() {
        let file = fs::metadata(path).ok();
        if let Some(file) = file.filter(|file| file.file_type().is_socket()) {
            chmod(path, file.permissions().mode() | 0o666);
        }
    }
    let before = world.inodes();
    world.is_told(&Asker::nobody());
    // They may not write to the directories.
    Asker::nobody().clean(&["-R"], world.place.path());
    assert_eq!(world.inodes(), before);
}
