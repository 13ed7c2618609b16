//! What is said over a connection, and whether the answer is the one expected.

use std::borrow::Cow;

use regex::bytes::Regex;

use crate::model::SocketType;

use super::http::{Head, Statuses, head, request};

/// An answer that is longer before it is understood is not waited for.
const LONGEST: usize = 64 * 1024;

/// Of an answer that is not the one expected, so many bytes are kept.
const SHOWN: usize = 60;

/// What is sent, and what is expected then.
#[derive(Debug, Clone)]
pub struct Exchange {
    send: Vec<u8>,
    expected: Expected,
}

/// What is expected.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Nothing: that all could be sent is enough.
    Nothing,
    /// Bytes that match, wherever they are in what is received.
    Match(Regex),
    /// An HTTP answer of one of these statuses.
    Status(Statuses),
}

impl Exchange {
    /// Sends these bytes, or none.
    pub fn say(send: Vec<u8>, expected: Option<Regex>) -> Exchange {
        Exchange {
            send,
            expected: expected.map_or(Expected::Nothing, Expected::Match),
        }
    }

    /// Sends the request `GET path`. The path begins with `/` and has no blanks.
    pub fn get(path: &str, expected: Statuses) -> Exchange {
        Exchange {
            send: request(path),
            expected: Expected::Status(expected),
        }
    }

    /// Why nothing can be said to a socket of that type.
    pub(super) fn is_not_for(&self, kind: Option<SocketType>) -> Option<String> {
        let wanted = SocketType::Stream;
        let kind = kind.filter(|&kind| kind != wanted)?;
        let http = matches!(self.expected, Expected::Status(_));
        http.then(|| {
            format!("HTTP takes a {wanted} socket, and this is a {kind} one: nothing was sent")
        })
    }

    /// Whether there is an answer to wait for.
    pub(super) fn wants_answer(&self) -> bool {
        !matches!(self.expected, Expected::Nothing)
    }
}

/// Where one connection stands. Pure: bytes in, a verdict out.
pub(super) struct Dialogue<'a> {
    exchange: Cow<'a, Exchange>,
    sent: usize,
    received: Vec<u8>,
}

/// What is known of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing yet.
    Open,
    /// It is the one expected, with its HTTP status.
    Good(Option<u16>),
    /// It is not, for this reason, with its HTTP status.
    Bad(String, Option<u16>),
}

impl<'a> Dialogue<'a> {
    pub(super) fn new(exchange: Cow<'a, Exchange>) -> Dialogue<'a> {
        Dialogue {
            exchange,
            sent: 0,
            received: Vec::new(),
        }
    }

    /// What is still to be sent.
    pub(super) fn unsent(&self) -> &[u8] {
        self.exchange.send.get(self.sent..).unwrap_or_default()
    }

    pub(super) fn has_sent(&mut self, length: usize) -> Verdict {
        self.sent += length;
        if self.unsent().is_empty() && !self.exchange.wants_answer() {
            Verdict::Good(None)
        } else {
            Verdict::Open
        }
    }

    /// These bytes were received.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// Whether more of the answer would be looked at.
    pub(super) fn has_room(&self) -> bool {
        self.received.len() < LONGEST
    }

    /// No more bytes will come.
    pub(super) fn has_ended(&self, how: &str) -> Verdict {
        match self.answer() {
            Verdict::Open => Verdict::Bad(self.so_far(how), None),
            verdict => verdict,
        }
    }

    /// What the answer is, as far as it has come.
    pub(super) fn verdict(&self) -> Verdict {
        match self.answer() {
            Verdict::Open if !self.has_room() => {
                let why = format!("nothing expected in the first {LONGEST} bytes of the answer");
                Verdict::Bad(why, None)
            }
            verdict => verdict,
        }
    }

    fn answer(&self) -> Verdict {
        match &self.exchange.expected {
            Expected::Match(regex) if regex.is_match(&self.received) => Verdict::Good(None),
            Expected::Match(_) | Expected::Nothing => Verdict::Open,
            Expected::Status(statuses) => match head(&self.received) {
                Head::Partial => Verdict::Open,
                Head::Status(status) if statuses.contains(status) => Verdict::Good(Some(status)),
                Head::Status(status) => {
                    let why = format!("HTTP status {status}, and {statuses} was expected");
                    Verdict::Bad(why, Some(status))
                }
                Head::Malformed(why) => Verdict::Bad(format!("the answer is no HTTP: {why}"), None),
            },
        }
    }

    fn so_far(&self, how: &str) -> String {
        if !self.unsent().is_empty() {
            format!(
                "{how}, when {} of {} bytes were sent",
                self.sent,
                self.exchange.send.len()
            )
        } else if self.received.is_empty() {
            format!("{how}, without an answer")
        } else {
            format!("{how}, and what was received is not what was expected")
        }
    }

    /// The beginning of what was received; `None` where nothing was.
    pub(super) fn received(&self) -> Option<Vec<u8>> {
        let end = self.received.len().min(SHOWN);
        (end > 0).then(|| self.received[..end].to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expecting(regex: &str) -> Exchange {
        Exchange::say(b"PING\r\n".to_vec(), Some(Regex::new(regex).unwrap()))
    }

    fn heard(dialogue: &mut Dialogue<'_>, bytes: &[u8]) -> Verdict {
        dialogue.hear(bytes);
        dialogue.verdict()
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let exchange = expecting("^\\+PONG\r\n");
        let mut dialogue = Dialogue::new(Cow::Borrowed(&exchange));
        assert_eq!(dialogue.has_sent(2), Verdict::Open);
        assert_eq!(dialogue.unsent(), b"NG\r\n");
        assert_eq!(dialogue.has_sent(4), Verdict::Open);
        assert_eq!(heard(&mut dialogue, b"+PO"), Verdict::Open);
        assert_eq!(heard(&mut dialogue, b"NG\r\n"), Verdict::Good(None));
    }

    #[test]
    fn what_was_received_instead_is_kept() {
        let exchange = expecting("PONG");
        let mut dialogue = Dialogue::new(Cow::Borrowed(&exchange));
        assert_eq!(dialogue.has_sent(6), Verdict::Open);
        assert_eq!(heard(&mut dialogue, b"-ERR \x1b\n"), Verdict::Open);
        let Verdict::Bad(why, None) = dialogue.has_ended("closed") else {
            panic!("not bad");
        };
        assert!(why.starts_with("closed, and what was received"), "{why}");
        assert_eq!(dialogue.received().unwrap(), b"-ERR \x1b\n");
    }

    #[test]
    fn an_endless_answer_is_not_waited_for() {
        let exchange = expecting("never");
        let mut dialogue = Dialogue::new(Cow::Borrowed(&exchange));
        let mut verdict = Verdict::Open;
        for _ in 0..=LONGEST / 1024 {
            if verdict == Verdict::Open {
                verdict = heard(&mut dialogue, &[b'x'; 1024]);
            }
        }
        assert!(matches!(verdict, Verdict::Bad(_, None)), "{verdict:?}");
    }

    #[test]
    fn without_an_expectation_sending_is_enough() {
        let exchange = Exchange::say(b"x".to_vec(), None);
        assert_eq!(
            Dialogue::new(Cow::Borrowed(&exchange)).has_sent(1),
            Verdict::Good(None)
        );
    }

    #[test]
    fn the_status_is_told_when_it_is_another_one() {
        let exchange = Exchange::get("/health", Statuses::default());
        let mut dialogue = Dialogue::new(Cow::Borrowed(&exchange));
        let verdict = heard(&mut dialogue, b"HTTP/1.1 503 x\r\n\r\n");
        let Verdict::Bad(why, Some(503)) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(why, "HTTP status 503, and 2xx,3xx was expected");
    }
}
