//! Whether a server that has come to listen is done with what it does then: many change the mode
//! of their socket a moment after listen(2). Pure.
//!
//! Whoever is done waits for clients, so all of its threads sleep. That is seen within
//! milliseconds, and a server that the kernel keeps waiting for a processor does not sleep.

use std::time::{Duration, Instant};

/// Before the first look, and twice as long before each further one.
const SHORTEST: Duration = Duration::from_millis(1);

/// Between two looks.
const LONGEST: Duration = Duration::from_millis(20);

/// So often in a row it has to be at rest.
const RESTS: u8 = 2;

/// Then it is judged as it is: there are servers that never rest.
const LAST: Duration = Duration::from_millis(500);

/// What was seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settling {
    since: Instant,
    next: Instant,
    pause: Duration,
    rests: u8,
}

impl Settling {
    /// It has just come to listen.
    pub fn new(now: Instant) -> Settling {
        Settling {
            since: now,
            next: now + SHORTEST,
            pause: SHORTEST * 2,
            rests: 0,
        }
    }

    /// When to look at it; `None`: it has settled.
    pub fn next(&self) -> Option<Instant> {
        (!self.is_over()).then_some(self.next)
    }

    /// Whether it has settled.
    pub fn is_over(&self) -> bool {
        self.rests >= RESTS
    }

    /// What a look showed.
    pub fn take(&mut self, at_rest: bool, now: Instant) {
        self.rests = if at_rest { self.rests + 1 } else { 0 };
        if now.duration_since(self.since) >= LAST {
            self.rests = RESTS;
        }
        self.next = now + self.pause;
        self.pause = (self.pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long it takes to settle.
    fn settles(is_at_rest: impl Fn(Duration) -> bool) -> Duration {
        let start = Instant::now();
        let mut settling = Settling::new(start);
        let mut last = Duration::ZERO;
        while let Some(now) = settling.next() {
            last = now - start;
            settling.take(is_at_rest(last), now);
        }
        last
    }

    #[test]
    fn who_sleeps_has_settled_and_who_works_is_waited_for() {
        let ms = Duration::from_millis;
        assert_eq!(settles(|_| true), ms(3));
        let busy = settles(|at| at > ms(100));
        assert!(busy > ms(100) && busy < ms(150), "{busy:?}");
        let never = settles(|_| false);
        assert!(never >= LAST && never < LAST + LONGEST * 2, "{never:?}");
        let now_and_then = settles(|at| at.as_millis() % 2 == 1 && at < ms(2));
        assert!(now_and_then >= LAST, "one rest is not enough");
    }
}
