//! A look at the sockets of the command's processes, and at one path.

use std::io;
use std::path::Path;

use super::awaited::Seen;
use crate::change::own::Own;
use crate::model::{Gid, Inode, Uid};
use crate::observe::serving::{Address, Serving, serving};
use crate::sys::dir::Kind;
use crate::sys::numbers::NumberSet;
use crate::sys::proc::{self, Born};
use crate::sys::{creds, diag, peer, way};

/// Who looks, where we may not: a process of a user may be looked through by that user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eyes {
    /// The command's user.
    pub uid: Uid,
    /// The command's group.
    pub gid: Gid,
}

/// What was there before the command, and is none of its.
#[derive(Debug, Default)]
pub struct Before {
    /// Sockets that we have.
    sockets: NumberSet<u32>,
    /// Processes below us: who started them has become us.
    processes: Vec<Born>,
}

impl Before {
    /// Looks.
    pub fn now() -> Before {
        let own = std::process::id();
        let sockets = peer::sockets_of(own).unwrap_or_default();
        let processes = proc::below(own).unwrap_or_default();
        Before {
            sockets: sockets.into_iter().collect(),
            processes: processes.into_iter().filter_map(Born::new).collect(),
        }
    }

    /// A process below us that has come since.
    pub(super) fn survivor(&self) -> Option<u32> {
        let below = proc::below_but(std::process::id(), &self.processes);
        below.ok()?.first().copied()
    }
}

/// A socket file that was found.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub own: Own,
    /// The kernel's number of the socket that is bound to it.
    pub number: u32,
    /// A process that has it.
    pub holder: u32,
}

/// One look at all processes, made when it is first needed.
pub(super) struct Look<'a> {
    pid: u32,
    before: &'a Before,
    eyes: Option<Eyes>,
    serving: Option<Serving>,
}

impl<'a> Look<'a> {
    pub(super) fn new(pid: u32, before: &'a Before, eyes: Option<Eyes>) -> Look<'a> {
        Look {
            pid,
            before,
            eyes,
            serving: None,
        }
    }

    /// Whether some of the processes could not be looked at; `None`: nothing was looked at.
    pub(super) fn is_blind(&self) -> Option<bool> {
        self.serving.as_ref().map(|serving| serving.unseen > 0)
    }

    pub(super) fn serving(&mut self) -> &Serving {
        self.serving.get_or_insert_with(|| {
            let Before { sockets, processes } = self.before;
            let look = || serving(&family(self.pid, processes)?, sockets);
            let mut seen = look().unwrap_or_default();
            if seen.unseen > 0
                && let Some(Eyes { uid, gid }) = self.eyes
                && let Some(Ok(better)) = creds::with_eyes_of(uid, gid, look)
                && better.unseen < seen.unseen
            {
                seen = better;
            }
            seen
        })
    }

    /// What is at a path, with the file itself where it is theirs, and its inode.
    pub(super) fn at(&mut self, path: &Path) -> (Seen, Option<Found>, Option<Inode>) {
        let nothing = (Seen::Nothing, None, None);
        let Ok(reached) = way::reach(path) else {
            return nothing;
        };
        let pinned = reached.pinned;
        let Ok(facts) = pinned.facts() else {
            return nothing;
        };
        if facts.kind != Kind::Socket {
            return nothing;
        }
        let real = pinned.real_path().ok();
        let paths = [path, real.as_deref().unwrap_or(path)];
        let is_it = |address: &Address| match address {
            Address::File(file) => file.is(facts.inode, &paths),
            _ => false,
        };
        let served = self.serving().sockets.iter();
        let served = { served }.find(|served| is_it(&served.address));
        if let Some(served) = served {
            let (number, holder) = (served.number, served.holder);
            // Replaced in this very moment: then it is looked at again.
            return match Own::new(path, pinned) {
                Ok(own) => {
                    let found = Found {
                        own,
                        number,
                        holder,
                    };
                    (Seen::Ours, Some(found), Some(facts.inode))
                }
                Err(_) => (Seen::Quiet, None, Some(facts.inode)),
            };
        }
        let seen = if self.serving().unseen > 0 {
            Seen::Quiet
        } else {
            stranger(facts.inode).map_or(Seen::Quiet, Seen::Strange)
        };
        (seen, None, Some(facts.inode))
    }
}

/// Why an expected path was not found, in words.
pub(super) fn what_is_at(path: &Path) -> String {
    let facts = way::reach(path).map_err(|broken| broken.failure);
    match facts.and_then(|reached| reached.pinned.facts()) {
        Err(failure) if failure.is_missing() => "the command has not bound it".to_owned(),
        Err(failure) => format!("cannot look at it: {failure}"),
        Ok(facts) if facts.kind != Kind::Socket => {
            format!(
                "the command has not bound it; a {} is there",
                facts.kind.as_str()
            )
        }
        Ok(_) => {
            "a socket is there, and no process of the command was seen to listen on it".to_owned()
        }
    }
}

/// The process and everything below it; and what has lost its parents, for that is below us then
/// and nobody else is. One that has ended is none of it, nor one that was there before.
fn family(pid: u32, before: &[Born]) -> io::Result<Vec<u32>> {
    let own = std::process::id();
    let below = proc::below_but(own, before)?;
    let first = (pid == own || below.contains(&pid)).then_some(pid);
    let others = below.into_iter().filter(|&other| other != pid);
    Ok(first.into_iter().chain(others).collect())
}

/// The process, or else one of its family, that has a socket among its descriptors. Nothing is
/// asked but /proc: a filter of system calls may kill who asks for more.
pub(super) fn holder_below(pid: u32, number: u32, eyes: Option<Eyes>) -> Option<u32> {
    let look = || -> io::Result<(Option<u32>, usize)> {
        let mut found = None;
        let unseen = proc::holdings(&family(pid, &[])?, |holding| {
            if holding.socket == number {
                found.get_or_insert(holding.process.pid());
            }
        })?;
        Ok((found, unseen))
    };
    match (look(), eyes) {
        (Ok((None, unseen)), Some(Eyes { uid, gid })) if unseen > 0 => {
            creds::with_eyes_of(uid, gid, look)?.ok()?.0
        }
        (seen, _) => seen.ok()?.0,
    }
}

/// The number of the socket that listens there.
fn stranger(inode: Inode) -> Option<u32> {
    let low = u32::try_from(inode.ino & u64::from(u32::MAX)).ok()?;
    let rows = diag::dump().ok()?.rows;
    let is_it = |row: &&diag::Row| {
        row.vfs == Some((inode.dev, low)) && row.is_listening() && !row.is_deaf()
    };
    rows.iter().find(is_it).map(|row| row.ino)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn who_has_lost_its_parents_belongs_to_the_family() {
        crate::sys::child::adopt_orphans().unwrap();
        // Both end with this input.
        let mut shell = Command::new("sh")
            .args(["-c", "exec 3<&0; cat <&3 >/dev/null & echo $!"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = shell.stdin.take();
        let mut line = String::new();
        let mut output = BufReader::new(shell.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let (gone, orphan) = (shell.id(), line.trim().parse().unwrap());
        assert!(shell.wait().unwrap().success());
        let family = family(gone, &[]).unwrap();
        assert!(
            family.contains(&orphan) && !family.contains(&gone),
            "{family:?}"
        );
        drop(input);
    }
}
