//! Something that the parent listens to besides signals and children: a socket for notifications,
//! names in a directory, a look from time to time.

use std::os::fd::BorrowedFd;
use std::time::Instant;

use super::event::{Event, News};

/// Something that the parent listens to.
///
/// It lives in the parent's only thread: nothing that it does may wait.
pub trait Source {
    /// What becomes readable when it has something to say; `None`: nothing does.
    fn fd(&self) -> Option<BorrowedFd<'_>>;

    /// Whether it is room to write into what [`Source::fd`] is that it waits for, and nothing to
    /// read.
    fn wants_to_write(&self) -> bool {
        false
    }

    /// When it wants its turn even if there is nothing to read; `None`: never. What is past is at
    /// once.
    fn deadline(&self) -> Option<Instant>;

    /// Its turn, for either reason: reads what there is, does what is to be done, and says what
    /// has happened.
    fn turn(&mut self, now: Instant) -> Vec<Event>;

    /// Something has happened elsewhere.
    fn hear(&mut self, news: News, now: Instant) -> Vec<Event>;
}

/// One that somebody else has a use for afterwards.
impl<S: Source + ?Sized> Source for &mut S {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        (**self).fd()
    }

    fn wants_to_write(&self) -> bool {
        (**self).wants_to_write()
    }

    fn deadline(&self) -> Option<Instant> {
        (**self).deadline()
    }

    fn turn(&mut self, now: Instant) -> Vec<Event> {
        (**self).turn(now)
    }

    fn hear(&mut self, news: News, now: Instant) -> Vec<Event> {
        (**self).hear(news, now)
    }
}
