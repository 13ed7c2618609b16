//! Tests until everybody is live, in somebody else's loop: nothing here waits.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use crate::model::{Probed, SocketName, State};

use super::super::lookout::{Lookout, Woken};
use super::attempt::{Attempt, Begun};
use super::exchange::Verdict;
use super::wait::{Waiting, is_good, test};
use super::{Exchange, Options};

/// Addresses that are tested one after the other, each until it was live once.
#[allow(missing_debug_implementations)] // a connection and what was said over it
pub struct Vigil {
    names: VecDeque<SocketName>,
    options: Options,
    lookout: Lookout,
    waiting: Waiting,
    attempt: Option<Box<Attempt<'static>>>,
    until_taken: bool,
    last: Option<Probed>,
}

impl Vigil {
    /// The first test is due at once.
    pub fn new(names: Vec<SocketName>, options: Options, now: Instant) -> Vigil {
        Vigil {
            names: names.into(),
            options,
            lookout: Lookout::new(),
            waiting: Waiting::new(now),
            attempt: None,
            until_taken: false,
            last: None,
        }
    }

    /// With nobody left in its queue, where the kernel's list tells of one: whoever connected
    /// before has been let in.
    pub fn until_taken(self) -> Vigil {
        Vigil {
            until_taken: true,
            ..self
        }
    }

    fn is_good(&self, probed: &Probed) -> bool {
        let waits = probed.socket.queue.is_some_and(|queue| queue > 0);
        is_good(probed) && !(self.until_taken && waits)
    }

    /// What becomes readable, or, if it [wants to write](Vigil::wants_to_write), writable, when it
    /// is its turn.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        match &self.attempt {
            Some(attempt) => Some(attempt.as_fd()),
            None => self.lookout.fd(),
        }
    }

    /// Whether it is room to write that it waits for.
    pub fn wants_to_write(&self) -> bool {
        let attempt = self.attempt.as_ref();
        attempt.is_some_and(|attempt| attempt.wants_to_send())
    }

    /// When it is its turn in any case.
    pub fn deadline(&self, now: Instant) -> Instant {
        match &self.attempt {
            Some(attempt) => now + self.options.timeout.saturating_sub(attempt.lasts()),
            None => self.waiting.next,
        }
    }

    /// The address that is waited for, and what the last test of it showed.
    pub fn waits_for(&self) -> Option<(&SocketName, Option<&Probed>)> {
        Some((self.names.front()?, self.last.as_ref()))
    }

    /// Tests what is due. Whether all have been live.
    pub fn turn(&mut self, now: Instant) -> bool {
        while !self.names.is_empty() {
            let Some(probed) = self.one_test(now) else {
                return false;
            };
            if self.is_good(&probed) {
                self.names.pop_front();
                self.last = None;
                self.waiting = Waiting::new(now);
                self.lookout = Lookout::new();
            } else {
                let state = if is_good(&probed) {
                    // What is still in its queue is told by nobody.
                    State::NotListening
                } else {
                    probed.socket.state
                };
                self.waiting.grow(state);
                self.last = Some(probed);
            }
        }
        true
    }

    /// Goes on with the one that is open, or begins the next one. `None`: it is not its turn.
    fn one_test(&mut self, now: Instant) -> Option<Probed> {
        if let Some(mut attempt) = self.attempt.take() {
            return match attempt.go_on() {
                Verdict::Open if attempt.lasts() < self.options.timeout => {
                    self.attempt = Some(attempt);
                    None
                }
                Verdict::Open => {
                    let verdict = attempt.is_late();
                    Some(attempt.end(verdict))
                }
                verdict => Some(attempt.end(verdict)),
            };
        }
        // There is one name that is looked out for.
        let nobody = Woken::These(BTreeSet::new());
        if self.lookout.wait(Duration::ZERO) != nobody {
            self.waiting = Waiting::new(now);
        }
        if self.waiting.next > now {
            return None;
        }
        let name = self.names.front()?;
        self.waiting.watch(name, 0, &mut self.lookout);
        match &self.options.exchange {
            Some(exchange) => self.begin(&name.clone(), exchange.clone()),
            None => test(self.names.make_contiguous(), &[0], &self.options)
                .pop()
                .map(|(_, probed)| probed),
        }
    }

    fn begin(&mut self, name: &SocketName, exchange: Exchange) -> Option<Probed> {
        match Attempt::begin(name, &self.options, Cow::Owned(exchange)) {
            Begun::Done(probed) => Some(*probed),
            Begun::Open(attempt) => {
                self.attempt = Some(attempt);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::super::Statuses;
    use super::*;

    fn options(silent: bool, exchange: Option<Exchange>) -> Options {
        Options {
            silent,
            kind: None,
            exchange,
            timeout: Duration::from_secs(60),
            jobs: None,
        }
    }

    fn vigil(paths: &[&Path], options: Options) -> Vigil {
        let names = paths.iter().map(|path| SocketName::from(path.as_os_str()));
        Vigil::new(names.collect(), options, Instant::now())
    }

    fn last(vigil: &Vigil) -> &Probed {
        vigil.waits_for().unwrap().1.unwrap()
    }

    /// As a loop would do it, at most so many times.
    fn turns(vigil: &mut Vigil, most: usize) -> bool {
        for _ in 0..most {
            let now = Instant::now();
            if vigil.turn(now) {
                return true;
            }
            let longest = vigil
                .deadline(now)
                .saturating_duration_since(Instant::now());
            let longest = Timespec::try_from(longest).unwrap();
            let flags = if vigil.wants_to_write() {
                PollFlags::OUT
            } else {
                PollFlags::IN
            };
            let fd = vigil.fd().unwrap();
            poll(&mut [PollFd::from_borrowed_fd(fd, flags)], Some(&longest)).unwrap();
        }
        false
    }

    #[test]
    fn listening_is_seen_and_leaves_no_trace() {
        let place = tempfile::tempdir().unwrap();
        let (first, second) = (place.path().join("a/b/s"), place.path().join("t"));
        let mut vigil = vigil(&[&first, &second], options(true, None));
        assert!(!turns(&mut vigil, 3));
        assert_eq!(last(&vigil).socket.state, State::Missing);
        std::fs::create_dir_all(first.parent().unwrap()).unwrap();
        let first = UnixListener::bind(&first).unwrap();
        assert!(!turns(&mut vigil, 3));
        let second = UnixListener::bind(&second).unwrap();
        assert!(turns(&mut vigil, 50));
        for listener in [first, second] {
            listener.set_nonblocking(true).unwrap();
            assert!(listener.accept().is_err());
        }
    }

    #[test]
    fn a_socket_that_is_bound_and_does_not_listen_is_waited_for() {
        use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, bind, listen, socket};
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let server = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        bind(&server, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        for silent in [true, false] {
            let mut vigil = vigil(&[&path], options(silent, None));
            assert!(!turns(&mut vigil, 4));
            assert_eq!(last(&vigil).socket.state, State::NotListening);
        }
        listen(&server, 4).unwrap();
        for silent in [true, false] {
            assert!(turns(&mut vigil(&[&path], options(silent, None)), 1));
        }
    }

    #[test]
    fn an_http_answer_is_waited_for_and_another_one_is_not_enough() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let exchange = Exchange::get("/health", Statuses::default());
        let mut vigil = vigil(&[&path], options(false, Some(exchange)));
        let listener = UnixListener::bind(&path).unwrap();
        assert!(!vigil.turn(Instant::now()), "nobody has answered");
        let answer = |status: &str| {
            let (mut client, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = client.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /health HTTP/1.1\r\n"));
            write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
        };
        answer("503 no");
        assert!(!vigil.turn(Instant::now()));
        assert_eq!(last(&vigil).http_status, Some(503));
        assert!(!turns(&mut vigil, 1), "a new one is due later");
        assert!(!vigil.turn(Instant::now()));
        answer("204 ok");
        assert!(turns(&mut vigil, 2));
    }

    #[test]
    fn a_server_that_does_not_answer_is_asked_anew() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let exchange = Exchange::get("/", Statuses::default());
        let mut options = options(false, Some(exchange));
        options.timeout = Duration::from_millis(5);
        let mut vigil = vigil(&[&path], options);
        assert!(!turns(&mut vigil, 6));
        let error = last(&vigil).error.clone().unwrap();
        assert!(error.contains("the time is over"), "{error}");
        listener.set_nonblocking(true).unwrap();
        let mut clients = 0;
        while listener.accept().is_ok() {
            clients += 1;
        }
        assert!(clients > 1);
    }
}
