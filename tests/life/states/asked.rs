//! What the kernel and each command say of a scene.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::Uid;
use serde_json::Value;
use sockctl::sys::diag::{self, Name, Row};
use sockctl::sys::errno;
use tempfile::TempDir;

use crate::support::{Done, NOBODY, as_nobody, place, run, sockctl};

/// What is judged by `audit`: each state but `live` and `foreign` that is known for sure.
const POLICY: &str = "version: 1\nrules:\n  - { id: all, paths: ['/**'], liveness: live }\n";

/// Who asks, and with what.
pub(super) struct Asker {
    is_nobody: bool,
    /// The policy, and a copy of the program where another user can reach it.
    tools: TempDir,
}

impl Asker {
    /// Whoever runs the tests.
    pub(super) fn us() -> Asker {
        let tools = place();
        fs::write(tools.path().join("policy.yaml"), POLICY).expect("write");
        Asker {
            is_nobody: false,
            tools,
        }
    }

    /// One who owns nothing. Only root can ask as another user.
    pub(super) fn nobody() -> Asker {
        Asker {
            is_nobody: true,
            ..Asker::us()
        }
    }

    pub(super) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Done {
        run(if self.is_nobody {
            as_nobody(self.tools.path(), arguments)
        } else {
            sockctl(arguments)
        })
    }

    /// What `probe` says of these addresses.
    pub(super) fn probe(&self, options: &[&str], addresses: &[&Path]) -> Report {
        let words = ["probe", "-f", "jsonl"].iter().chain(options);
        let addresses = addresses.iter().map(|address| address.as_os_str());
        let done = self.run(words.map(OsStr::new).chain(addresses));
        let lines = done.stdout.lines();
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
        let sockets = lines.filter(|line| line["kind"] == "socket").collect();
        Report { sockets, done }
    }

    /// What `audit` or `list` finds below these roots, and perhaps of abstract names.
    pub(super) fn report(&self, command: &str, abstracts: bool, roots: &[&Path]) -> Report {
        let words = [command, "-f", "json", "--no-builtin"];
        let mut words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        words.extend(abstracts.then_some(OsStr::new("--abstract")));
        let policy = self.tools.path().join("policy.yaml");
        if command == "audit" {
            words.extend(["--fail-on", "low", "-p"].map(OsStr::new));
            words.push(policy.as_os_str());
        }
        words.extend(roots.iter().map(|root| root.as_os_str()));
        let done = self.run(words);
        let report: Result<Value, _> = serde_json::from_str(&done.stdout);
        let report = report.unwrap_or_else(|_| panic!("{}", done.stderr));
        let sockets = report["sockets"].as_array().expect("sockets").clone();
        Report { sockets, done }
    }

    pub(super) fn clean(&self, options: &[&str], path: &Path) -> Done {
        let words = ["clean", "--no-builtin"].iter().chain(options);
        self.run(words.map(OsStr::new).chain([path.as_os_str()]))
    }

    /// What connect(2) says to a client of that type, who does not wait.
    pub(super) fn connect(&self, kind: SocketType, address: &Path) -> String {
        let ask = || {
            let fd = socket_with(AddressFamily::UNIX, kind, SocketFlags::NONBLOCK, None);
            match connect(fd.expect("a socket"), &to(address)) {
                Ok(()) => "ok".to_owned(),
                Err(code) => errno::symbol(&code.into()),
            }
        };
        let as_nobody = || {
            let nobody = Uid::from_raw(NOBODY);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).expect("setresuid");
            ask()
        };
        if !self.is_nobody {
            return ask();
        }
        let they = || std::thread::scope(|scope| scope.spawn(as_nobody).join());
        they().expect("an answer")
    }
}

/// The sockets of a report.
pub(super) struct Report {
    sockets: Vec<Value>,
    pub(super) done: Done,
}

impl Report {
    /// The states of the sockets of that path, sorted.
    pub(super) fn states(&self, address: &Path) -> String {
        let path = address.to_str().expect("text");
        let its = self.sockets.iter().filter(|socket| socket["path"] == path);
        let mut states: Vec<&str> = its
            .map(|socket| socket["state"].as_str().expect("a state"))
            .collect();
        states.sort_unstable();
        if states.is_empty() {
            "-".to_owned()
        } else {
            states.join("+")
        }
    }
}

/// What has become of a file, by its inodes before and after.
pub(super) fn fate(before: Option<u64>, after: Option<u64>) -> &'static str {
    match (before, after) {
        (None, None) => "nothing",
        (Some(_), None) => "removed",
        (before, after) if before == after => "stays",
        _ => "replaced",
    }
}

fn to(address: &Path) -> SocketAddrUnix {
    match address.as_os_str().as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddrUnix::new_abstract_name(name),
        None => SocketAddrUnix::new(address),
    }
    .expect("a short address")
}

/// Whom the kernel lists at that address, by its name or by the inode.
pub(super) fn listed(address: &Path) -> String {
    let bytes = address.as_os_str().as_bytes();
    let name = match bytes.strip_prefix(b"@") {
        Some(name) => Name::Abstract(name.to_owned()),
        None => Name::Path(bytes.to_owned()),
    };
    let inode = fs::symlink_metadata(address).ok();
    let inode = inode.map(|file| (file.dev(), low_bits(file.ino())));
    let is_it =
        |row: &&Row| row.name.as_ref() == Some(&name) || (inode.is_some() && row.vfs == inode);
    let rows = diag::dump().expect("the kernel's list").rows;
    let mut words: Vec<String> = rows.iter().filter(is_it).map(in_words).collect();
    words.sort_unstable();
    match &words[..] {
        [] => "-".to_owned(),
        [one] => one.clone(),
        [one, others @ ..] if others.iter().all(|other| other == one) => {
            format!("{}x {one}", words.len())
        }
        all => all.join(", "),
    }
}

fn in_words(row: &Row) -> String {
    match (row.is_listening(), row.rqueue, row.wqueue) {
        (true, Some(queue), Some(backlog)) => format!("LISTEN {queue}/{backlog}"),
        _ => row.state_word().to_owned(),
    }
}

/// All that the kernel's list has of an inode's number.
#[allow(clippy::cast_possible_truncation)] // meant
fn low_bits(ino: u64) -> u32 {
    ino as u32
}
