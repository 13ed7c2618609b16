//! Which processes hold which sockets: every descriptor of every process, read by several
//! threads, since /proc has no way from a socket to its holders.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, OnceLock};

use rustix::fs::{OFlags, SeekFrom};
use rustix::io::Errno;

use crate::sys::numbers::NumberSet;

use super::queue::{Queue, Share, Task};
use super::{ENTRIES, ProcessDir, is_gone, numbers_in, open_dir, open_proc, pids};

/// A process with more descriptors than this is shared out among the threads.
const SHARE: usize = 512;

/// As many processes a thread keeps open until it is known which sockets are wanted.
const PENDING: usize = 64;

/// The numbers of the sockets that are looked for. They may be told when a scan has already
/// begun: it reads on meanwhile, and waits only where it would have to keep too much.
#[derive(Debug, Default)]
pub struct Wanted(OnceLock<NumberSet<u32>>);

impl Wanted {
    /// To be told for a scan to end; a second telling changes nothing.
    pub fn tell(&self, sockets: NumberSet<u32>) {
        self.0.get_or_init(|| sockets);
    }

    /// Waits until it is told.
    pub fn wait(&self) -> &NumberSet<u32> {
        self.0.wait()
    }
}

impl From<NumberSet<u32>> for Wanted {
    fn from(sockets: NumberSet<u32>) -> Wanted {
        Wanted(OnceLock::from(sockets))
    }
}

impl FromIterator<u32> for Wanted {
    fn from_iter<I: IntoIterator<Item = u32>>(sockets: I) -> Wanted {
        Wanted::from(NumberSet::from_iter(sockets))
    }
}

/// A descriptor of a process, found to be one of the sockets that were looked for.
#[derive(Debug, Clone, Copy)]
pub struct Holding<'a> {
    /// Who holds it.
    pub process: &'a ProcessDir,
    /// The kernel's number of the socket.
    pub socket: u32,
    /// The number of the descriptor.
    pub descriptor: u32,
}

/// What [`scan`] brought home.
#[derive(Debug)]
pub struct Scan<T> {
    /// What `visit` made of each holding, in no order.
    pub found: Vec<T>,
    /// Processes whose descriptors could not all be looked at: we may not, or something was
    /// short. One that has gone is none of them.
    pub denied: usize,
}

/// Calls `visit` for every descriptor of every process that is one of the sockets `wanted`,
/// from up to `jobs` threads at once.
///
/// # Errors
///
/// Where /proc cannot be read. A process that goes away meanwhile is none.
pub fn scan<T: Send>(
    wanted: &Wanted,
    jobs: NonZeroUsize,
    visit: impl Fn(&Holding<'_>) -> Option<T> + Sync,
) -> io::Result<Scan<T>> {
    let proc = open_proc()?;
    let mut pids = pids(proc.as_fd())?;
    let new_worker = || Worker {
        proc: proc.as_fd(),
        wanted,
        visit: &visit,
        pending: Vec::new(),
        found: Vec::new(),
        missed: NumberSet::default(),
    };
    // Ours comes first and alone: what `visit` fetches from others for a moment is in our own
    // table, and we would be taken for a holder.
    let own = std::process::id();
    pids.retain(|&pid| pid != own);
    let mut first = new_worker();
    first.process_alone(own);
    let queue = Queue::new(pids);
    let worker = |mut worker: Worker<'_, _, _>| {
        worker.run(&queue);
        worker.settle();
        (worker.found, worker.missed)
    };
    let (mut all, mut all_missed) = (Vec::new(), NumberSet::default());
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.get())
            .map_while(|_| {
                let worker = || worker(new_worker());
                std::thread::Builder::new().spawn_scoped(scope, worker).ok()
            })
            .collect();
        let own = worker(first);
        let parts = others.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        for (found, missed) in std::iter::once(own).chain(parts) {
            all.extend(found);
            all_missed.extend(missed);
        }
    });
    Ok(Scan {
        found: all,
        denied: all_missed.len(),
    })
}

struct Worker<'a, T, V> {
    proc: BorrowedFd<'a>,
    wanted: &'a Wanted,
    visit: &'a V,
    pending: Vec<Sockets>,
    found: Vec<T>,
    /// The pids of those that could not be looked at.
    missed: NumberSet<u32>,
}

/// The sockets among the descriptors of a process.
struct Sockets {
    process: Arc<ProcessDir>,
    /// Each descriptor, and the number of its socket.
    sockets: Vec<(u32, u32)>,
}

impl<T, V: Fn(&Holding<'_>) -> Option<T>> Worker<'_, T, V> {
    fn run(&mut self, queue: &Queue) {
        let mut buffer = vec![MaybeUninit::uninit(); ENTRIES];
        let mut numbers = Vec::new();
        while let Some(task) = queue.next() {
            match task {
                Task::Share(share) => {
                    let pid = share.process.pid();
                    self.look(pid, &share.dir, &share.numbers, || Ok(share.process));
                }
                Task::Process(pid) => {
                    numbers.clear();
                    let dir = self.list(pid, &mut buffer, &mut numbers);
                    let Some(dir) = dir else {
                        queue.listed(std::iter::empty());
                        continue;
                    };
                    self.process(queue, pid, dir, &numbers);
                }
            }
        }
    }

    fn process_alone(&mut self, pid: u32) {
        let mut numbers = Vec::new();
        let mut buffer = vec![MaybeUninit::uninit(); ENTRIES];
        if let Some(dir) = self.list(pid, &mut buffer, &mut numbers) {
            self.look_alone(pid, &dir, &numbers);
        }
    }

    fn look_alone(&mut self, pid: u32, dir: &OwnedFd, numbers: &[u32]) {
        self.look(pid, dir, numbers, || pin(pid, dir));
    }

    fn process(&mut self, queue: &Queue, pid: u32, dir: OwnedFd, numbers: &[u32]) {
        if numbers.len() <= SHARE {
            queue.listed(std::iter::empty());
            self.look_alone(pid, &dir, numbers);
            return;
        }
        let process = match pin(pid, &dir) {
            Ok(process) => process,
            Err(errno) => {
                self.miss(pid, errno);
                queue.listed(std::iter::empty());
                return;
            }
        };
        let dir = Arc::new(dir);
        queue.listed(numbers.chunks(SHARE).map(|numbers| Share {
            process: Arc::clone(&process),
            dir: Arc::clone(&dir),
            numbers: numbers.to_vec(),
        }));
    }

    fn list(
        &mut self,
        pid: u32,
        buffer: &mut [MaybeUninit<u8>],
        numbers: &mut Vec<u32>,
    ) -> Option<OwnedFd> {
        let listed = descriptors(self.proc, pid, buffer, numbers);
        listed.map_err(|errno| self.miss(pid, errno)).ok()
    }

    fn miss(&mut self, pid: u32, errno: Errno) {
        if !is_gone(errno) {
            self.missed.insert(pid);
        }
    }

    /// Looks at some descriptors of a process. `process` pins it, which is only done where there
    /// is something to say of it.
    fn look(
        &mut self,
        pid: u32,
        dir: &OwnedFd,
        numbers: &[u32],
        process: impl FnOnce() -> rustix::io::Result<Arc<ProcessDir>>,
    ) {
        let wanted = self.wanted.0.get();
        let mut sockets = Vec::new();
        for &descriptor in numbers {
            match socket_number(dir, descriptor) {
                Ok(Some(socket)) if wanted.is_none_or(|wanted| wanted.contains(&socket)) => {
                    sockets.push((descriptor, socket));
                }
                // Numbers are tried blindly; and the name of a socket is never too long.
                Ok(_) | Err(Errno::NOENT | Errno::NAMETOOLONG) => {}
                // A directory may be listed with less rights than its links are read with.
                Err(errno) => {
                    self.miss(pid, errno);
                    break;
                }
            }
        }
        if sockets.is_empty() {
            return;
        }
        match process() {
            Ok(process) => self.pending.push(Sockets { process, sockets }),
            Err(errno) => self.miss(pid, errno),
        }
        if wanted.is_some() || self.pending.len() >= PENDING {
            self.settle();
        }
    }

    /// Visits what is wanted of all that was found.
    fn settle(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        let wanted = self.wanted.wait();
        for Sockets { process, sockets } in std::mem::take(&mut self.pending) {
            for (descriptor, socket) in sockets {
                if !wanted.contains(&socket) {
                    continue;
                }
                let holding = Holding {
                    process: &process,
                    socket,
                    descriptor,
                };
                self.found.extend((self.visit)(&holding));
                if process.is_unread() {
                    self.missed.insert(process.pid());
                }
            }
        }
    }
}

/// Calls `visit` for every descriptor of these processes that is a socket, and returns how many of
/// them could not be looked at. One that has gone is none of them.
///
/// # Errors
///
/// Where /proc cannot be read.
pub fn holdings(pids: &[u32], mut visit: impl FnMut(&Holding<'_>)) -> io::Result<usize> {
    let proc = open_proc()?;
    let mut buffer = vec![MaybeUninit::uninit(); ENTRIES];
    let mut numbers = Vec::new();
    let mut denied = 0;
    for &pid in pids {
        numbers.clear();
        let looked = descriptors(proc.as_fd(), pid, &mut buffer, &mut numbers)
            .and_then(|dir| sockets_in(pid, &dir, &numbers, &mut visit));
        match looked {
            Ok(()) => {}
            Err(errno) if is_gone(errno) => {}
            Err(_) => denied += 1,
        }
    }
    Ok(denied)
}

fn sockets_in(
    pid: u32,
    dir: &OwnedFd,
    numbers: &[u32],
    visit: &mut impl FnMut(&Holding<'_>),
) -> rustix::io::Result<()> {
    let process = pin(pid, dir)?;
    for &descriptor in numbers {
        match socket_number(dir, descriptor) {
            Ok(Some(socket)) => visit(&Holding {
                process: &process,
                socket,
                descriptor,
            }),
            // As in a scan.
            Ok(None) | Err(Errno::NOENT | Errno::NAMETOOLONG) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Opens the directory of a process's descriptors, and appends the numbers that they may have.
fn descriptors(
    proc: BorrowedFd<'_>,
    pid: u32,
    buffer: &mut [MaybeUninit<u8>],
    numbers: &mut Vec<u32>,
) -> rustix::io::Result<OwnedFd> {
    let dir = open_dir(proc, &format!("{pid}/fd"), OFlags::RDONLY)?;
    // Listing costs nearly as much as reading every link. Linux 6.2 and later give the count of
    // descriptors as the size of the directory (0 before), and descriptors are given out from
    // below: numbers under the count are tried blindly, and only those beyond are listed. An
    // entry's offset is its number and two, for `.` and `..`.
    let count = u32::try_from(rustix::fs::fstat(&dir)?.st_size).unwrap_or(0);
    if count > 0 {
        numbers.extend(0..count);
        rustix::fs::seek(&dir, SeekFrom::Start(u64::from(count) + 2))?;
    }
    numbers_in(dir.as_fd(), buffer, numbers)?;
    Ok(dir)
}

/// The way up from `fd` leads to its process and no other, whatever the pid is by now.
fn pin(pid: u32, dir: &OwnedFd) -> rustix::io::Result<Arc<ProcessDir>> {
    let process = open_dir(dir.as_fd(), "..", OFlags::PATH)?;
    Ok(Arc::new(ProcessDir::new(pid, process)))
}

/// N, where the descriptor leads to `socket:[N]`.
fn socket_number(dir: &OwnedFd, descriptor: u32) -> rustix::io::Result<Option<u32>> {
    let mut digits = [0; 11];
    let name = decimal(descriptor, &mut digits);
    let mut target = [MaybeUninit::<u8>::uninit(); 32];
    let (target, _) = rustix::fs::readlinkat_raw(dir, name, &mut target)?;
    Ok(number_in(target))
}

fn number_in(target: &[u8]) -> Option<u32> {
    let number = target.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    number.iter().try_fold(0_u32, |sum, &digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// The number as a C string in a buffer that is NUL from end to end: no allocation a descriptor.
fn decimal(mut number: u32, buffer: &mut [u8; 11]) -> &CStr {
    let mut start = buffer.len() - 1;
    loop {
        start -= 1;
        #[allow(clippy::cast_possible_truncation)] // a digit
        let digit = (number % 10) as u8;
        buffer[start] = b'0' + digit;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    CStr::from_bytes_until_nul(&buffer[start..]).unwrap_or_default()
}

#[cfg(test)]
mod tests;
