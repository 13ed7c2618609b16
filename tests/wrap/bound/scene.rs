//! A place with a policy, a server that does what it is told, and a wrap around it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use sockctl::observe::lookout::Lookout;
use tempfile::TempDir;

use crate::support::{chmod, clean, executable, place, program};

/// The user who owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// The interpreter that other users can reach, too.
const PYTHON: &str = "/usr/bin/python3";

/// Of a server that gets its socket, and does nothing with it.
pub(crate) const IDLES: &[&str] = &["touch", "{run}/begun", "sleep", "60"];

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// Whether the tests of this name can run; else it says so.
pub(crate) fn cannot_run(test: &str) -> bool {
    if !Path::new(PYTHON).exists() {
        println!("skipped: {test}: there is no {PYTHON}");
        return true;
    }
    crate::support::skipped_without_root(test)
}

/// A directory of nobody's for sockets, beside a server and a policy.
pub(crate) struct Scene {
    place: TempDir,
    server: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let place = place();
        let server = executable(&place.path().join("server.py"), include_str!("server.py"));
        let scene = Scene { place, server };
        scene.directory("run");
        scene
    }

    /// A directory of nobody's.
    pub(crate) fn directory(&self, name: &str) {
        let path = self.root().join(name);
        fs::create_dir(&path).expect("a directory of the test");
        chmod(&path, 0o755);
        chown(&path, Some(NOBODY), Some(NOBODY)).expect("an owner of the test");
    }

    pub(crate) fn root(&self) -> &Path {
        self.place.path()
    }

    /// Where sockets are.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join("run").join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("text").to_owned()
    }

    /// The option that expects a socket of that name.
    pub(crate) fn expect(&self, name: &str) -> String {
        format!("--expect={}", self.text(name))
    }

    /// The option that reads a policy; `{run}` in it is where sockets are.
    pub(crate) fn policy(&self, rules: &str) -> String {
        let path = self.root().join("policy.yaml");
        let run = self.root().join("run");
        let rules = rules.replace("{run}", run.to_str().expect("text"));
        fs::write(&path, format!("version: 1\nrules:\n{rules}")).expect("a policy of the test");
        format!("--policy={}", path.display())
    }

    pub(crate) fn is_there(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// Lets a server go on that awaits that name.
    pub(crate) fn go_on(&self, name: &str) {
        let path = self.path(name);
        appears(&path);
        // Opened for writing, it waits until the server has opened it to read.
        fs::OpenOptions::new()
            .write(true)
            .open(path)
            .expect("a FIFO");
    }

    /// Waits until [`IDLES`] has come that far that it can be asked to end.
    pub(crate) fn has_begun(&self) {
        appears(&self.path("begun"));
        fs::remove_file(self.path("begun")).expect("it is there");
    }

    /// Mode and inode of a socket file.
    pub(crate) fn facts(&self, name: &str) -> (u32, u64) {
        let file = fs::symlink_metadata(self.path(name)).expect("it is there");
        assert!(file.file_type().is_socket(), "{name}");
        (file.permissions().mode() & 0o7777, file.ino())
    }

    /// The wrapped server, which does what `words` say; `{run}` in them is where sockets are.
    pub(crate) fn command(&self, options: &[&str], words: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(["-v", "wrap"]).args(options);
        command.args(["--", PYTHON]).arg(&self.server);
        let run = self.root().join("run");
        let run = run.to_str().expect("text");
        command.args(words.iter().map(|word| word.replace("{run}", run)));
        clean(&mut command);
        command
    }

    /// A shell that starts such a server in the background, and then becomes the command.
    pub(crate) fn beside(&self, words: &[&str], command: &Command) -> Command {
        let run = self.root().join("run");
        let run = run.to_str().expect("text");
        let words: Vec<String> = words.iter().map(|it| it.replace("{run}", run)).collect();
        let script = format!(r#""$0" {} >/dev/null 2>&1 & exec "$@""#, words.join(" "));
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).arg(&self.server);
        shell.arg(command.get_program()).args(command.get_args());
        clean(&mut shell);
        shell
    }

    /// The same as nobody, and started.
    pub(crate) fn start(&self, options: &[&str], words: &[&str]) -> Wrapped {
        let options = [&["--user=nobody"], options].concat();
        Wrapped::start(self.command(&options, words))
    }
}

/// A wrap that runs. Killed when it is dropped.
pub(crate) struct Wrapped {
    pub(crate) child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Wrapped {
    pub(crate) fn start(mut command: Command) -> Wrapped {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let stderr = child.stderr.take().expect("what it says");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(stderr).lines().map_while(Result::ok);
            lines.for_each(|line| drop(sender.send(line)));
        });
        Wrapped {
            child,
            lines,
            seen: Vec::new(),
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has said a line with these words in it, once more than before.
    #[track_caller]
    pub(crate) fn says(&mut self, words: &str) -> String {
        let end = Instant::now() + LONG;
        while let Ok(line) = self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            self.seen.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
        panic!("it has not said {words:?}:\n{}", self.seen.join("\n"));
    }

    #[track_caller]
    pub(crate) fn is_ready(&mut self) {
        self.says("is ready");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its state").is_some()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid()).expect("a pid");
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("it is there");
    }

    /// Waits for its end; what it has said, and its standard output.
    #[track_caller]
    pub(crate) fn ends_with(mut self, code: i32) -> (String, String) {
        let status = self.child.wait().expect("it ends");
        self.seen.extend(self.lines.iter());
        let said = std::mem::take(&mut self.seen).join("\n");
        assert_eq!(status.code(), Some(code), "{said}");
        let mut stdout = String::new();
        let mut output = self.child.stdout.take().expect("its output");
        output.read_to_string(&mut stdout).expect("text");
        (said, stdout)
    }

    /// Asks it to end, which it does as the server.
    #[track_caller]
    pub(crate) fn stops(self) -> String {
        self.signal(rustix::process::Signal::TERM);
        self.ends_with(0).0
    }
}

impl Drop for Wrapped {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether somebody answers there.
pub(crate) fn answers(path: &Path) -> bool {
    let mut text = String::new();
    let client = UnixStream::connect(path);
    client.is_ok_and(|mut it| it.read_to_string(&mut text).is_ok()) && text == "hello\n"
}

/// Waits until a file is there.
#[track_caller]
pub(crate) fn appears(path: &Path) {
    let end = Instant::now() + LONG;
    let mut lookout = Lookout::new();
    assert!(lookout.watch(path, 0));
    while fs::symlink_metadata(path).is_err() {
        assert!(Instant::now() < end, "{} does not appear", path.display());
        lookout.wait(end.saturating_duration_since(Instant::now()));
    }
}
