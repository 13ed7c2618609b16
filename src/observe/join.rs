//! Files that the walk found, joined with the kernel's list.

use super::kernel::{Index, Listing, is_bound_itself};
use super::state;
use super::walk::{Bound, Found};
use crate::model::{Socket, SocketName, State, Unreadable};
use crate::sys::acl;
use crate::sys::diag::Row;
use crate::sys::dir::Kind;
use crate::sys::lookup;
use crate::sys::seen::Seen;
use crate::sys::silent::{Answer, SilentProbe};

/// How often a file is looked at again on which the test and the list do not agree.
const ROUNDS: usize = 3;

/// What became of the files.
#[derive(Default)]
pub(super) struct Joined {
    pub(super) sockets: Vec<Socket>,
    /// Those of them whose test failed for a reason that is not theirs.
    pub(super) untested: Vec<Unreadable>,
    words: state::Words,
}

impl Joined {
    pub(super) fn add(&mut self, other: Joined) {
        self.sockets.extend(other.sockets);
        self.untested.extend(other.untested);
    }

    fn push(&mut self, found: Found, listed: Option<&Row>, list_known: bool) {
        if let Bound::Tested(Answer::Failed(why)) = &found.bound {
            self.untested.push(Unreadable {
                path: found.path.clone(),
                why: format!("cannot test the socket: {why}"),
            });
        }
        let socket = socket(found, listed, list_known, &mut self.words);
        self.sockets.push(socket);
    }
}

/// A socket for each file that is still there, in their order. `list_again` is called only where the silent test
/// and the kernel's list contradict each other.
pub(super) fn join(
    found: Vec<Vec<Found>>,
    (listing, index): (&Listing, &Index<'_>),
    list_again: impl Fn() -> Listing,
) -> Joined {
    let mut joined = Joined::default();
    joined.sockets.reserve(found.iter().map(Vec::len).sum());
    let mut open = Vec::new();
    for found in found.into_iter().flatten() {
        let listed = listed(&found, index);
        if contradicts(&found, listed, listing.known) {
            open.push(found);
        } else {
            joined.push(found, listed, listing.known);
        }
    }
    for round in 1..=ROUNDS {
        if open.is_empty() {
            break;
        }
        // First the list and then the test: a bind(2) makes the inode, so whoever is bound to one
        // that was seen before has to be in a list that was read since.
        let fresh = list_again();
        let index = Index::new(&fresh);
        for (found, replaced) in look_again(std::mem::take(&mut open)) {
            let listed = listed(&found, &index);
            if !replaced || !contradicts(&found, listed, fresh.known) {
                joined.push(found, listed, fresh.known);
            } else if round < ROUNDS {
                open.push(found);
            } else {
                joined.sockets.push(restless(found));
            }
        }
    }
    joined
}

/// Something is bound that is not listed, or is listed as bound what refuses: the listener is in
/// another network namespace, or one of the two was overtaken by events.
fn contradicts(found: &Found, listed: Option<&Row>, list_known: bool) -> bool {
    match (&found.bound, listed) {
        (Bound::Known(_) | Bound::Tested(Answer::Connectionful | Answer::Datagram), None) => {
            list_known
        }
        (Bound::Tested(Answer::Refused), Some(listed)) => is_bound_itself(listed),
        _ => false,
    }
}

/// Tests each file again, and tells whether it is another inode by now. What is gone, or no
/// socket any more, is left out.
fn look_again(found: Vec<Found>) -> Vec<(Found, bool)> {
    let probe = SilentProbe::new();
    let again = |mut found: Found| {
        let before = found.inode;
        match &probe {
            Ok(probe) if !update(&mut found, probe) => return None,
            Ok(_) => {}
            Err(failure) => found.bound = Bound::Tested(Answer::Failed(failure.to_string())),
        }
        let replaced = found.inode != before;
        Some((found, replaced))
    };
    found.into_iter().filter_map(again).collect()
}

/// Whether it is still a socket.
fn update(found: &mut Found, probe: &SilentProbe) -> bool {
    let pinned = lookup::pin(&found.path).and_then(|pinned| Ok((Seen::of(&pinned)?, pinned)));
    let (seen, pinned) = match pinned {
        Ok(pinned) => pinned,
        Err(failure) if failure.is_gone() => return false,
        Err(failure) => {
            found.bound = Bound::Tested(Answer::Failed(failure.to_string()));
            return true;
        }
    };
    let facts = seen.facts;
    if facts.kind != Kind::Socket {
        return false;
    }
    found.inode = facts.inode;
    found.mode = facts.mode;
    found.uid = facts.uid.unwrap_or(found.uid);
    found.gid = facts.gid.unwrap_or(found.gid);
    found.attributes = seen.attributes;
    found.acl = acl::Reader::default().of(facts.inode.dev, &pinned);
    found.bound = Bound::Tested(probe.test(&pinned));
    true
}

/// The row of the file. Where somebody is bound to it, a session of theirs does not speak for them.
fn listed<'a>(found: &Found, index: &Index<'a>) -> Option<&'a Row> {
    if let Bound::Known(number) = found.bound {
        return index.row(number);
    }
    let listed = match &found.resolved {
        Some(resolved) => index.find(found.inode, &[&found.path, resolved]),
        None => index.find(found.inode, &[&found.path]),
    };
    let refuses = matches!(found.bound, Bound::Tested(Answer::Refused));
    listed.filter(|listed| refuses || index.is_bound_itself(listed))
}

fn socket(
    found: Found,
    listed: Option<&Row>,
    list_known: bool,
    words: &mut state::Words,
) -> Socket {
    let (mut socket, bound) = facts(found);
    match (bound, listed) {
        (Bound::Known(_), Some(listed)) => words.of_row(&mut socket, listed),
        (Bound::Tested(answer), _) => state::of_file(&mut socket, &answer, listed, list_known),
        (Bound::Known(_), None) => {}
    }
    socket
}

fn restless(found: Found) -> Socket {
    let (mut socket, _) = facts(found);
    socket.state = State::Unknown;
    socket.why = Some("it was replaced each time it was looked at".into());
    socket
}

fn facts(found: Found) -> (Socket, Bound) {
    let mut socket = Socket::named(SocketName::Path(found.path));
    socket.resolved = found.resolved;
    socket.inode = Some(found.inode);
    socket.mode = Some(found.mode);
    socket.uid = Some(found.uid);
    socket.gid = Some(found.gid);
    socket.attributes = found.attributes;
    socket.acl = found.acl;
    socket.parent = found.parent;
    (socket, found.bound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attributes, FileAcl, Gid, Inode, Uid};

    #[test]
    fn a_test_that_failed_is_no_answer() {
        let found = Found {
            path: "/run/a".into(),
            resolved: None,
            inode: Inode { dev: 1, ino: 2 },
            mode: "0600".parse().unwrap(),
            uid: Uid::new(0).unwrap(),
            gid: Gid::new(0).unwrap(),
            attributes: Attributes::default(),
            acl: FileAcl::Plain,
            parent: None,
            bound: Bound::Tested(Answer::Failed("/proc is not mounted".to_owned())),
        };
        let listing = Listing::default();
        let joined = join(
            vec![vec![found]],
            (&listing, &Index::new(&listing)),
            || unreachable!(),
        );
        assert_eq!(joined.sockets[0].state, State::Unknown);
        let untested = Unreadable {
            path: "/run/a".into(),
            why: "cannot test the socket: /proc is not mounted".to_owned(),
        };
        assert_eq!(joined.untested, [untested]);
    }
}
