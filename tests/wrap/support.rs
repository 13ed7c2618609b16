//! The program, the commands that it runs, and what the kernel says of them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// Whether a test that cannot do without root has to be left out; says so by name.
pub(crate) fn skipped_without_root(test: &str) -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        println!("skipped: {test}: needs root");
    }
    !is_root
}

/// Who we are, as `--user` takes it.
pub(crate) fn own_user() -> String {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    format!("{uid}:{gid}")
}

/// A directory that everybody may walk through, and only we may write to.
pub(crate) fn place() -> TempDir {
    let place = tempfile::tempdir().expect("a directory for the test");
    chmod(place.path(), 0o755);
    place
}

pub(crate) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode of the test");
}

/// Writes a file that everybody may execute.
pub(crate) fn executable(path: &Path, text: impl AsRef<[u8]>) -> PathBuf {
    fs::write(path, text).expect("a file of the test");
    chmod(path, 0o755);
    path.to_owned()
}

/// The program where every user can reach it: where it is, or a copy, of which there is one.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = Path::new(env!("CARGO_BIN_EXE_sockctl"));
        let mode = |directory| fs::metadata(directory).expect("a directory").mode();
        if built.ancestors().skip(1).all(|it| mode(it) & 0o001 != 0) {
            built.to_owned()
        } else {
            copy(built)
        }
    })
}

/// Tests are processes of their own, so none of them knows when it is needed no more.
fn copy(built: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    built.hash(&mut hasher);
    let directory = format!("sockctl-tests.{:x}", hasher.finish());
    let directory = std::env::temp_dir().join(directory);
    fs::create_dir_all(&directory).expect("a directory of the tests");
    chmod(&directory, 0o755);
    let copy = directory.join("sockctl");
    let age = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    if age(&copy) != age(built) {
        let new = directory.join(std::process::id().to_string());
        fs::copy(built, &new).expect("a copy of the program");
        let made = age(built).expect("when it was built");
        let file = File::options().write(true).open(&new).expect("the copy");
        file.set_modified(made).expect("when it was built");
        drop(file);
        chmod(&new, 0o755);
        fs::rename(&new, &copy).expect("the copy");
    }
    copy
}

/// `wrap --exec` with these options, then `--` and the command.
pub(crate) fn wrap<O: AsRef<OsStr>, C: AsRef<OsStr>>(
    options: impl IntoIterator<Item = O>,
    command: impl IntoIterator<Item = C>,
) -> Command {
    let mut wrap = Command::new(program());
    wrap.args(["wrap", "--exec"]).args(options).arg("--");
    wrap.args(command);
    clean(&mut wrap);
    wrap
}

/// Nothing around the tests has a say.
pub(crate) fn clean(command: &mut Command) {
    for name in [
        "SOCKCTL_POLICY",
        "SOCKCTL_LOG",
        "INVOCATION_ID",
        "SYSTEMD_EXEC_PID",
        "NOTIFY_SOCKET",
        "LISTEN_FDS",
        "LISTEN_PID",
        "LISTEN_FDNAMES",
    ] {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
}

/// The words of a command, behind those of others: `before(["setpriv", "--no-new-privs"], &it)`.
pub(crate) fn before<A: AsRef<OsStr>>(words: &[A], command: &Command) -> Command {
    let Some((first, rest)) = words.split_first() else {
        panic!("no words");
    };
    let mut whole = Command::new(first);
    whole.args(rest).arg(command.get_program());
    whole.args(command.get_args());
    clean(&mut whole);
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => whole.env(name, value),
            None => whole.env_remove(name),
        };
    }
    whole
}

/// How a run has ended.
pub(crate) struct Done {
    line: String,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn run(mut command: Command) -> Done {
    let output = command.output().expect("the program can be run");
    Done {
        line: format!("{command:?}"),
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Done {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "{}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Done {
        assert!(
            self.stderr.contains(words),
            "{words:?} is not in {}",
            self.shown()
        );
        self
    }

    #[track_caller]
    pub(crate) fn prints(self, words: &str) -> Done {
        assert!(
            self.stdout.contains(words),
            "{words:?} is not in {}",
            self.shown()
        );
        self
    }

    /// Everything there is to know of it, for a failing test.
    pub(crate) fn shown(&self) -> String {
        let Done {
            line,
            code,
            stdout,
            stderr,
        } = self;
        format!("{line}\nexits {code:?}\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

/// `cat`, wrapped, which is known to run once it has sent back a line. Ends when it is dropped.
pub(crate) struct Cat {
    child: Child,
    stdin: Option<ChildStdin>,
    _stdout: BufReader<ChildStdout>,
}

impl Cat {
    /// Starts a command of which `cat` is the last word.
    pub(crate) fn start(mut command: Command) -> Cat {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let mut stdin = child.stdin.take().expect("its input");
        // Where it has ended already, the line is missed below.
        drop(stdin.write_all(b"ready\n"));
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n", "it has ended: {command:?}");
        Cat {
            child,
            stdin: Some(stdin),
            _stdout: stdout,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The lines of /proc/PID/status, by the word in front.
    pub(crate) fn status(&self) -> BTreeMap<String, String> {
        let path = format!("/proc/{}/status", self.pid());
        let text = fs::read_to_string(path).expect("its status");
        let line = |line: &str| {
            let (name, value) = line.split_once(':').expect("a name");
            let words: Vec<&str> = value.split_whitespace().collect();
            (name.to_owned(), words.join(" "))
        };
        text.lines().map(line).collect()
    }

    /// Its descriptors, and what they lead to.
    pub(crate) fn fds(&self) -> BTreeMap<u32, String> {
        let path = format!("/proc/{}/fd", self.pid());
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry.expect("an entry");
            let number = entry.file_name().to_str().expect("text").parse();
            let target = fs::read_link(entry.path()).expect("a link");
            let target = target.to_string_lossy().into_owned();
            (number.expect("a number"), target)
        };
        fs::read_dir(path)
            .expect("its descriptors")
            .map(entry)
            .collect()
    }

    /// Its environment as it was when it began.
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        let path = format!("/proc/{}/environ", self.pid());
        let text = fs::read(path).expect("its environment");
        let text = String::from_utf8(text).expect("text");
        let pair = |text: &str| {
            let (name, value) = text.split_once('=').expect("a name");
            (name.to_owned(), value.to_owned())
        };
        text.split_terminator('\0').map(pair).collect()
    }
}

impl Drop for Cat {
    fn drop(&mut self) {
        self.stdin.take();
        // It may have been killed.
        drop(self.child.wait());
    }
}

/// Names in a directory, sorted.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("text")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}
