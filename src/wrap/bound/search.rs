//! The sockets that the command's processes come to listen on.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::awaited::{Awaited, Progress, Seen};
use super::look::{Before, Eyes, Found, Look};
use crate::change::name::Named;
use crate::change::own::Own;
use crate::model::Inode;
use crate::observe::lookout::{Lookout, Woken};
use crate::observe::serving::Address;
use crate::sys::numbers::NumberSet;

/// A path that the command is to bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// As it was given.
    pub named: Named,
    /// The same from the root directory on.
    pub absolute: PathBuf,
    /// Whether its policy lets the group or others connect.
    pub shared: bool,
}

/// How long, from the start on, it is looked for what the command listens on where no path is
/// expected.
const WHILE: Duration = Duration::from_secs(5);

/// When a command that listens on nothing counts as ready.
const ANYWAY: Duration = Duration::from_secs(2);

/// The first pause between two looks, and the longest.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(250);

/// Looks for sockets.
#[derive(Debug)]
pub struct Search {
    what: What,
    before: Before,
    eyes: Option<Eyes>,
    /// The last look could not see all of its processes.
    blind: bool,
}

#[derive(Debug)]
enum What {
    Paths { lookout: Lookout, paths: Vec<One> },
    Anything(Anything),
}

#[derive(Debug)]
struct One {
    expected: Expected,
    awaited: Awaited,
    unwatched: bool,
    told: bool,
}

#[derive(Debug)]
struct Anything {
    started: Instant,
    pause: Duration,
    next: Option<Instant>,
    known: NumberSet<u32>,
    listens: bool,
    insists: bool,
}

/// What a turn has brought.
#[derive(Debug, Default)]
pub struct Turn {
    /// Files that were not known before.
    pub found: Vec<Found>,
    /// A process that has come to listen on something else.
    pub holder: Option<u32>,
    /// An expected path that somebody else listens on.
    pub taken: Option<(PathBuf, Inode)>,
}

impl Search {
    /// For these paths; where there are none, for whatever it comes to listen on. Nothing is looked
    /// at before [`Search::begin`].
    pub fn new(expected: &[Expected], before: Before, eyes: Option<Eyes>) -> Search {
        let now = Instant::now();
        let what = if expected.is_empty() {
            What::Anything(Anything::new(now))
        } else {
            let one = |expected: &Expected| One {
                expected: expected.clone(),
                awaited: Awaited::new(now),
                unwatched: true,
                told: false,
            };
            What::Paths {
                lookout: Lookout::new(),
                paths: expected.iter().map(one).collect(),
            }
        };
        Search {
            what,
            before,
            eyes,
            blind: false,
        }
    }

    /// A command that listens on nothing does not count as ready, however long it is looked.
    pub fn insisting(mut self) -> Search {
        if let What::Anything(anything) = &mut self.what {
            anything.insists = true;
        }
        self
    }

    /// For nothing: it only looks at what it is asked about.
    pub fn for_one(eyes: Option<Eyes>) -> Search {
        Search::new(&[], Before::default(), eyes)
    }

    /// The command has been started.
    pub fn begin(&mut self, now: Instant) {
        match &mut self.what {
            What::Anything(anything) => {
                let insists = anything.insists;
                *anything = Anything {
                    insists,
                    ..Anything::new(now)
                };
            }
            What::Paths { .. } => self.hurry(now),
        }
    }

    /// It is to be looked now, for somebody waits for an answer.
    pub fn hurry(&mut self, now: Instant) {
        match &mut self.what {
            What::Anything(anything) => anything.next = anything.next.map(|_| now),
            What::Paths { paths, .. } => paths.iter_mut().for_each(|one| one.awaited.wake(now)),
        }
    }

    /// What becomes readable when something has happened at an expected path.
    pub fn fd(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        match &self.what {
            What::Paths { lookout, .. } => lookout.fd(),
            What::Anything(_) => None,
        }
    }

    /// When it wants its turn; `None`: it is over.
    pub fn next(&self) -> Option<Instant> {
        match &self.what {
            What::Paths { paths, .. } => paths.iter().filter_map(|one| one.awaited.next()).min(),
            What::Anything(anything) => anything.next,
        }
    }

    /// Whether all that is expected is there.
    pub fn is_complete(&self) -> bool {
        match &self.what {
            What::Paths { paths, .. } => paths.iter().all(|one| one.awaited.is_found()),
            What::Anything(_) => true,
        }
    }

    /// Whether the command listens: on all that is expected, or on anything; or will not.
    pub fn listens(&self, now: Instant) -> bool {
        match &self.what {
            What::Paths { .. } => self.is_complete(),
            What::Anything(anything) => {
                anything.listens || anything.anyway().is_some_and(|at| at <= now)
            }
        }
    }

    /// Whether anything was found that the command listens on.
    pub fn has_found(&self) -> bool {
        match &self.what {
            What::Paths { paths, .. } => paths.iter().any(|one| one.awaited.is_found()),
            What::Anything(anything) => anything.listens,
        }
    }

    /// When a command that listens on nothing counts as ready all the same.
    pub fn anyway(&self) -> Option<Instant> {
        match &self.what {
            What::Paths { .. } => None,
            What::Anything(anything) => anything.anyway(),
        }
    }

    /// Expected paths that were not found.
    pub fn missing(&self) -> Vec<&Expected> {
        match &self.what {
            What::Paths { paths, .. } => {
                let missing = paths.iter().filter(|one| !one.awaited.is_found());
                missing.map(|one| &one.expected).collect()
            }
            What::Anything(_) => Vec::new(),
        }
    }

    /// Whether processes of the command could not be looked at.
    pub fn is_blind(&self) -> bool {
        self.blind
    }

    /// Looks at what is due among the sockets of the process and of those below it.
    pub fn turn(&mut self, pid: u32, now: Instant) -> Turn {
        let mut look = Look::new(pid, &self.before, self.eyes);
        let turn = match &mut self.what {
            What::Paths { lookout, paths } => at_paths(lookout, paths, &mut look, now),
            What::Anything(anything) => anything.turn(&mut look, now),
        };
        if let Some(blind) = look.is_blind() {
            self.blind = blind;
        }
        turn
    }

    /// Whether no path is expected.
    pub fn is_for_anything(&self) -> bool {
        matches!(self.what, What::Anything(_))
    }

    /// One of those who have outlived the command.
    pub fn survivor(&self) -> Option<u32> {
        self.before.survivor()
    }

    /// A last look, at what those listen on who have outlived the command, where it was looked for
    /// anything: what was not found before.
    pub fn last_turn(&mut self) -> Vec<Found> {
        let now = Instant::now();
        match &mut self.what {
            What::Paths { .. } => Vec::new(),
            What::Anything(anything) => {
                anything.next = Some(now);
                self.turn(std::process::id(), now).found
            }
        }
    }

    /// Looks whether the command listens on the file that a path leads to by now.
    pub fn look_at(&self, path: &Path, pid: u32) -> (Seen, Option<Found>) {
        let mut look = Look::new(pid, &self.before, self.eyes);
        let (seen, found, _) = look.at(path);
        (seen, found)
    }
}

fn at_paths(lookout: &mut Lookout, paths: &mut [One], look: &mut Look<'_>, now: Instant) -> Turn {
    match lookout.wait(Duration::ZERO) {
        Woken::Everybody => paths.iter_mut().for_each(|one| one.wake(now)),
        Woken::These(these) => {
            for index in these {
                if let Some(one) = paths.get_mut(index) {
                    one.wake(now);
                }
            }
        }
    }
    let mut turn = Turn::default();
    for (index, one) in paths.iter_mut().enumerate() {
        if one.awaited.next().is_none_or(|next| next > now) {
            continue;
        }
        let path = &one.expected.absolute;
        // First watched and then looked at: nothing can come in between.
        if std::mem::take(&mut one.unwatched) {
            one.told = lookout.watch(path, index);
        }
        let (seen, found, inode) = look.at(path);
        match one.awaited.take(seen, one.told, now) {
            Progress::Found => turn.found.extend(found),
            Progress::Taken => turn.taken = inode.map(|inode| (path.clone(), inode)),
            Progress::Wait => {}
        }
    }
    turn
}

impl One {
    fn wake(&mut self, now: Instant) {
        self.awaited.wake(now);
        self.unwatched = true;
    }
}

impl Anything {
    fn new(started: Instant) -> Anything {
        Anything {
            started,
            pause: SHORTEST,
            next: Some(started),
            known: NumberSet::default(),
            listens: false,
            insists: false,
        }
    }

    fn anyway(&self) -> Option<Instant> {
        (!self.insists).then(|| self.started + ANYWAY)
    }

    /// When to look again: for a while, and as long as that is waited for.
    fn again(&self, now: Instant) -> Option<Instant> {
        let last = self.started + WHILE;
        if self.insists && !self.listens {
            Some(now + self.pause)
        } else {
            (now < last).then(|| (now + self.pause).min(last))
        }
    }

    fn turn(&mut self, look: &mut Look<'_>, now: Instant) -> Turn {
        let mut turn = Turn::default();
        if self.next.is_none_or(|next| next > now) {
            return turn;
        }
        self.next = self.again(now);
        self.pause = (self.pause * 2).min(LONGEST);
        for served in &look.serving().sockets {
            if self.known.contains(&served.number) {
                continue;
            }
            self.listens = true;
            let found = match &served.address {
                Address::File(file) => file.find(),
                Address::Abstract(_) | Address::Inet => {
                    self.known.insert(served.number);
                    turn.holder = Some(served.holder);
                    continue;
                }
            };
            // Without a path that leads to it there is nothing to be judged; it may yet get one.
            let Some((path, pinned, _)) = found else {
                continue;
            };
            if let Ok(own) = Own::new(&path, pinned) {
                self.known.insert(served.number);
                turn.found.push(Found {
                    own,
                    number: served.number,
                    holder: served.holder,
                });
            }
        }
        turn
    }
}
