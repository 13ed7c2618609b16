//! A server in a process of its own, which can be in another namespace.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::net::{SocketAddrUnix, SocketType, listen};

use super::bound_to;

const ADDRESS: &str = "SOCKCTL_TEST_ADDRESS";

/// Listens until it goes out of scope.
pub(super) struct Servant(Child);

impl Servant {
    /// `address` as on the command line of probe.
    pub(super) fn start(address: &str) -> Servant {
        Servant::start_by(&mut Command::new(myself()), address)
    }

    /// In a network namespace of its own. Needs root.
    pub(super) fn start_elsewhere(address: &str) -> Servant {
        Servant::start_by(
            Command::new("unshare").args(["--net", "--"]).arg(myself()),
            address,
        )
    }

    fn start_by(command: &mut Command, address: &str) -> Servant {
        let mut child = command
            .args(["--exact", "probe::servant::serve", "--nocapture"])
            .env(ADDRESS, address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let stdout = child.stdout.as_mut().expect("its output");
        let mut lines = BufReader::new(stdout).lines();
        let ready = lines.any(|line| line.expect("its output").ends_with("listening"));
        assert!(ready, "the server did not start");
        Servant(child)
    }

    pub(super) fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        self.0.kill().expect("our own child");
        self.0.wait().expect("our own child");
    }
}

fn myself() -> std::path::PathBuf {
    std::env::current_exe().expect("a path")
}

/// No test: what [`Servant`] runs.
#[test]
fn serve() {
    let Ok(address) = std::env::var(ADDRESS) else {
        return;
    };
    let bind_to = match address.strip_prefix('@') {
        Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes()),
        None => SocketAddrUnix::new(Path::new(&address)),
    };
    let listener = bound_to(&bind_to.expect("a short name"), SocketType::STREAM);
    listen(&listener, 16).expect("listen");
    println!("listening");
    // Until whoever started it is gone.
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing).expect("a pipe");
}
