//! Which processes are below another one.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::{ENTRIES, is_gone, numbers_in, open_dir, open_proc, pids};

/// The pids of all processes below `top`, itself left out, in no order: its children, theirs, and
/// so on. One that is born or whose parent dies meanwhile may be missing.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn below(top: u32) -> io::Result<Vec<u32>> {
    below_but(top, &[])
}

/// A process, told from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Born {
    pid: u32,
    /// In ticks of the clock after the start of the system (proc_pid_stat(5), `starttime`).
    at: u64,
}

impl Born {
    /// The process of that number; `None` where there is none.
    pub fn new(pid: u32) -> Option<Born> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        let at = std::str::from_utf8(behind_name(&stat)?.nth(19)?).ok()?;
        Some(Born {
            pid,
            at: at.parse().ok()?,
        })
    }
}

/// As [`below`], without these processes and what is below them.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn below_but(top: u32, but: &[Born]) -> io::Result<Vec<u32>> {
    let counts = |pid: &u32| {
        let mut of_number = but.iter().filter(|it| it.pid == *pid);
        of_number.all(|it| Born::new(*pid) != Some(*it))
    };
    let proc = open_proc()?;
    let mut buffer = vec![MaybeUninit::uninit(); ENTRIES];
    let mut found = BTreeSet::new();
    let mut todo = vec![top];
    while let Some(pid) = todo.pop() {
        match children(proc.as_fd(), pid, &mut buffer) {
            Ok(children) => {
                let children = children.into_iter().filter(counts);
                todo.extend(children.filter(|&child| found.insert(child)));
            }
            Err(errno) if is_gone(errno) => {}
            // A kernel without CONFIG_PROC_CHILDREN.
            Err(Errno::OPNOTSUPP) => return by_parents(proc.as_fd(), top, counts),
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(found.into_iter().collect())
}

/// Whether every thread of the process waits for something to happen: state `S` in /proc, and not
/// for a disk. `false` where it cannot be told.
pub fn is_at_rest(pid: u32) -> bool {
    let threads = || -> rustix::io::Result<Vec<Option<u8>>> {
        let proc = open_dir(
            rustix::fs::CWD,
            &format!("/proc/{pid}/task"),
            OFlags::RDONLY,
        )?;
        let mut numbers = Vec::new();
        let mut buffer = vec![MaybeUninit::uninit(); ENTRIES];
        numbers_in(proc.as_fd(), &mut buffer, &mut numbers)?;
        let stats = numbers.iter();
        let stats = stats.filter_map(|thread| contents(&proc, &format!("{thread}/stat")).ok());
        Ok(stats.map(|stat| state_in(&stat)).collect())
    };
    threads()
        .is_ok_and(|states| !states.is_empty() && states.iter().all(|&state| state == Some(b'S')))
}

/// Children belong to the thread that made them. `EOPNOTSUPP`: the kernel does not tell.
fn children(
    proc: BorrowedFd<'_>,
    pid: u32,
    buffer: &mut [MaybeUninit<u8>],
) -> rustix::io::Result<Vec<u32>> {
    let threads = open_dir(proc, &format!("{pid}/task"), OFlags::RDONLY)?;
    let mut numbers = Vec::new();
    numbers_in(threads.as_fd(), buffer, &mut numbers)?;
    let (mut children, mut seen) = (Vec::new(), false);
    for &thread in &numbers {
        match contents(&threads, &format!("{thread}/children")) {
            Ok(text) => {
                seen = true;
                let pids = text.split(u8::is_ascii_whitespace);
                children.extend(pids.filter_map(number));
            }
            Err(errno) if is_gone(errno) => {}
            Err(errno) => return Err(errno),
        }
    }
    if !seen && !numbers.is_empty() && contents(&threads, &format!("{}/stat", numbers[0])).is_ok() {
        return Err(Errno::OPNOTSUPP);
    }
    Ok(children)
}

/// The long way: the parent of every process that there is.
fn by_parents(
    proc: BorrowedFd<'_>,
    top: u32,
    counts: impl Fn(&u32) -> bool,
) -> io::Result<Vec<u32>> {
    let parents: Vec<(u32, u32)> = pids(proc)?
        .into_iter()
        .filter_map(|pid| {
            let dir = open_dir(proc, &pid.to_string(), OFlags::PATH).ok()?;
            Some((pid, parent_in(&contents(&dir, "stat").ok()?)?))
        })
        .collect();
    let mut found = Vec::new();
    let mut todo = vec![top];
    while let Some(above) = todo.pop() {
        let below = parents.iter().filter(|(_, parent)| *parent == above);
        for &(pid, _) in below {
            if !found.contains(&pid) && counts(&pid) {
                found.push(pid);
                todo.push(pid);
            }
        }
    }
    Ok(found)
}

pub(super) fn parent_in(stat: &[u8]) -> Option<u32> {
    number(behind_name(stat)?.nth(1)?)
}

fn state_in(stat: &[u8]) -> Option<u8> {
    behind_name(stat)?.next()?.first().copied()
}

/// The fields behind the name in `PID (NAME) STATE PPID ...`; the name may have blanks and
/// parentheses in it.
fn behind_name(stat: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let end = stat.iter().rposition(|&byte| byte == b')')?;
    Some(stat.get(end + 1..)?.split(|&byte| byte == b' ').skip(1))
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn contents(dir: &OwnedFd, name: &str) -> rustix::io::Result<Vec<u8>> {
    let how = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, how, Mode::empty())?;
    let mut bytes = Vec::new();
    File::from(file)
        .read_to_end(&mut bytes)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A shell, its child, and a child of that one, which is the last to speak.
    fn family() -> (Child, u32) {
        let mut shell = Command::new("sh")
            .args(["-c", "sh -c 'sh -c \"echo \\$\\$; read line\"; :'; :"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(shell.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        (shell, line.trim().parse().unwrap())
    }

    #[test]
    fn grandchildren_are_found_in_both_ways() {
        let (mut shell, youngest) = family();
        let proc = open_proc().unwrap();
        for found in [
            below(shell.id()).unwrap(),
            by_parents(proc.as_fd(), shell.id(), |_| true).unwrap(),
        ] {
            assert!(found.contains(&youngest), "{youngest} in {found:?}");
            assert!(!found.contains(&shell.id()));
            assert!(!found.contains(&std::process::id()));
        }
        assert!(below(std::process::id()).unwrap().contains(&youngest));
        let born = Born::new(shell.id()).unwrap();
        let of_another_time = Born { at: 0, ..born };
        let own = std::process::id();
        let found = |but: &[Born]| below_but(own, but).unwrap().contains(&youngest);
        assert!(!found(&[born]) && found(&[of_another_time]) && found(&[]));
        let not_it = |pid: &u32| *pid != shell.id();
        assert!(
            !by_parents(proc.as_fd(), own, not_it)
                .unwrap()
                .contains(&youngest)
        );
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(below(shell.id()).unwrap(), [0_u32; 0]);
    }

    /// Children of a thread that is not the first one count, too.
    #[test]
    fn every_thread_has_children() {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
                assert!(below(std::process::id()).unwrap().contains(&child.id()));
                drop(child.stdin.take());
                child.wait().unwrap();
            });
        });
    }

    #[test]
    fn names_do_not_confuse_the_parent() {
        assert_eq!(parent_in(b"7 (a) S 1 (b) R 3 4"), Some(3));
        assert_eq!(parent_in(b"7 (a b) S 12 7 7 0"), Some(12));
        assert_eq!(parent_in(b"7 (a"), None);
        assert_eq!(state_in(b"7 (a) S 1 (b) R 3 4"), Some(b'R'));
    }

    #[test]
    fn who_waits_is_at_rest_and_who_works_is_not() {
        let (mut shell, youngest) = family();
        // It has spoken, and has yet to come to the point where it waits.
        while !is_at_rest(youngest) {
            std::thread::yield_now();
        }
        assert!(!is_at_rest(std::process::id()), "we are asking just now");
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert!(!is_at_rest(youngest));
    }
}
