//! What tells that a command is ready, where it does not say so itself.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::parent::event::{ChildId, Event, News};
use super::parent::source::Source;
use crate::model::SocketName;
use crate::observe::probe::{Options, Vigil};

/// `--ready delay:DUR`: after that time.
#[derive(Debug)]
pub struct Delay {
    length: Duration,
    due: Option<(ChildId, Instant)>,
}

impl Delay {
    /// From the start on.
    pub fn new(length: Duration) -> Delay {
        Delay { length, due: None }
    }
}

impl Source for Delay {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn deadline(&self) -> Option<Instant> {
        self.due.map(|(_, at)| at)
    }

    fn turn(&mut self, now: Instant) -> Vec<Event> {
        let due = self.due.take_if(|(_, at)| *at <= now);
        due.map(|(id, _)| Event::LooksReady(id))
            .into_iter()
            .collect()
    }

    fn hear(&mut self, news: News, now: Instant) -> Vec<Event> {
        match news {
            // What is later than the clock goes is never.
            News::Started(id) => {
                self.due = now.checked_add(self.length).map(|at| (id, at));
            }
            News::Ready(_) | News::Stopping | News::Ended(_) => self.due = None,
            News::Forked { .. } | News::Check(_) => {}
        }
        Vec::new()
    }
}

/// `--ready listen`, `connect` and `http:URI`: when its sockets have stood the test.
#[allow(missing_debug_implementations)] // a connection and what was said over it
pub struct Tested {
    names: Vec<SocketName>,
    options: Options,
    going_on: Option<(ChildId, Vigil, Instant)>,
}

impl Tested {
    /// Every one of them has to, one after the other.
    pub fn new(names: Vec<SocketName>, options: Options) -> Tested {
        Tested {
            names,
            options,
            going_on: None,
        }
    }

    /// It will not be waited for any more; says what it was about.
    fn give_up(&mut self) {
        let Some((_, vigil, _)) = self.going_on.take() else {
            return;
        };
        if let Some(probed) = vigil.last() {
            let why = [&probed.socket.why, &probed.error].into_iter().flatten();
            let why: Vec<&str> = why.map(String::as_str).collect();
            tracing::warn!(
                "not ready: {} is {}: {}",
                probed.socket.name.to_bytes().escape_ascii(),
                probed.socket.state,
                why.join("; ").escape_debug()
            );
        }
    }
}

impl Source for Tested {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.going_on.as_ref()?.1.fd()
    }

    fn wants_to_write(&self) -> bool {
        let going_on = self.going_on.as_ref();
        going_on.is_some_and(|(_, vigil, _)| vigil.wants_to_write())
    }

    fn deadline(&self) -> Option<Instant> {
        self.going_on.as_ref().map(|(_, _, deadline)| *deadline)
    }

    fn turn(&mut self, now: Instant) -> Vec<Event> {
        let Some((id, vigil, deadline)) = &mut self.going_on else {
            return Vec::new();
        };
        if vigil.turn(now) {
            let id = *id;
            self.going_on = None;
            return vec![Event::LooksReady(id)];
        }
        *deadline = vigil.deadline(now);
        Vec::new()
    }

    fn hear(&mut self, news: News, now: Instant) -> Vec<Event> {
        match news {
            News::Started(id) => {
                let vigil = Vigil::new(self.names.clone(), self.options.clone(), now);
                self.going_on = Some((id, vigil, now));
                return self.turn(now);
            }
            News::Ready(_) => self.going_on = None,
            News::Stopping | News::Ended(_) => self.give_up(),
            News::Forked { .. } | News::Check(_) => {}
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    const FIRST: ChildId = ChildId::FIRST;

    #[test]
    fn after_a_while_and_only_while_it_runs() {
        let mut delay = Delay::new(Duration::from_secs(3));
        let start = Instant::now();
        assert_eq!((delay.fd().is_none(), delay.deadline()), (true, None));
        delay.hear(News::Started(FIRST), start);
        let due = delay.deadline().unwrap();
        assert_eq!(due, start + Duration::from_secs(3));
        assert_eq!(delay.turn(start), []);
        assert_eq!(delay.turn(due), [Event::LooksReady(FIRST)]);
        assert_eq!(delay.deadline(), None);
        for end in [News::Ended(FIRST), News::Stopping, News::Ready(FIRST)] {
            delay.hear(News::Started(FIRST), start);
            delay.hear(end, start);
            assert_eq!((delay.deadline(), delay.turn(due)), (None, vec![]));
        }
        let mut never = Delay::new(Duration::MAX);
        never.hear(News::Started(FIRST), start);
        assert_eq!(never.deadline(), None);
    }

    #[test]
    fn when_its_socket_listens() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let options = Options {
            silent: true,
            kind: None,
            exchange: None,
            timeout: Duration::from_secs(1),
            jobs: None,
        };
        let names = vec![SocketName::from(path.as_os_str())];
        let mut tested = Tested::new(names, options);
        let now = Instant::now();
        assert!(tested.deadline().is_none() && tested.fd().is_none());
        assert_eq!(tested.hear(News::Started(FIRST), now), []);
        assert!(tested.deadline().is_some_and(|at| at > now) && tested.fd().is_some());
        let _listener = UnixListener::bind(&path).unwrap();
        assert_eq!(tested.turn(Instant::now()), [Event::LooksReady(FIRST)]);
        assert!(tested.deadline().is_none() && tested.fd().is_none());
        assert_eq!(
            tested.hear(News::Started(FIRST), now),
            [Event::LooksReady(FIRST)]
        );
    }
}
