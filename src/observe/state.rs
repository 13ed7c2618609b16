//! What the silent test and the kernel's list say together about a socket's life. Pure.

use super::kernel::is_bound_itself;
use std::sync::Arc;

use crate::model::{Socket, SocketType, State};
use crate::sys::diag::Row;
use crate::sys::silent::Answer;

/// Puts into `socket` what follows from the answer of a file and from its row.
///
/// `listed` is `None` where the kernel's list has no such row, and `list_known` says whether
/// there was a list at all.
pub(super) fn of_file(
    socket: &mut Socket,
    answer: &Answer,
    listed: Option<&Row>,
    list_known: bool,
) {
    let (word, datagram) = match answer {
        Answer::Connectionful => ("connect: EPROTOTYPE", false),
        Answer::Datagram => ("connect: a datagram socket answers", true),
        Answer::Refused => return of_refused(socket, listed),
        Answer::Denied => return of_denied(socket, listed),
        Answer::Failed(why) => return decide(socket, State::Unknown, why),
    };
    if let Some(listed) = listed {
        return of_row_after(socket, listed, word, &mut Words::default());
    }
    socket.kind = datagram.then_some(SocketType::Dgram);
    if list_known {
        let why = format!("{word}; the kernel does not list it in this network namespace");
        decide(socket, State::Foreign, &why);
    } else {
        decide(socket, State::Live, word);
    }
}

/// The kernel's list is for everybody, so it decides where nothing could be tested.
fn of_denied(socket: &mut Socket, listed: Option<&Row>) {
    let word = "connect: EACCES";
    match listed.filter(|listed| is_bound_itself(listed)) {
        Some(listed) => of_row_after(socket, listed, word, &mut Words::default()),
        None => decide(socket, State::Denied, word),
    }
}

fn of_refused(socket: &mut Socket, listed: Option<&Row>) {
    let why = match listed {
        Some(listed) if listed.is_connected() => {
            "connect: ECONNREFUSED; sessions of a listener that has closed go on"
        }
        _ => "connect: ECONNREFUSED",
    };
    decide(socket, State::Stale, why);
}

/// Puts into `socket` what its row says: it is there, so it is at least bound.
pub(super) fn of_row(socket: &mut Socket, listed: &Row) {
    Words::default().of_row(socket, listed);
}

/// What is said of one socket after the other. Nearly all say the same, so it is kept once.
#[derive(Default)]
pub(super) struct Words {
    room: String,
    last: Option<Arc<str>>,
}

impl Words {
    /// As [`of_row`].
    pub(super) fn of_row(&mut self, socket: &mut Socket, listed: &Row) {
        of_row_after(socket, listed, "", self);
    }

    fn said(&mut self) -> Arc<str> {
        let last = self.last.take().filter(|last| **last == *self.room);
        let said = last.unwrap_or_else(|| Arc::from(self.room.as_str()));
        Arc::clone(self.last.insert(said))
    }
}

/// The same, with what decided before it.
fn of_row_after(socket: &mut Socket, listed: &Row, word: &str, words: &mut Words) {
    let why = &mut words.room;
    why.clear();
    why.push_str(word);
    if !word.is_empty() {
        why.push_str("; ");
    }
    why.push_str("the kernel lists it as ");
    why.push_str(listed.state_word());
    socket.kind = listed.kind;
    socket.kernel_ino = Some(listed.ino);
    socket.netns = listed.netns;
    let state = if listed.is_listening() {
        socket.queue = listed.rqueue;
        socket.backlog = listed.wqueue;
        of_listener(listed, why)
    } else if listed.kind == Some(SocketType::Dgram) {
        socket.queue = listed.rqueue;
        of_datagram(listed, why)
    } else {
        why.push_str(": bound, and not listening");
        State::NotListening
    };
    let elsewhere = listed.netns.is_some() && state == State::Live;
    socket.state = if elsewhere { State::Foreign } else { state };
    socket.why = Some(words.said());
}

/// `listen(n)` holds n + 1 clients, so a queue of n is not full yet.
fn of_listener(row: &Row, why: &mut String) -> State {
    if row.is_deaf() {
        why.push_str(", shut down for receiving");
        return State::NotListening;
    }
    let (Some(queue), Some(backlog)) = (row.rqueue, row.wqueue) else {
        return State::Live;
    };
    // The longest part of all texts of a busy host, so without the machinery of format!.
    let mut digits = itoa::Buffer::new();
    why.push_str(", queue ");
    why.push_str(digits.format(queue));
    why.push_str(" of ");
    why.push_str(digits.format(backlog));
    if queue > backlog {
        why.push_str(": its backlog is full");
        State::Saturated
    } else {
        State::Live
    }
}

fn of_datagram(row: &Row, why: &mut String) -> State {
    if row.is_deaf() {
        why.push_str(", shut down for receiving");
        return State::NotListening;
    }
    if let Some(bytes) = row.rqueue {
        why.push_str(", ");
        why.push_str(itoa::Buffer::new().format(bytes));
        why.push_str(" bytes to be read");
    }
    State::Live
}

fn decide(socket: &mut Socket, state: State, why: &str) {
    socket.state = state;
    socket.why = Some(why.into());
}

#[cfg(test)]
mod tests {
    use super::super::kernel::row_for_tests;
    use super::*;
    use crate::model::SocketName;

    fn blank() -> Socket {
        Socket::named(SocketName::Abstract(Vec::new()))
    }

    fn judged(answer: &Answer, row: Option<&Row>, list_known: bool) -> Socket {
        let mut socket = blank();
        of_file(&mut socket, answer, row, list_known);
        socket
    }

    fn row(state: u8, queue: u32, shutdown: u8) -> Row {
        let kind = if state == 10 {
            SocketType::Seqpacket
        } else {
            SocketType::Stream
        };
        Row {
            rqueue: Some(queue),
            shutdown,
            ..row_for_tests(5, state, kind)
        }
    }

    #[test]
    fn every_row_of_the_table() {
        let bound = Answer::Connectionful;
        let with = |row| judged(&bound, Some(&row), true).state;
        assert_eq!(with(row(10, 8, 0)), State::Live);
        assert_eq!(with(row(10, 9, 0)), State::Saturated);
        assert_eq!(with(row(10, 9, 1)), State::NotListening);
        assert_eq!(with(row(10, 0, 2)), State::Live);
        assert_eq!(with(row(7, 0, 0)), State::NotListening);
        assert_eq!(with(row(1, 0, 0)), State::NotListening);
        assert_eq!(judged(&bound, None, true).state, State::Foreign);
        assert_eq!(judged(&bound, None, false).state, State::Live);
        assert_eq!(judged(&Answer::Refused, None, true).state, State::Stale);
        let sessions = judged(&Answer::Refused, Some(&row(1, 0, 0)), true);
        assert_eq!(sessions.state, State::Stale);
        assert_eq!(sessions.kernel_ino, None);
        assert_eq!(judged(&Answer::Denied, None, true).state, State::Denied);
        let denied = judged(&Answer::Denied, Some(&row(10, 3, 0)), true);
        assert_eq!((denied.state, denied.queue), (State::Live, Some(3)));
        let failed = judged(&Answer::Failed("no luck".to_owned()), None, true);
        assert_eq!(
            (failed.state, failed.why.as_deref()),
            (State::Unknown, Some("no luck"))
        );
    }

    #[test]
    fn datagram_sockets_have_no_backlog() {
        let of = |shutdown| Row {
            rqueue: Some(12),
            shutdown,
            ..row_for_tests(5, 1, SocketType::Dgram)
        };
        let live = judged(&Answer::Datagram, Some(&of(0)), true);
        assert_eq!(
            (live.state, live.kind),
            (State::Live, Some(SocketType::Dgram))
        );
        assert_eq!((live.queue, live.backlog), (Some(12), None));
        assert_eq!(
            judged(&Answer::Datagram, Some(&of(1)), true).state,
            State::NotListening
        );
        let foreign = judged(&Answer::Datagram, None, true);
        assert_eq!(
            (foreign.state, foreign.kind),
            (State::Foreign, Some(SocketType::Dgram))
        );
    }

    #[test]
    fn a_listener_in_another_namespace_is_foreign_with_all_its_facts() {
        let mut socket = blank();
        let listed = Row {
            netns: Some(99),
            ..row(10, 1, 0)
        };
        of_file(&mut socket, &Answer::Connectionful, Some(&listed), true);
        assert_eq!((socket.state, socket.netns), (State::Foreign, Some(99)));
        assert_eq!((socket.queue, socket.backlog), (Some(1), Some(8)));
        let why = "connect: EPROTOTYPE; the kernel lists it as LISTEN, queue 1 of 8";
        assert_eq!(socket.why.as_deref(), Some(why));
    }
}
