//! One walk: what its workers share, and how many of them there are.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Builder, Scope, ScopedJoinHandle};

use crate::sys::limits;

use super::crossing::{Gate, Mounts};
use super::exclude::Exclude;
use super::haul::Haul;
use super::places::Places;
use super::pool::{Pool, Sockets, Task};
use super::root::{self, Begin};
use super::stack::Stack;
use super::worker::Worker;
use super::{Found, Known, Progress, Request, Walked};

/// As many directories must wait before a second thread is worth its start.
const ENOUGH: usize = 32;

/// Descriptors that a worker needs besides those of its stack.
const BESIDES: usize = 4;

/// More open directories than this save nothing.
const LAST_LIMIT: usize = 4096;

/// What all workers see.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) known: Option<&'a dyn Known>,
    pub(super) progress: &'a Progress,
    pub(super) exclude: Exclude<'a>,
    pub(super) roots: Vec<Begin>,
    mounts: Mounts,
    places: OnceLock<Places>,
    crew: OnceLock<Crew>,
    pool: Pool,
    before: Haul,
    /// Behave as on a kernel before 5.6.
    pub(super) without_openat2: bool,
}

/// How many work, and how many directories each may keep open.
#[derive(Debug, Clone, Copy)]
struct Crew {
    size: usize,
    limit: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        request: &'a Request<'a>,
        known: Option<&'a dyn Known>,
        progress: &'a Progress,
    ) -> Walk<'a> {
        let exclude = Exclude::new(request.exclude);
        let mounts = Mounts::default();
        let mut before = Haul::default();
        let roots = root::prepare(request, &exclude, &mounts, &mut before);
        Walk {
            request,
            known,
            progress,
            exclude,
            pool: Pool::new(roots.len()),
            roots,
            mounts,
            places: OnceLock::new(),
            crew: OnceLock::new(),
            before,
            without_openat2: false,
        }
    }

    pub(super) fn run(mut self) -> (Walked, Vec<Vec<Found>>) {
        let mut hauls = vec![std::mem::take(&mut self.before)];
        let gate = Gate {
            mounts: &self.mounts,
            one_file_system: self.request.one_file_system,
            without_openat2: AtomicBool::new(self.without_openat2),
        };
        std::thread::scope(|scope| {
            let mut others = Vec::new();
            let mut alone = self.request.jobs != NonZeroUsize::new(1);
            let worker = Worker::new(&self, &gate);
            hauls.push(worker.run(|pending| {
                let enough = pending + self.pool.roots_left() >= ENOUGH;
                if alone && (enough || self.pool.has_sockets()) {
                    alone = false;
                    others = self.start(scope, &gate);
                }
            }));
            for other in others {
                match other.join() {
                    Ok(haul) => hauls.push(haul),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        let roots = self.roots.into_iter().map(|begin| begin.root).collect();
        Haul::merge(hauls, roots)
    }

    /// Starts the other workers, as many as the system lets us.
    fn start<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        gate: &'env Gate<'env>,
    ) -> Vec<ScopedJoinHandle<'scope, Haul>> {
        let crew = self.crew();
        (1..crew.size)
            .map_while(|_| {
                let worker = Worker::new(self, gate);
                self.pool.join();
                let started = Builder::new()
                    .name("walk".to_owned())
                    .spawn_scoped(scope, || worker.run(|_| {}));
                if started.is_err() {
                    self.pool.leave();
                }
                started.ok()
            })
            .collect()
    }

    fn crew(&self) -> Crew {
        *self.crew.get_or_init(|| {
            let open_files = usize::try_from(limits::raise_open_files()).unwrap_or(usize::MAX);
            // The other half is for everybody else in the process.
            let ours = open_files / 2;
            let wanted = self
                .request
                .jobs
                .or(std::thread::available_parallelism().ok());
            let size = wanted
                .map_or(1, NonZeroUsize::get)
                .clamp(1, (ours / (2 * BESIDES)).max(1));
            let limit = (ours / size).saturating_sub(BESIDES).clamp(2, LAST_LIMIT);
            Crew { size, limit }
        })
    }

    /// How many directories a worker may keep open, now that one has begun many.
    pub(super) fn limit(&self) -> usize {
        self.crew().limit
    }

    /// What is special on the way. The list of mounts is read when this is first asked for; where
    /// it cannot be read, mounts are only noticed when they are met.
    pub(super) fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut places = Places::new();
            if let Ok(table) = self.mounts.get() {
                let mut layers: Vec<&[u8]> = Vec::new();
                for mount in table.iter() {
                    places.add_mount(&mount.point);
                    layers.extend(mount.layers.iter().map(Vec::as_slice));
                }
                // Outer ones first.
                layers.sort_unstable();
                for layer in layers {
                    places.add_store(layer);
                }
            }
            for begin in &self.roots {
                places.add_root(begin.root.real.as_os_str().as_encoded_bytes());
            }
            places
        })
    }

    /// The type of the file system that is mounted at a real path, as far as the list goes.
    pub(super) fn mounted_at(&self, point: &[u8]) -> Option<String> {
        let table = self.mounts.get().ok()?;
        Some(table.at(point).last()?.fs_type.clone())
    }

    /// Gives some of its work away, if somebody waits.
    pub(super) fn feed(&self, stack: &mut Stack) {
        if self.pool.hungry.load(Ordering::Relaxed) > 0 {
            self.pool.take_in(stack);
        }
    }

    /// Leaves sockets to whoever has the time.
    pub(super) fn share(&self, sockets: impl DoubleEndedIterator<Item = Sockets>) {
        self.pool.share(sockets);
    }

    /// Waits for something to do; `None` when everything is done.
    pub(super) fn next(&self) -> Option<Task> {
        self.pool.next()
    }
}
