//! What tells that a command is ready, where it does not say so itself.

use std::collections::VecDeque;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::parent::event::{ChildId, Event, News};
use super::parent::source::Source;
use crate::model::{Probed, SocketName};
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

/// `--ready listen`, `connect` and `http:PATH`: when its sockets have stood the tests.
#[allow(missing_debug_implementations)] // a connection and what was said over it
pub struct Tested {
    tests: VecDeque<Test>,
    going_on: Option<GoingOn>,
}

/// Every one of these sockets has to stand it once, one after the other.
#[derive(Debug, Clone)]
pub struct Test {
    /// Which.
    pub names: Vec<SocketName>,
    /// How they are tested.
    pub options: Options,
    /// When they have stood it.
    pub stands: Stands,
}

/// When a socket has stood a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Somebody listens.
    Listens,
    /// The HTTP server has given a good answer.
    Answers,
    /// Nobody is left in its queue.
    Taken,
}

impl Stands {
    /// What is the matter while it has not, with what the last test has shown.
    fn lacking(self, name: &str, probed: Option<&Probed>) -> String {
        let what = match self {
            Stands::Listens => "nothing listens on",
            Stands::Answers => "no good HTTP answer on",
            Stands::Taken => return format!("nobody has accepted a connection on {name}"),
        };
        let why = match probed {
            None => None,
            Some(Probed {
                error: Some(error), ..
            }) => Some(error.clone()),
            Some(Probed { socket, .. }) => {
                let why = socket.why.as_ref();
                let why = why.map_or_else(String::new, |why| format!(": {why}"));
                Some(format!("it is {}{why}", socket.state))
            }
        };
        let why = why.map_or_else(String::new, |why| format!(": {why}"));
        format!("{what} {name}{why}")
    }
}

/// What is the matter with one that has said so, and ended before it was believed.
const UNCHECKED: &str = "it said so, but what it listens on had not been checked yet";

/// Says what was waited for where no test knows: others make the command look ready.
#[derive(Debug)]
pub struct Unheard {
    lacking: &'static str,
    waits: bool,
}

impl Unheard {
    /// `lacking`: what is the matter while it is not ready.
    pub fn new(lacking: &'static str) -> Unheard {
        Unheard {
            lacking,
            waits: false,
        }
    }
}

impl Source for Unheard {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    fn deadline(&self) -> Option<Instant> {
        None
    }

    fn turn(&mut self, _: Instant) -> Vec<Event> {
        Vec::new()
    }

    fn hear(&mut self, news: News, _: Instant) -> Vec<Event> {
        match news {
            News::Started(_) => self.waits = true,
            News::Ready(_) => self.waits = false,
            News::Check(_) => self.lacking = UNCHECKED,
            News::Stopping | News::Ended(_) => {
                if std::mem::take(&mut self.waits) {
                    tracing::warn!("not ready: {}", self.lacking);
                }
            }
            News::Forked { .. } => {}
        }
        Vec::new()
    }
}

struct GoingOn {
    id: ChildId,
    left: VecDeque<Test>,
    vigil: Option<(Vigil, Stands)>,
    deadline: Instant,
}

impl Tested {
    /// One test after the other.
    pub fn new(tests: VecDeque<Test>) -> Tested {
        Tested {
            tests,
            going_on: None,
        }
    }

    fn vigil(&self) -> Option<&Vigil> {
        let (vigil, _) = self.going_on.as_ref()?.vigil.as_ref()?;
        Some(vigil)
    }

    /// It will not be waited for any more; says what it was about.
    fn give_up(&mut self) {
        let vigil = self.going_on.as_ref().and_then(|it| it.vigil.as_ref());
        if let Some((vigil, stands)) = vigil
            && let Some((name, probed)) = vigil.waits_for()
        {
            let name = name.to_bytes();
            let name = String::from_utf8_lossy(&name);
            tracing::warn!("not ready: {}", stands.lacking(&name, probed));
        }
        self.going_on = None;
    }
}

impl GoingOn {
    /// Whether all tests are over.
    fn turn(&mut self, now: Instant) -> bool {
        loop {
            if let Some((vigil, _)) = &mut self.vigil
                && !vigil.turn(now)
            {
                self.deadline = vigil.deadline(now);
                return false;
            }
            let Some(test) = self.left.pop_front() else {
                return true;
            };
            let vigil = Vigil::new(test.names, test.options, now);
            let vigil = match test.stands {
                Stands::Taken => vigil.until_taken(),
                Stands::Listens | Stands::Answers => vigil,
            };
            self.vigil = Some((vigil, test.stands));
        }
    }
}

impl Source for Tested {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.vigil()?.fd()
    }

    fn wants_to_write(&self) -> bool {
        self.vigil().is_some_and(Vigil::wants_to_write)
    }

    fn deadline(&self) -> Option<Instant> {
        self.going_on.as_ref().map(|it| it.deadline)
    }

    fn turn(&mut self, now: Instant) -> Vec<Event> {
        let stood = self.going_on.take_if(|it| it.turn(now));
        let ready = stood.map(|it| Event::LooksReady(it.id));
        ready.into_iter().collect()
    }

    fn hear(&mut self, news: News, now: Instant) -> Vec<Event> {
        match news {
            News::Started(id) => {
                self.going_on = Some(GoingOn {
                    id,
                    left: self.tests.clone(),
                    vigil: None,
                    deadline: now,
                });
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
        let test = Test {
            names: vec![SocketName::from(path.as_os_str())],
            options,
            stands: Stands::Listens,
        };
        let mut tested = Tested::new(VecDeque::from([test]));
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

    #[test]
    fn when_a_connection_was_taken() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let test = |silent| Test {
            names: vec![SocketName::from(path.as_os_str())],
            options: Options {
                silent,
                kind: None,
                exchange: None,
                timeout: Duration::from_secs(1),
                jobs: None,
            },
            stands: if silent {
                Stands::Taken
            } else {
                Stands::Listens
            },
        };
        let mut tested = Tested::new(VecDeque::from([test(false), test(true)]));
        let now = Instant::now();
        assert_eq!(tested.hear(News::Started(FIRST), now), []);
        let mut at = tested.deadline().unwrap();
        for _ in 0..3 {
            assert_eq!(tested.turn(at), [], "it is in the queue");
            at = tested.deadline().unwrap().max(Instant::now());
        }
        drop(listener.accept().unwrap());
        assert_eq!(tested.turn(at), [Event::LooksReady(FIRST)]);
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "there was one connection");
    }
}
