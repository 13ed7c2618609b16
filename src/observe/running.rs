//! The processes that run now, each asked: who of them may do something with a socket.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use crate::model::{Process, Subject, Trail};
use crate::sys::proc::{self, ProcessDir};
use crate::sys::{lookup, way};

/// Whether somebody may, asked of the way that they go.
pub type Questions<'q> = dyn Fn(&Subject, &Trail) -> [bool; 2] + 'q;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// For each question the processes to which the answer is yes, by their numbers.
    pub found: [Vec<Arc<Process>>; 2],
    /// Processes of which it could not be told where the path leads them, or who they are.
    pub unknown: Vec<u32>,
}

/// Asks every process two questions of its own way to the socket. One that the path leads elsewhere
/// (another mount namespace, another root directory) is none of them.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn running(trail: &Trail, questions: &Questions<'_>) -> io::Result<Running> {
    let directory = proc::open_proc()?;
    let mut running = Running::default();
    let mut pids = proc::pids(directory.as_fd())?;
    pids.sort_unstable();
    let own = std::process::id();
    for pid in pids.into_iter().filter(|&pid| pid != own) {
        let asked = ProcessDir::open(directory.as_fd(), pid)
            .and_then(|process| ask(&process, trail, questions));
        match asked {
            Ok(Some((process, answers))) => {
                for (found, _) in running.found.iter_mut().zip(answers).filter(|it| it.1) {
                    found.push(Arc::clone(&process));
                }
            }
            Ok(None) => {}
            Err(error) if proc::has_ended(&error) => {}
            Err(_) => running.unknown.push(pid),
        }
    }
    Ok(running)
}

/// Its answers, unless both are no.
fn ask(
    process: &ProcessDir,
    trail: &Trail,
    questions: &Questions<'_>,
) -> io::Result<Option<(Arc<Process>, [bool; 2])>> {
    let Some(subject) = process.subject()? else {
        return Ok(None);
    };
    let answers = if process.shares_our_view()? {
        questions(&subject, trail)
    } else {
        let Some(trail) = its_own(process, trail)? else {
            return Ok(None);
        };
        questions(&subject, &trail)
    };
    if answers == [false; 2] {
        return Ok(None);
    }
    Ok(process.details().map(|details| (details, answers)))
}

/// The way that the path is to a process with another view; `None` where it leads elsewhere.
fn its_own(process: &ProcessDir, trail: &Trail) -> io::Result<Option<Trail>> {
    let path = &trail.socket.path;
    let is_it = |inode| inode == trail.socket.inode;
    // With care: its mounts may be such as do not answer.
    match lookup::target_for(process, path) {
        Ok(target) if is_it(target.inode) => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    match way::trace(path, Some(&process.root()?)) {
        Ok(trail) if is_it(trail.socket.inode) => Ok(Some(trail)),
        Ok(_) => Ok(None),
        Err(untold) if untold.is_gone() => Ok(None),
        Err(untold) => Err(io::Error::other(untold.to_string())),
    }
}
