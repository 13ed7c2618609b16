//! A server in a process of its own: this very test program, started again as [`helper`].

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::net::SocketType as Type;

use super::{bound, listening};

const SCRIPT: &str = "SOCKCTL_TEST_SCRIPT";

/// Ends when it is dropped.
pub(super) struct Server(Child, BufReader<ChildStdout>);

impl Server {
    /// Runs `script` in the directory `cwd`, in new namespaces if `unshare` gives flags for
    /// unshare(1). Each line of the script is a verb and its operands; returns when all is done.
    pub(super) fn start(unshare: &[&str], cwd: &Path, script: &str) -> Server {
        let program = std::env::current_exe().unwrap();
        let mut command = if unshare.is_empty() {
            Command::new(program)
        } else {
            let mut command = Command::new("unshare");
            command.args(unshare).arg(program);
            command
        };
        let mut child = command
            .args(["--exact", "observe::tests::server::helper", "--nocapture"])
            .env(SCRIPT, script)
            .current_dir(cwd)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        // It goes on being read from, lest the server's last words fail it.
        let mut server = Server(child, BufReader::new(stdout));
        let mut ready = server.1.by_ref().lines().map_while(Result::ok);
        assert!(ready.any(|line| line.ends_with("ready")), "{script}");
        server
    }

    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

/// No test of its own.
#[test]
fn helper() {
    let Ok(script) = std::env::var(SCRIPT) else {
        return;
    };
    let mut sockets = Vec::new();
    for line in script.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["listen", path] => sockets.push(listening(Path::new(path), Type::STREAM, 8)),
            ["dgram", path] => sockets.push(bound(Path::new(path), Type::DGRAM)),
            ["rename", from, to] => std::fs::rename(from, to).unwrap(),
            ["unlink", path] => super::unlink(Path::new(path)),
            ["chdir", path] => std::env::set_current_dir(path).unwrap(),
            ["chroot", path] => {
                rustix::process::chroot(path).unwrap();
                std::env::set_current_dir("/").unwrap();
            }
            ["tmpfs", path] => {
                let status = Command::new("mount")
                    .args(["-t", "tmpfs", "tmpfs", path])
                    .status();
                assert!(status.unwrap().success());
            }
            _ => panic!("{line}"),
        }
    }
    println!("ready");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
