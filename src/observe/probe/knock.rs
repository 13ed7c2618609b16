//! The connect test: what a client meets, told apart by the kernel's answers.

use std::time::Duration;

use crate::model::{SocketType, State};
use crate::sys::connect::{Connection, Reply, connect, connect_answerable};

use super::target::{self, Target};

/// A socket that changes while it is tested (closed and bound again, say) is tested anew this
/// often.
const ATTEMPTS: usize = 4;

/// What a client met.
pub(super) struct Knock {
    pub(super) state: State,
    pub(super) kind: Option<SocketType>,
    pub(super) why: Option<String>,
    /// Where a client got in.
    pub(super) entered: Option<(Connection, Duration)>,
}

impl Knock {
    fn at(state: State, kind: Option<SocketType>, why: impl Into<String>) -> Knock {
        Knock {
            state,
            kind,
            why: Some(why.into()),
            entered: None,
        }
    }
}

/// Connects as a client of the type asked for, or of whatever type the server takes. Clients of a
/// wrong type leave no trace, so there is at most one connection.
pub(super) fn knock(target: &Target<'_>, asked: Option<SocketType>, answerable: bool) -> Knock {
    let knocking = Knocking {
        target,
        asked,
        answerable,
    };
    let first = asked.unwrap_or(SocketType::Stream);
    (0..ATTEMPTS)
        .find_map(|_| knocking.as_client(first))
        .unwrap_or_else(|| {
            let why = format!("it changed during each of {ATTEMPTS} tests");
            Knock::at(State::Unknown, None, why)
        })
}

struct Knocking<'a> {
    target: &'a Target<'a>,
    asked: Option<SocketType>,
    answerable: bool,
}

impl Knocking<'_> {
    fn connect(&self, kind: SocketType) -> (Reply, Duration) {
        let target = self.target.to_connect();
        if kind == SocketType::Dgram && self.answerable {
            connect_answerable(target)
        } else {
            connect(target, kind)
        }
    }

    /// `None`: it changed meanwhile.
    fn as_client(&self, kind: SocketType) -> Option<Knock> {
        let (reply, took) = self.connect(kind);
        Some(match reply {
            Reply::Connected(connection) => Knock {
                state: State::Live,
                kind: Some(kind),
                why: None,
                entered: Some((connection, took)),
            },
            Reply::Choosy => choosy(),
            Reply::Full => Knock::at(
                State::Saturated,
                Some(kind),
                "its backlog is full (EAGAIN from connect)",
            ),
            Reply::Refused => return self.after_refusal(kind),
            Reply::OtherType if self.asked == Some(kind) => return self.of_another_type(kind),
            Reply::OtherType => return self.as_client(next_after(kind)?),
            Reply::Denied(failure) => denied(failure),
            Reply::Failed(why) => Knock::at(State::Unknown, None, why),
        })
    }

    /// A refusal alone proves nothing: a server between bind and listen gives it, too.
    fn after_refusal(&self, kind: SocketType) -> Option<Knock> {
        if let Target::Abstract(_) = self.target {
            // The kernel keeps abstract names by type, and finds none of another type. Who is
            // bound and refuses is then seen in its list.
            let next = next_after(kind).filter(|_| self.asked.is_none());
            return next.map_or_else(|| Some(self.nobody()), |next| self.as_client(next));
        }
        if kind == SocketType::Dgram {
            return Some(self.nobody());
        }
        Some(match self.connect(SocketType::Dgram).0 {
            Reply::OtherType => Knock::at(
                State::NotListening,
                Some(kind),
                "bound, and refuses clients (ECONNREFUSED from connect)",
            ),
            Reply::Refused => self.nobody(),
            Reply::Denied(failure) => denied(failure),
            Reply::Failed(why) => Knock::at(State::Unknown, None, why),
            Reply::Connected(_) | Reply::Choosy | Reply::Full => return None,
        })
    }

    /// Which one it is instead, as far as that can be told in silence.
    fn of_another_type(&self, asked: SocketType) -> Option<Knock> {
        let wrong = |kind: Option<SocketType>| {
            let is = kind.map_or("stream or seqpacket", SocketType::as_str);
            let why = format!("a {is} socket, and {asked} was asked for (EPROTOTYPE from connect)");
            Knock::at(State::WrongType, kind, why)
        };
        if asked == SocketType::Dgram {
            return Some(wrong(None));
        }
        Some(match self.connect(SocketType::Dgram).0 {
            Reply::Connected(_) | Reply::Choosy => wrong(Some(SocketType::Dgram)),
            Reply::OtherType if asked == SocketType::Stream => wrong(Some(SocketType::Seqpacket)),
            Reply::OtherType => wrong(Some(SocketType::Stream)),
            Reply::Denied(failure) => denied(failure),
            Reply::Failed(why) => Knock::at(State::Unknown, None, why),
            Reply::Refused | Reply::Full => return None,
        })
    }

    fn nobody(&self) -> Knock {
        let (state, why) = nobody(self.target);
        Knock::at(state, None, why)
    }
}

/// In this order at most one test is noticed: only one that succeeds is.
fn next_after(kind: SocketType) -> Option<SocketType> {
    match kind {
        SocketType::Stream => Some(SocketType::Dgram),
        SocketType::Dgram => Some(SocketType::Seqpacket),
        SocketType::Seqpacket => None,
    }
}

/// What a refusal of the silent test says.
pub(super) fn nobody(target: &Target<'_>) -> (State, &'static str) {
    match target {
        Target::File(_) => (State::Stale, "nothing is bound to it (ECONNREFUSED)"),
        Target::Abstract(_) => (
            State::Missing,
            "no such name in this network namespace (ECONNREFUSED)",
        ),
    }
}

fn choosy() -> Knock {
    Knock::at(
        State::Live,
        Some(SocketType::Dgram),
        "it takes datagrams from its own peer only (EPERM from connect)",
    )
}

fn denied(failure: crate::sys::dir::Failure) -> Knock {
    Knock::at(State::Denied, None, target::denied(&failure.to_string()))
}
