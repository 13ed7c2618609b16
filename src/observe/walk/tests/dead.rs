//! Mounts that must not be touched, and those of which nothing can be known.

use std::os::fd::AsRawFd;

use rustix::mount::mount_bind;

use super::mounts::{directory, in_own_namespace, mount_on, skipped, tmpfs};
use super::*;
use crate::model::SkipReason;

#[test]
fn a_file_system_that_never_answers_is_skipped_and_does_not_hold_us() {
    in_own_namespace(
        "a_file_system_that_never_answers_is_skipped_and_does_not_hold_us",
        |root| {
            let Ok(device) = std::fs::OpenOptions::new()
                .read(true)
                .write(true)
                .open("/dev/fuse")
            else {
                println!("skipped: a_file_system_that_never_answers: no /dev/fuse");
                return;
            };
            let dead = directory(root.join("dead"));
            let fd = device.as_raw_fd();
            let options = format!("fd={fd},rootmode=40000,user_id=0,group_id=0");
            mount_on(&dead, "fuse.example", &options).unwrap();
            let hidden = directory(root.join("above"));
            mount_bind(root, &hidden).unwrap();
            stale(root.join("s"));
            let roots = [root.to_owned()];
            for old in [false, true] {
                let request = request(&roots);
                let progress = Progress::default();
                let mut walk = crew::Walk::new(&request, None, &progress);
                walk.without_openat2 = old;
                let walked = whole(walk.run());
                assert_eq!(names(&walked, root), ["above/s", "s"]);
                let reason = SkipReason::Mount("fuse.example".to_owned());
                assert_eq!(skipped(&walked), [(dead.as_path(), &reason)]);
                assert_eq!(walked.unreadable, []);
            }
            // As a default it is skipped as well, though nobody met it on the way.
            let roots = [dead.clone()];
            let walked = run(&Request {
                defaults: true,
                ..request(&roots)
            });
            assert_eq!((walked.roots.len(), walked.skipped.len()), (0, 1));
        },
    );
}

#[test]
fn without_proc_nothing_is_passed_over_in_silence() {
    in_own_namespace("without_proc_nothing_is_passed_over_in_silence", |root| {
        let target = tmpfs(root.join("t"));
        stale(target.join("s"));
        stale(directory(root.join("d")).join("s"));
        rustix::mount::unmount("/proc", rustix::mount::UnmountFlags::DETACH).unwrap();
        let roots = [root.to_owned()];
        for old in [false, true] {
            let request = request(&roots);
            let progress = Progress::default();
            let mut walk = crew::Walk::new(&request, None, &progress);
            walk.without_openat2 = old;
            let walked = whole(walk.run());
            assert_eq!(names(&walked, root), ["d/s"]);
            let failed = Answer::Failed("/proc is not mounted".to_owned());
            assert_eq!(walked.found[0].bound, Bound::Tested(failed));
            assert_eq!(walked.unreadable.len(), 1);
            assert_eq!(walked.unreadable[0].path, target);
            let why = "cannot tell what is mounted here: /proc/self/fdinfo: \
                       No such file or directory (ENOENT)";
            assert_eq!(walked.unreadable[0].why, why);
        }
    });
}

#[test]
fn an_automount_is_not_set_off() {
    in_own_namespace("an_automount_is_not_set_off", |root| {
        let trigger = directory(root.join("trigger"));
        let (_requests, daemon) = rustix::pipe::pipe().unwrap();
        // Of another process group than ours: its own daemon may pass.
        let options = format!(
            "fd={},pgrp=1,minproto=5,maxproto=5,direct",
            daemon.as_raw_fd()
        );
        if let Err(errno) = mount_on(&trigger, "autofs", &options) {
            println!("skipped: an_automount_is_not_set_off: no autofs: {errno}");
            return;
        }
        let walked = walk_all(root);
        let reason = SkipReason::Mount("autofs".to_owned());
        assert_eq!(skipped(&walked), [(trigger.as_path(), &reason)]);
    });
}

#[test]
fn what_is_mounted_while_we_walk_is_noticed() {
    in_own_namespace("what_is_mounted_while_we_walk_is_noticed", |root| {
        let target = directory(root.join("late"));
        let mounts = crossing::Mounts::default();
        mounts.get().unwrap();
        mount_on(&target, "proc", "").unwrap();
        let gate = crossing::Gate {
            mounts: &mounts,
            one_file_system: false,
            without_openat2: false.into(),
        };
        let dir = std::sync::Arc::new(crate::sys::dir::Dir::open(root).unwrap());
        let path = |text: &Path| Box::from(text.as_os_str().as_encoded_bytes());
        // Where it really is, and where the way to it has become another one.
        for real in [root, Path::new("/moved/away")] {
            let node = node::Node::root(node::Start {
                given: path(root),
                real: path(real),
                dir: std::sync::Arc::clone(&dir),
            });
            let refused = gate.enter(&node, &dir, c"late", false).unwrap_err();
            let crossing::Refused::Skipped(SkipReason::Mount(fs_type)) = refused else {
                panic!("{refused:?}");
            };
            assert_eq!(fs_type, "proc");
        }
    });
}
