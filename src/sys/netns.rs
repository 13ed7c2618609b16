//! Network namespaces, network_namespaces(7): which there are, and the kernel's list of each.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::diag::{self, DiagError, Dump};
use super::{errno, proc};

/// Another network namespace than ours.
#[derive(Debug)]
pub struct Netns {
    /// Its inode number, as `ip netns` and lsns(8) write it.
    pub ino: u64,
    link: OwnedFd,
}

/// Calls `visit` for each network namespace but our own that some process is in, once, and
/// returns how many processes' namespaces could not be seen. No more than one of them is held
/// open at a time, however many there are.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn for_each_other(mut visit: impl FnMut(&Netns)) -> io::Result<usize> {
    let proc = proc::open_proc()?;
    let own = rustix::fs::stat("/proc/thread-self/ns/net")?.st_ino;
    let mut seen = BTreeSet::from([own]);
    let mut unseen = 0;
    for pid in proc::pids(proc.as_fd())? {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let name = format!("{pid}/ns/net");
        let opened = rustix::fs::openat(&proc, name, flags, Mode::empty())
            .and_then(|link| Ok((rustix::fs::fstat(&link)?.st_ino, link)));
        match opened {
            Ok((ino, link)) => {
                if seen.insert(ino) {
                    visit(&Netns { ino, link });
                }
            }
            Err(errno) if proc::is_gone(errno) => {}
            Err(_) => unseen += 1,
        }
    }
    Ok(unseen)
}

/// Why a namespace's list could not be had.
#[derive(Debug, thiserror::Error)]
pub enum NetnsError {
    /// No thread to enter it with.
    #[error("cannot start a thread: {}", errno::describe(.0))]
    Thread(#[source] io::Error),
    /// It needs `CAP_SYS_ADMIN` there and here.
    #[error("cannot enter it: {}", errno::describe(.0))]
    Enter(#[source] io::Error),
    /// It was entered, and has no list.
    #[error(transparent)]
    Diag(#[from] DiagError),
}

impl Netns {
    /// The kernel's list of the namespace, read by a thread that enters it and ends there; the
    /// calling thread stays where it is.
    ///
    /// # Errors
    ///
    /// [`NetnsError`]
    pub fn dump(&self) -> Result<Dump, NetnsError> {
        let enter_and_dump = || {
            move_into_link_name_space(self.link.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|errno| NetnsError::Enter(errno.into()))?;
            let mut dump = diag::dump()?;
            for row in &mut dump.rows {
                row.netns = Some(self.ino);
            }
            Ok(dump)
        };
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new()
                .spawn_scoped(scope, enter_and_dump)
                .map_err(NetnsError::Thread)?;
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

#[cfg(test)]
// Skipped tests say so by name.
#[allow(clippy::print_stdout)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    fn elsewhere() -> Child {
        let mut child = Command::new("unshare")
            .args(["-n", "sh", "-c", "echo ready; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        child
    }

    fn is_held(ino: u64) -> bool {
        let links = std::fs::read_dir("/proc/self/fd").unwrap();
        let target = format!("net:[{ino}]");
        links
            .filter_map(|link| std::fs::read_link(link.ok()?.path()).ok())
            .any(|link| link.to_str() == Some(&target))
    }

    #[test]
    fn one_is_held_at_a_time() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: one_is_held_at_a_time: needs root");
            return;
        }
        let mut children = [elsewhere(), elsewhere(), elsewhere()];
        let number = |child: &Child| {
            let link = format!("/proc/{}/ns/net", child.id());
            rustix::fs::stat(link).unwrap().st_ino
        };
        let expected: Vec<u64> = children.iter().map(number).collect();
        let mut seen = Vec::new();
        for_each_other(|namespace| {
            assert!(is_held(namespace.ino));
            assert!(!seen.iter().any(|&before| is_held(before)));
            assert!(!seen.contains(&namespace.ino));
            seen.push(namespace.ino);
            namespace.dump().unwrap();
        })
        .unwrap();
        assert!(expected.iter().all(|ino| seen.contains(ino)));
        for child in &mut children {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
    }
}
