//! No window: while sockets are made, another user tries to get in without pause, and whatever
//! the file is seen to be is never wider than what was asked for.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::process::Signal;

use crate::support::{Held, NOBODY, Over, chmod, place, size, skipped_without_root, sockctl};

/// Names the helper that the test binary is to be when it is run by itself.
const HELPER: &str = "SOCKCTL_TEST_INTRUDER";
const TASK: &str = "SOCKCTL_TEST_TASK";

/// What is asked for, none of which lets nobody (the user) in.
struct Batch {
    kind: &'static str,
    mode: u32,
    uid: u32,
    gid: u32,
}

const BATCHES: [Batch; 5] = [
    Batch {
        kind: "stream",
        mode: 0o660,
        uid: 5,
        gid: 60,
    },
    Batch {
        kind: "stream",
        mode: 0o600,
        uid: 0,
        gid: 60,
    },
    Batch {
        kind: "seqpacket",
        mode: 0o775,
        uid: 33,
        gid: 33,
    },
    Batch {
        kind: "dgram",
        mode: 0o660,
        uid: 5,
        gid: 60,
    },
    Batch {
        kind: "dgram",
        mode: 0o620,
        uid: 33,
        gid: 5,
    },
];

/// Another user: connects to one path after the other, to each from before it is there until
/// long after. Counts how often it tried and how often it got in, for any type of socket.
#[test]
fn intruder() {
    let Some(directory) = std::env::var_os(HELPER).map(PathBuf::from) else {
        return;
    };
    nix::unistd::setgroups(&[]).expect("setgroups");
    let (uid, gid) = (NOBODY.into(), NOBODY.into());
    nix::unistd::setresgid(gid, gid, gid).expect("setresgid");
    nix::unistd::setresuid(uid, uid, uid).expect("setresuid");
    let task = std::env::var(TASK).expect("how many, and of which type");
    let (count, kind) = task.split_once(' ').expect("two words");
    let count: u32 = count.parse().expect("a number");
    let raw = match kind {
        "stream" => SocketType::STREAM,
        "dgram" => SocketType::DGRAM,
        _ => SocketType::SEQPACKET,
    };
    let (mut tries, mut entries) = (0_u64, 0_u64);
    let mut fd = socket(AddressFamily::UNIX, raw, None).expect("a socket");
    let mut knock = |path: &Path| {
        tries += 1;
        match connect(&fd, &SocketAddrUnix::new(path).expect("a short path")) {
            Ok(()) => {
                entries += 1;
                fd = socket(AddressFamily::UNIX, raw, None).expect("a socket");
                true
            }
            Err(Errno::NOENT) => false,
            // Refused before it listens, and denied ever after.
            Err(Errno::CONNREFUSED | Errno::ACCESS) => true,
            Err(errno) => panic!("{errno}"),
        }
    };
    println!("ready");
    for number in 0..count {
        let path = directory.join(number.to_string());
        while !knock(&path) {}
        for _ in 0..8 {
            knock(&path);
        }
    }
    println!("intruder: {tries} {entries}");
}

struct Intruder {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Intruder {
    /// Once it is at the first path already.
    fn start(directory: &Path, count: u32, kind: &str) -> Intruder {
        // A process of its own, which gives root up as a whole.
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "window::intruder", "--nocapture"])
            .env(HELPER, directory)
            .env(TASK, format!("{count} {kind}"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the intruder");
        let stdout = child.stdout.take().expect("its output");
        let mut intruder = Intruder {
            child,
            stdout: BufReader::new(stdout),
        };
        intruder.says("ready");
        intruder
    }

    /// What follows that word on a line of its output.
    fn says(&mut self, word: &str) -> String {
        let mut lines = self.stdout.by_ref().lines().map(|line| line.expect("text"));
        let found = lines.find_map(|line| line.split_once(word).map(|(_, rest)| rest.to_owned()));
        found.expect("the intruder goes on")
    }

    /// How often it tried, and how often it got in.
    fn wait(mut self) -> (u64, u64) {
        let counts = self.says("intruder:");
        let mut numbers = counts
            .split_whitespace()
            .map(|word| word.parse().expect("a number"));
        let counts = (
            numbers.next().expect("tries"),
            numbers.next().expect("entries"),
        );
        assert!(self.child.wait().expect("it ends").success());
        counts
    }
}

/// Looks at every file whenever anything happens to it, and all the time in between.
fn observe(directory: &Path, batch: &Batch, over: &AtomicBool) -> u64 {
    let watcher = inotify::init(CreateFlags::NONBLOCK).expect("inotify");
    let what = WatchFlags::CREATE | WatchFlags::ATTRIB | WatchFlags::MOVED_TO;
    inotify::add_watch(&watcher, directory, what).expect("a watch");
    let mut buffer = vec![std::mem::MaybeUninit::uninit(); 65536];
    let mut looks = 0;
    let mut last: Option<PathBuf> = None;
    while !over.load(Ordering::Relaxed) {
        let mut reader = inotify::Reader::new(&watcher, &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().expect("a name").to_str().expect("text");
                    let path = directory.join(name);
                    look(&path, batch);
                    looks += 1;
                    last = Some(path);
                }
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(errno) => panic!("inotify: {errno}"),
            }
        }
        // The next one is looked at even before anything is told of it.
        if let Some(path) = &last {
            let number = path
                .file_name()
                .and_then(|name| name.to_str()?.parse::<u32>().ok());
            let next = directory.join((number.expect("a number") + 1).to_string());
            for _ in 0..8 {
                look(&next, batch);
                looks += 1;
            }
        }
    }
    looks
}

fn look(path: &Path, batch: &Batch) {
    let Ok(file) = fs::symlink_metadata(path) else {
        return;
    };
    let (mode, uid, gid) = (file.mode() & 0o7777, file.uid(), file.gid());
    assert_eq!(
        mode & !batch.mode,
        0,
        "{mode:o} is wider than {:o}",
        batch.mode
    );
    let is_dressed = (uid, gid) == (batch.uid, batch.gid);
    assert!(is_dressed || (uid, gid) == (0, 0), "{uid}:{gid}");
    // Whoever it does not belong to yet has no way in by its mode.
    assert!(
        is_dressed || mode & 0o222 == 0,
        "{mode:o} while it was {uid}:{gid}"
    );
}

#[test]
fn nobody_gets_in_before_it_is_as_it_should_be() {
    if skipped_without_root("nobody_gets_in_before_it_is_as_it_should_be") {
        return;
    }
    let each = size(2_000, 2_000);
    let (mut all_tries, mut all_looks) = (0, 0);
    for batch in &BATCHES {
        let place = place();
        let directory = place.path().join("d");
        fs::create_dir(&directory).expect("mkdir");
        chmod(&directory, 0o755);
        let over = AtomicBool::new(false);
        let intruder = Intruder::start(&directory, each, batch.kind);
        let (tries, entries, looks) = std::thread::scope(|scope| {
            let until = Over(&over);
            let observer = scope.spawn(|| observe(&directory, batch, &over));
            let mut command = sockctl(["create", "--no-builtin", "--hold", "--type", batch.kind]);
            command.args(["--mode", &format!("{:04o}", batch.mode)]);
            command.args(["--owner", &format!("{}:{}", batch.uid, batch.gid)]);
            command.args((0..each).map(|number| directory.join(number.to_string())));
            // A umask that hides nothing.
            let mut open = Command::new("sh");
            open.args(["-c", "umask 0; exec \"$@\"", "sh"]);
            open.arg(command.get_program()).args(command.get_args());
            let mut held = Held::start(open).expect("they are held");
            // What is asked of the other user is also true of its own doing.
            let (tries, entries) = intruder.wait();
            drop(until);
            let looks = observer.join().expect("never too wide");
            held.signal(Signal::TERM);
            assert_eq!(held.wait(), Some(0));
            (tries, entries, looks)
        });
        assert_eq!(entries, 0, "{} {:o}", batch.kind, batch.mode);
        assert!(tries > u64::from(each) && looks > u64::from(each));
        assert_eq!(fs::read_dir(&directory).expect("read").count(), 0);
        (all_tries, all_looks) = (all_tries + tries, all_looks + looks);
    }
    let all = u64::from(each) * BATCHES.len() as u64;
    println!("{all} sockets, {all_tries} tries to connect, {all_looks} looks");
}

/// The same watch over one who listens first and sets the mode afterwards finds the window, so it
/// is able to.
#[test]
fn the_watch_finds_a_window_where_there_is_one() {
    if skipped_without_root("the_watch_finds_a_window_where_there_is_one") {
        return;
    }
    let before = rustix::process::umask(rustix::fs::Mode::empty());
    let found = (0..20).any(|_| careless(500) > 0);
    rustix::process::umask(before);
    assert!(found);
}

/// How often the intruder gets in.
fn careless(count: u32) -> u64 {
    let place = place();
    let directory = place.path().join("d");
    fs::create_dir(&directory).expect("mkdir");
    chmod(&directory, 0o755);
    let intruder = Intruder::start(&directory, count, "stream");
    let mut servers = Vec::new();
    for number in 0..count {
        let path = directory.join(number.to_string());
        servers.push(std::os::unix::net::UnixListener::bind(&path).expect("bind"));
        chmod(&path, 0o600);
    }
    intruder.wait().1
}
