//! The processes that run now, each asked: who of them may do something with a socket.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;

use crate::model::{Process, Subject, Trail};
use crate::sys::lookup;
use crate::sys::proc::{self, ProcessDir};

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// For each question the processes to which the answer is yes, by their numbers.
    pub found: [Vec<Arc<Process>>; 2],
    /// Processes of which it could not be told where the path leads them, or who they are.
    pub unknown: usize,
}

/// Asks every process two questions. One that the path leads elsewhere (another mount namespace,
/// another root directory) is none of them.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn running(trail: &Trail, questions: [&dyn Fn(&Subject) -> bool; 2]) -> io::Result<Running> {
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
            Err(_) => running.unknown += 1,
        }
    }
    Ok(running)
}

/// Its answers, unless both are no.
fn ask(
    process: &ProcessDir,
    trail: &Trail,
    questions: [&dyn Fn(&Subject) -> bool; 2],
) -> io::Result<Option<(Arc<Process>, [bool; 2])>> {
    let Some(subject) = process.subject()? else {
        return Ok(None);
    };
    let answers = questions.map(|question| question(&subject));
    if answers == [false; 2] || !is_led_there(process, trail)? {
        return Ok(None);
    }
    Ok(process.details().map(|details| (details, answers)))
}

fn is_led_there(process: &ProcessDir, trail: &Trail) -> io::Result<bool> {
    if process.shares_our_view()? {
        return Ok(true);
    }
    match lookup::target_for(process, &trail.socket.path) {
        Ok(target) => Ok(target.inode == trail.socket.inode),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
