//! What is no socket, and what takes root to make.

use std::fs;
use std::process::{Command, Stdio};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::net::SocketType;

use super::parts::{Mounted, bound, held, listener};
use super::{Clean, States};

impl States<'_> {
    pub(super) fn others(&mut self) {
        self.add(
            "nothing",
            self.at("missing"),
            "missing",
            Clean::Finds,
            Vec::new(),
        );
        let path = self.at("no-directory/missing");
        self.add("no directory", path, "missing", Clean::Finds, Vec::new());

        let path = self.at("regular");
        fs::write(&path, "text").expect("write");
        self.add(
            "a regular file",
            path,
            "not-a-socket",
            Clean::Refuses,
            Vec::new(),
        );

        let path = self.at("directory");
        fs::create_dir(&path).expect("mkdir");
        self.add(
            "a directory",
            path,
            "not-a-socket",
            Clean::Refuses,
            Vec::new(),
        );

        let path = self.at("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("mkfifo");
        self.add("a FIFO", path, "not-a-socket", Clean::Refuses, Vec::new());

        for (name, to, what) in [
            ("link-to-live", "listening", "a link to a live socket"),
            ("link-to-stale", "stale-target", "a link to a stale one"),
            ("link-to-nothing", "nowhere", "a link to nothing"),
        ] {
            let path = self.at(name);
            std::os::unix::fs::symlink(to, &path).expect("symlink");
            self.add(what, path, "not-a-socket", Clean::Refuses, Vec::new());
        }
        drop(bound(&self.at("stale-target"), SocketType::STREAM));
    }

    pub(super) fn of_root(&mut self) {
        let path = self.at("device");
        mknodat(
            CWD,
            &path,
            FileType::CharacterDevice,
            Mode::RUSR,
            rustix::fs::makedev(1, 3),
        )
        .expect("mknod");
        self.add("a device", path, "not-a-socket", Clean::Refuses, Vec::new());

        for (name, mode, clean, what) in [
            (
                "mknod",
                Mode::RUSR | Mode::WUSR,
                Clean::Removes,
                "made by mknod",
            ),
            (
                "inaccessible",
                Mode::empty(),
                Clean::Refuses,
                "made by mknod, mode 0000",
            ),
        ] {
            let path = self.at(name);
            mknodat(CWD, &path, FileType::Socket, mode, 0).expect("mknod");
            self.add(what, path, "stale", clean, Vec::new());
        }

        let path = self.at("foreign");
        let server = held(self.program, &path, &["unshare", "-n"]);
        self.add(
            "a listener in another network namespace",
            path,
            "foreign",
            Clean::Refuses,
            vec![Box::new(server)],
        );
    }

    /// The same files seen in an overlay and below it.
    pub(super) fn overlay(&mut self) {
        let base = self.at("overlay");
        let part = |name: &str| {
            let path = base.join(name);
            fs::create_dir_all(&path).expect("mkdir");
            path
        };
        let (lower, upper, work, merged) =
            (part("lower"), part("upper"), part("work"), part("merged"));
        drop(bound(&lower.join("below"), SocketType::STREAM));
        let layers = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.display(),
            upper.display(),
            work.display()
        );
        let mounted = Command::new("mount")
            .args(["-t", "overlay", "overlay", "-o", &layers])
            .arg(&merged)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            println!("skipped: overlay states: no overlay can be mounted here");
            return;
        }
        let mount = Mounted(merged.clone());
        let (path, below) = (merged.join("live"), upper.join("live"));
        let server = listener(&path, SocketType::STREAM, 8);
        let what = "live in an overlay, seen in its upper layer";
        self.add(what, below, "stale", Clean::Refuses, Vec::new());
        let what = "the same in the overlay itself";
        self.add(what, path, "live", Clean::Refuses, vec![Box::new(server)]);
        let what = "stale in a lower layer";
        self.add(
            what,
            lower.join("below"),
            "stale",
            Clean::Refuses,
            Vec::new(),
        );
        let path = merged.join("stale");
        drop(bound(&path, SocketType::STREAM));
        let what = "stale in an overlay";
        self.add(what, path, "stale", Clean::Removes, vec![Box::new(mount)]);
    }
}
