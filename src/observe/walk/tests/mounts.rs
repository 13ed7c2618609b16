//! Mounts on the way, in a mount namespace of the test's own.

use std::ffi::CString;

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::thread::UnshareFlags;

use super::*;
use crate::model::SkipReason;

/// Runs `work` in a thread that has a mount namespace of its own, with an empty directory, whose
/// real path it is given. Says so and does nothing where that is not allowed.
pub(super) fn in_own_namespace(test: &str, work: impl FnOnce(&Path) + Send + 'static) {
    if !is_root(test) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().canonicalize().unwrap();
    let name = test.to_owned();
    in_time(move || {
        // Mounts alone are unshared, so the other threads keep all that they have.
        #[allow(deprecated)]
        if let Err(errno) = rustix::thread::unshare(UnshareFlags::NEWNS) {
            println!("skipped: {name}: no mount namespace: {errno}");
            return;
        }
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).unwrap();
        work(&path);
    });
}

pub(super) fn directory(path: PathBuf) -> PathBuf {
    std::fs::create_dir_all(&path).unwrap();
    path
}

pub(super) fn mount_on(target: &Path, fs_type: &str, data: &str) -> rustix::io::Result<()> {
    let data = CString::new(data).unwrap();
    mount(
        "none",
        target,
        fs_type,
        MountFlags::empty(),
        data.as_c_str(),
    )
}

pub(super) fn tmpfs(target: PathBuf) -> PathBuf {
    let target = directory(target);
    mount_on(&target, "tmpfs", "").unwrap();
    target
}

pub(super) fn skipped(walked: &Walked) -> Vec<(&Path, &SkipReason)> {
    let skipped = walked.skipped.iter();
    skipped
        .map(|place| (place.path.as_path(), &place.reason))
        .collect()
}

#[test]
fn local_mounts_are_entered_unless_one_file_system_is_asked_for() {
    in_own_namespace(
        "local_mounts_are_entered_unless_one_file_system_is_asked_for",
        |root| {
            let outer = tmpfs(root.join("outer mount"));
            let inner = tmpfs(outer.join("a/inner"));
            stale(outer.join("s"));
            stale(inner.join("s"));
            stale(root.join("s"));
            let roots = [root.to_owned()];
            let walked = run(&request(&roots));
            let all = ["outer mount/a/inner/s", "outer mount/s", "s"];
            assert_eq!(names(&walked, root), all);
            assert_eq!(walked.skipped, []);

            let one = |roots: &[PathBuf]| {
                run(&Request {
                    one_file_system: true,
                    ..request(roots)
                })
            };
            let walked = one(&roots);
            assert_eq!(names(&walked, root), ["s"]);
            let other = &SkipReason::OtherFileSystem;
            assert_eq!(skipped(&walked), [(outer.as_path(), other)]);
            // A mount that is named is walked, and so is not skipped above it.
            let walked = one(&[root.to_owned(), outer.clone()]);
            assert_eq!(names(&walked, root), ["outer mount/s", "s"]);
            assert_eq!(skipped(&walked), [(inner.as_path(), other)]);
        },
    );
}

#[test]
fn an_old_kernel_notices_mounts_too() {
    in_own_namespace("an_old_kernel_notices_mounts_too", |root| {
        let target = tmpfs(root.join("t"));
        stale(target.join("s"));
        let proc = directory(root.join("p"));
        mount_on(&proc, "proc", "").unwrap();
        let roots = [root.to_owned()];
        let request = request(&roots);
        let progress = Progress::default();
        let mut old = crew::Walk::new(&request, None, &progress);
        old.without_openat2 = true;
        let walked = whole(old.run());
        assert_eq!(names(&walked, root), ["t/s"]);
        let reason = SkipReason::Mount("proc".to_owned());
        assert_eq!(skipped(&walked), [(proc.as_path(), &reason)]);
    });
}

#[test]
fn a_directory_without_types_is_read_as_well() {
    const TEST: &str = "a_directory_without_types_is_read_as_well";
    in_own_namespace(TEST, |root| {
        let (image, target) = (root.join("image"), directory(root.join("t")));
        let file = std::fs::File::create(&image).unwrap();
        file.set_len(1 << 20).unwrap();
        let mkfs = ["mkfs.ext2", "-q", "-F", "-O", "^filetype"];
        for (command, last) in [(&mkfs[..], None), (&["mount", "-o", "loop"], Some(&target))] {
            let mut command = Command::new("env")
                .args(command)
                .arg(&image)
                .args(last)
                .output();
            if !command.as_mut().is_ok_and(|output| output.status.success()) {
                println!("skipped: {TEST}: {command:?}");
                return;
            }
        }
        stale(directory(target.join("a")).join("s"));
        let mounted = target.join("mounted.sock");
        std::fs::write(&mounted, "").unwrap();
        mount_bind(target.join("a/s"), &mounted).unwrap();
        directory(target.join("a/proc"));
        mount_on(&target.join("a/proc"), "proc", "").unwrap();
        let walked = walk_all(&target);
        assert_eq!(names(&walked, &target), ["a/s", "mounted.sock"]);
        assert_eq!((walked.skipped.len(), walked.unreadable.len()), (1, 0));
    });
}

#[test]
fn the_kernels_own_file_systems_are_skipped() {
    in_own_namespace("the_kernels_own_file_systems_are_skipped", |root| {
        let proc = directory(root.join("proc"));
        mount_on(&proc, "proc", "").unwrap();
        let walked = walk_all(root);
        let reason = SkipReason::Mount("proc".to_owned());
        assert_eq!(skipped(&walked), [(proc.as_path(), &reason)]);
        assert_eq!((walked.directories, walked.entries), (1, 1));
    });
}

#[test]
fn a_socket_that_is_mounted_on_a_file_is_found() {
    in_own_namespace("a_socket_that_is_mounted_on_a_file_is_found", |root| {
        let host = directory(root.join("host"));
        let _listener = UnixListener::bind(host.join("engine.sock")).unwrap();
        let inside = directory(root.join("container/run"));
        let target = inside.join("docker.sock");
        std::fs::write(&target, "").unwrap();
        std::fs::write(inside.join("other"), "").unwrap();
        mount_bind(host.join("engine.sock"), &target).unwrap();
        let walked = walk_all(&inside);
        assert_eq!(names(&walked, &inside), ["docker.sock"]);
        assert_eq!(walked.found[0].bound, Bound::Tested(Answer::Connectionful));
        // Named by itself too, and by another path: it is found once.
        let other = inside.join("../run/docker.sock");
        let walked = run(&request(&[inside.clone(), other.clone()]));
        assert_eq!(walked.found.len(), 1);
        assert_eq!(walked.found[0].path, other);
        let walked = run(&request(&[inside.clone(), target]));
        assert_eq!(names(&walked, &inside), ["docker.sock"]);
    });
}

#[test]
fn a_directory_mounted_below_itself_ends() {
    in_own_namespace("a_directory_mounted_below_itself_ends", |root| {
        stale(root.join("s"));
        let below = directory(root.join("a/b"));
        mount_bind(root, &below).unwrap();
        let again = below.join("a/b");
        rustix::mount::mount_bind_recursive(root, &again).unwrap();
        let walked = walk_all(root);
        let found = names(&walked, root);
        assert_eq!(found[0], "a/b/a/b/a/b/s");
        assert_eq!(found.len(), 4, "{found:?}");
    });
}

#[test]
fn parked_directories_on_mounts_are_found_again() {
    if !alone("mounts::parked_directories_on_mounts_are_found_again") {
        return;
    }
    in_own_namespace("parked_directories_on_mounts_are_found_again", |root| {
        let mut at = root.to_owned();
        let mut expected = 0;
        for level in 0..40 {
            at = directory(at.join("m"));
            if level % 8 == 3 {
                mount_on(&at, "tmpfs", "").unwrap();
            }
            for tooth in ["a", "z"] {
                stale(directory(at.join(tooth)).join("s"));
                expected += 1;
            }
        }
        let few = rustix::process::Rlimit {
            current: Some(24),
            maximum: Some(24),
        };
        rustix::process::setrlimit(rustix::process::Resource::Nofile, few).unwrap();
        let roots = [root.to_owned()];
        let walked = run(&Request {
            jobs: NonZeroUsize::new(1),
            ..request(&roots)
        });
        assert_eq!(walked.unreadable, []);
        assert_eq!(walked.found.len(), expected);
    });
}
