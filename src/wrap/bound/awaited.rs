//! A path that the command is to bind: what was seen of it so far, and when to look again. Pure.
//!
//! That a name appears is told by the kernel; that somebody listens is not (listen(2) raises no
//! event), so looks follow each other with growing pauses.

use std::time::{Duration, Instant};

/// Between two looks at what has just changed.
const SHORTEST: Duration = Duration::from_millis(1);

/// Between two looks at what is bound and does not listen yet.
const LONGEST: Duration = Duration::from_millis(100);

/// Between two looks at what the kernel tells us about: for what it does not tell, such as a
/// change behind a link or on a network file system.
const LONGEST_WATCHED: Duration = Duration::from_secs(1);

/// How long somebody else has to listen there: for a descriptor may be on its way between two
/// processes, and processes come and go while they are looked through.
const STRANGE: Duration = Duration::from_millis(500);

/// What a look at the path showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing is there, or what is there has no business to be.
    Nothing,
    /// A socket file, and nobody who is known to listen on it.
    Quiet,
    /// Somebody listens on it, and that is none of the command's processes. The number is that of
    /// the kernel's socket.
    Strange(u32),
    /// A process of the command listens on it.
    Ours,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Look again when it is time.
    Wait,
    /// Somebody else has it, and keeps it.
    Taken,
    /// It is there.
    Found,
}

/// When to look at a path again, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    pause: Duration,
    next: Option<Instant>,
    stranger: Option<(u32, Instant)>,
}

impl Awaited {
    /// Not looked at yet.
    pub fn new(now: Instant) -> Awaited {
        Awaited {
            pause: SHORTEST,
            next: Some(now),
            stranger: None,
        }
    }

    /// When it is to be looked at; `None`: no more.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Whether it was found.
    pub fn is_found(&self) -> bool {
        self.next.is_none()
    }

    /// Something has happened there.
    pub fn wake(&mut self, now: Instant) {
        if self.next.is_some() {
            (self.pause, self.next) = (SHORTEST, Some(now));
        }
    }

    /// What follows from a look; `told`: the kernel tells when a name comes.
    pub fn take(&mut self, seen: Seen, told: bool, now: Instant) -> Progress {
        self.stranger = match (seen, self.stranger) {
            (Seen::Strange(number), Some((before, since))) if before == number => {
                Some((number, since))
            }
            (Seen::Strange(number), _) => Some((number, now)),
            _ => None,
        };
        if seen == Seen::Ours {
            self.next = None;
            return Progress::Found;
        }
        let longest = match seen {
            Seen::Nothing if told => LONGEST_WATCHED,
            _ => LONGEST,
        };
        self.next = Some(now + self.pause);
        self.pause = (self.pause * 2).min(longest);
        match self.stranger {
            Some((_, since)) if now.duration_since(since) >= STRANGE => Progress::Taken,
            _ => Progress::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TELLS: bool = true;

    /// Looks as often as it wants to be looked at; how often that was and how long it took.
    fn looks(seen: Seen, tells: bool, until: Duration) -> (usize, Option<Duration>) {
        let start = Instant::now();
        let mut awaited = Awaited::new(start);
        let mut count = 0;
        while let Some(now) = awaited.next().filter(|&now| now - start < until) {
            count += 1;
            if awaited.take(seen, tells, now) == Progress::Taken {
                return (count, Some(now - start));
            }
        }
        (count, None)
    }

    #[test]
    fn pauses_grow_and_less_so_where_nobody_tells() {
        let ten = Duration::from_secs(10);
        let (told, _) = looks(Seen::Nothing, TELLS, ten);
        assert!((15..=20).contains(&told), "{told}");
        for (seen, tells) in [(Seen::Nothing, false), (Seen::Quiet, TELLS)] {
            let (count, _) = looks(seen, tells, ten);
            assert!((100..=110).contains(&count), "{seen:?} {count}");
        }
    }

    #[test]
    fn what_happens_there_starts_the_pauses_anew() {
        let start = Instant::now();
        let mut awaited = Awaited::new(start);
        for _ in 0..10 {
            let now = awaited.next().unwrap();
            awaited.take(Seen::Quiet, TELLS, now);
        }
        awaited.wake(start);
        assert_eq!(awaited.next(), Some(start));
        awaited.take(Seen::Quiet, TELLS, start);
        assert_eq!(awaited.next(), Some(start + SHORTEST));
        assert_eq!(awaited.take(Seen::Ours, TELLS, start), Progress::Found);
        awaited.wake(start);
        assert_eq!(awaited.next(), None, "found for good");
    }

    #[test]
    fn a_stranger_has_to_stay() {
        let (_, after) = looks(Seen::Strange(7), TELLS, Duration::from_secs(10));
        assert!(after.is_some_and(|after| after >= STRANGE && after < STRANGE * 2));
        let start = Instant::now();
        let mut awaited = Awaited::new(start);
        for (number, ms) in [(7, 0), (7, 400), (8, 700), (8, 1100)] {
            let now = start + Duration::from_millis(ms);
            let progress = awaited.take(Seen::Strange(number), TELLS, now);
            assert_eq!(progress, Progress::Wait, "{number} {ms}");
        }
        let now = start + Duration::from_millis(1200);
        assert_eq!(awaited.take(Seen::Strange(8), TELLS, now), Progress::Taken);
    }
}
