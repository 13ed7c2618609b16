//! Overlays, what they are made of, and the stores of container engines.

use super::mounts::{directory, in_own_namespace, mount_on, skipped, tmpfs};
use super::*;
use crate::model::SkipReason;

#[test]
fn an_overlay_and_its_layers_are_skipped_unless_named() {
    in_own_namespace(
        "an_overlay_and_its_layers_are_skipped_unless_named",
        |root| {
            // An overlay cannot lie on every file system, and can on this one.
            let base = tmpfs(root.join("base"));
            let [lower, upper, work, merged] =
                ["lower", "upper", "work", "merged"].map(|name| directory(base.join(name)));
            let options = format!(
                "lowerdir={},upperdir={},workdir={}",
                lower.display(),
                upper.display(),
                work.display()
            );
            mount_on(&merged, "overlay", &options).unwrap();
            stale(lower.join("low"));
            let _listener = UnixListener::bind(merged.join("live")).unwrap();

            let walked = walk_all(root);
            assert_eq!(walked.found, []);
            let overlay = SkipReason::Mount("overlay".to_owned());
            let store = &SkipReason::ContainerStore;
            let expected = [
                (lower.as_path(), store),
                (merged.as_path(), &overlay),
                (upper.as_path(), store),
                (work.as_path(), store),
            ];
            assert_eq!(skipped(&walked), expected);

            let walked = walk_all(&merged);
            assert_eq!(names(&walked, &merged), ["live", "low"]);
            assert_eq!(walked.found[0].bound, Bound::Tested(Answer::Connectionful));
            let walked = walk_all(&upper);
            assert_eq!(names(&walked, &upper), ["live"]);
        },
    );
}

#[test]
fn the_stores_of_container_engines_are_skipped_unless_named() {
    in_own_namespace(
        "the_stores_of_container_engines_are_skipped_unless_named",
        |_| {
            let lib = Path::new("/var/lib");
            if mount_on(lib, "tmpfs", "").is_err() {
                println!("skipped: the_stores_of_container_engines: no /var/lib");
                return;
            }
            let docker = directory(lib.join("docker/overlay2/abc"));
            let snapshots = lib.join("containerd/io.containerd.snapshotter.v1.native");
            directory(snapshots.join("x"));
            let volume = directory(lib.join("docker/volumes"));
            for place in [&docker, &snapshots.join("x"), &volume] {
                stale(place.join("s"));
            }
            let walked = walk_all(lib);
            assert_eq!(names(&walked, lib), ["docker/volumes/s"]);
            let store = &SkipReason::ContainerStore;
            let places = [snapshots.as_path(), docker.parent().unwrap()];
            assert_eq!(skipped(&walked), places.map(|place| (place, store)));
            assert_eq!(names(&walk_all(&docker), lib), ["docker/overlay2/abc/s"]);
        },
    );
}
