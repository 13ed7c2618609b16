//! Whether a process descends from another one, proc_pid_stat(5).

use std::fs::File;
use std::io::{self, Read};

use rustix::io::Errno;

use super::is_gone;
use super::tree::parent_in;

/// What /proc says of a process's descent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Descent {
    /// It is this child of the ancestor, or descends from it.
    Through(u32),
    /// It is none.
    Stranger,
    /// It has ended and was reaped, or may not be looked at (`hidepid=`, `ProtectProc=`).
    Unseen,
}

/// How often the way up is tried anew where somebody on it ends meanwhile.
const TRIES: usize = 16;

/// No way up is longer: an end for what /proc may show while it changes.
const LONGEST: usize = 100_000;

/// Goes up from `pid`. The ancestor has to be alive, and to take in its descendants' orphans
/// (`PR_SET_CHILD_SUBREAPER`, or as pid 1): else those are strangers.
pub fn descent(pid: u32, ancestor: u32) -> Descent {
    for _ in 0..TRIES {
        match go_up(pid, ancestor) {
            Ok(Some(child)) => return Descent::Through(child),
            Ok(None) => return Descent::Stranger,
            // Its children have gone to the ancestor, or it itself has ended.
            Err(error) if Errno::from_io_error(&error).is_some_and(is_gone) => {}
            Err(_) => break,
        }
    }
    Descent::Unseen
}

fn go_up(pid: u32, ancestor: u32) -> io::Result<Option<u32>> {
    let mut at = pid;
    for _ in 0..LONGEST {
        match parent_of(at)? {
            parent if parent == ancestor => return Ok(Some(at)),
            // Of pid 1, or of one that was started from outside of our pid namespace.
            0 => return Ok(None),
            parent => at = parent,
        }
    }
    Ok(None)
}

/// The pid of its parent; 0 where that is in no pid namespace that we see.
fn parent_of(pid: u32) -> io::Result<u32> {
    let mut bytes = Vec::with_capacity(512);
    File::open(format!("/proc/{pid}/stat"))?.read_to_end(&mut bytes)?;
    parent_in(&bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn children_and_grandchildren_descend_and_others_do_not() {
        let own = std::process::id();
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 1000 & echo $!; read line; kill $!; wait"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = shell.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let sleep: u32 = line.trim().parse().unwrap();
        assert_eq!(descent(shell.id(), own), Descent::Through(shell.id()));
        assert_eq!(descent(sleep, own), Descent::Through(shell.id()));
        assert_eq!(descent(sleep, shell.id()), Descent::Through(sleep));
        assert_eq!(descent(shell.id(), sleep), Descent::Stranger);
        assert_eq!(descent(own, own), Descent::Stranger);
        assert_eq!(descent(1, own), Descent::Stranger);
        shell.stdin.take().unwrap().write_all(b"\n").unwrap();
        shell.wait().unwrap();
        assert_eq!(descent(sleep, own), Descent::Unseen);
    }
}
