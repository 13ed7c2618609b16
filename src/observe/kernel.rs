//! The kernel's list of sockets, of our network namespace and of others, and the way from an
//! inode to its row.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use super::walk::Known;
use crate::model::{Inode, SocketType};
use crate::sys::diag::{self, Dump, Name, Row};
use crate::sys::netns;
use crate::sys::numbers::NumberMap;

/// All that the kernel lists.
#[derive(Debug, Clone, Default)]
pub(super) struct Listing {
    pub(super) sockets: Vec<Row>,
    /// The list of our own namespace could be had, so that who is not in it is elsewhere.
    pub(super) known: bool,
    /// Why it could not be had.
    pub(super) missing: Option<String>,
    pub(super) notes: Vec<String>,
}

/// Reads the list of our network namespace, or of all.
pub(super) fn list(all_netns: bool) -> Listing {
    let started = Instant::now();
    let mut listing = Listing::default();
    match diag::dump() {
        Ok(dump) => {
            listing.known = true;
            listing.add(dump);
        }
        Err(error) => {
            let why = format!("the kernel's list of sockets could not be had: {error}");
            listing.notes.push(why.clone());
            listing.missing = Some(why);
        }
    }
    if all_netns {
        listing.add_others();
    }
    tracing::debug!(
        rows = listing.sockets.len(),
        ms = super::ms_since(started),
        "kernel's list of sockets read"
    );
    listing
}

impl Listing {
    fn add(&mut self, dump: Dump) {
        if dump.changing {
            self.notes.push(
                "the kernel's list of sockets changed whenever it was read: some that came or \
                 went meanwhile may be missing"
                    .to_owned(),
            );
        }
        if dump.malformed > 0 {
            self.notes.push(format!(
                "{} messages of the kernel's list of sockets were not understood",
                dump.malformed
            ));
        }
        if self.sockets.is_empty() {
            self.sockets = dump.rows;
        } else {
            self.sockets.extend(dump.rows);
        }
    }

    fn add_others(&mut self) {
        let mut unlisted = 0;
        let mut first = None;
        let unseen = netns::for_each_other(|namespace| match namespace.dump() {
            Ok(dump) => self.add(dump),
            Err(error) => {
                unlisted += 1;
                first.get_or_insert_with(|| format!("{}: {error}", namespace.ino));
            }
        });
        match unseen {
            Ok(0) => {}
            Ok(unseen) => self.notes.push(format!(
                "the network namespaces of {unseen} processes could not be seen"
            )),
            Err(error) => {
                let why = crate::sys::errno::describe(&error);
                let note = format!("other network namespaces could not be looked for: {why}");
                self.notes.push(note);
            }
        }
        if let Some(first) = first {
            self.notes.push(format!(
                "the sockets of {unlisted} network namespaces could not be listed (the first is \
                 {first})"
            ));
        }
    }
}

/// From an inode to the socket that is bound to it.
#[derive(Debug)]
pub(super) struct Index<'a> {
    sockets: &'a [Row],
    by_inode: NumberMap<u64, Speaker>,
    by_name: OnceLock<HashMap<(&'a [u8], u32), Speaker>>,
    /// Whether any name is relative, which few are.
    relative: OnceLock<bool>,
}

/// Who speaks for an inode: the number of its row, in few bytes, for a busy host has many.
#[derive(Debug, Clone, Copy)]
struct Speaker {
    row: u32,
    rank: Rank,
}

/// Which of several sockets of one inode speaks for it: the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Listens,
    /// It was bound to it itself.
    Bound,
    /// A session of a listener, which shares the listener's inode.
    Session,
}

impl<'a> Index<'a> {
    pub(super) fn new(listing: &'a Listing) -> Index<'a> {
        let sockets = listing.sockets.as_slice();
        Index {
            sockets,
            by_inode: speakers(sockets, |listed| listed.vfs.map(diag::vfs_number)),
            by_name: OnceLock::new(),
            relative: OnceLock::new(),
        }
    }

    /// The row of the file, by device and inode. Where the kernel's device is another one than
    /// stat(2) tells (overlayfs, btrfs), by the inode and the very same path, or one that is
    /// relative and ends it.
    pub(super) fn find(&self, inode: Inode, paths: &[&Path]) -> Option<&'a Row> {
        let ino = short(inode);
        if let Some(speaker) = self.by_inode.get(&diag::vfs_number((inode.dev, ino))) {
            return self.row(speaker.row);
        }
        let by_name = self.by_name.get_or_init(|| {
            speakers(self.sockets, |listed| match (&listed.name, listed.vfs) {
                (Some(Name::Path(name)), Some((_, ino))) => Some((name.as_slice(), ino)),
                _ => None,
            })
        });
        let mut known = by_name.keys();
        let relative = *self
            .relative
            .get_or_init(|| known.any(|(name, _)| !name.starts_with(b"/")));
        let most = if relative { usize::MAX } else { 1 };
        let speaker = paths
            .iter()
            .flat_map(|path| names(path).take(most))
            .find_map(|name| by_name.get(&(name, ino)));
        self.row(speaker?.row)
    }

    /// The row of that number, as [`Known::bound`] gives it.
    pub(super) fn row(&self, number: u32) -> Option<&'a Row> {
        self.sockets.get(number as usize)
    }

    /// Whether the row is that of the socket that was bound, and not of a session of its listener.
    /// Where the listener is in another network namespace, its sessions with clients of ours are
    /// all that our list has of it.
    ///
    /// The peer of a session is a client, and few of them have a name. A client's own peer is a
    /// session, which bears the name of its listener, or is not listed before it is accepted.
    pub(super) fn is_bound_itself(&self, listed: &Row) -> bool {
        let row = listed;
        let is_peer = |other: &&Row| Some(other.ino) == row.peer && other.netns == listed.netns;
        is_bound_itself(row)
            || match self.sockets.iter().find(is_peer) {
                Some(peer) => peer.name.is_some(),
                None => !row.is_hung_up(),
            }
    }
}

impl Known for Index<'_> {
    /// Where the kernel's device is another one than stat(2) tells, nothing is known.
    fn bound(&self, inode: Inode) -> Option<u32> {
        let speaker = self
            .by_inode
            .get(&diag::vfs_number((inode.dev, short(inode))))?;
        (speaker.rank != Rank::Session).then_some(speaker.row)
    }
}

/// What a socket at this path may have been bound as, from whatever directory.
fn names(path: &Path) -> impl Iterator<Item = &[u8]> {
    let whole = path.as_os_str().as_bytes();
    let slashes = whole.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    std::iter::once(whole).chain(slashes.map(|(at, _)| &whole[at + 1..]))
}

/// As many bits of the inode as the kernel's list has.
pub(super) fn short(inode: Inode) -> u32 {
    #[allow(clippy::cast_possible_truncation)] // meant
    let low = inode.ino as u32;
    low
}

fn speakers<'a, K: Hash + Eq, S: BuildHasher + Default>(
    sockets: &'a [Row],
    key: impl Fn(&'a Row) -> Option<K>,
) -> HashMap<K, Speaker, S> {
    let mut speakers: HashMap<K, Speaker, S> =
        HashMap::with_capacity_and_hasher(sockets.len(), S::default());
    for (number, listed) in (0..).zip(sockets) {
        let Some(key) = key(listed) else { continue };
        let speaker = Speaker {
            row: number,
            rank: rank(listed),
        };
        speakers
            .entry(key)
            .and_modify(|known| {
                if speaker.rank < known.rank {
                    *known = speaker;
                }
            })
            .or_insert(speaker);
    }
    speakers
}

fn rank(row: &Row) -> Rank {
    match row {
        row if row.is_listening() => Rank::Listens,
        row if is_bound_itself(row) => Rank::Bound,
        _ => Rank::Session,
    }
}

/// Whether the row must be that of the socket that was bound. A connected stream socket with a
/// name is a session of a listener far more often than a client that has a name of its own;
/// [`Index::is_bound_itself`] tells the two apart.
pub(super) fn is_bound_itself(row: &Row) -> bool {
    !row.is_connected() || row.kind == Some(SocketType::Dgram)
}

#[cfg(test)]
pub(super) fn row_for_tests(ino: u32, state: u8, kind: SocketType) -> Row {
    Row {
        ino,
        kind: Some(kind),
        state,
        name: Some(Name::Path(b"/run/a".to_vec())),
        vfs: Some((1, 7)),
        peer: None,
        rqueue: Some(0),
        wqueue: Some(8),
        uid: Some(0),
        shutdown: 0,
        netns: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(rows: impl IntoIterator<Item = Row>) -> Listing {
        Listing {
            sockets: rows.into_iter().collect(),
            known: true,
            ..Listing::default()
        }
    }

    #[test]
    fn the_listener_speaks_for_its_sessions() {
        let session = || row_for_tests(1, 1, SocketType::Stream);
        let listener = row_for_tests(2, 10, SocketType::Stream);
        let listing = listing([session(), listener, session()]);
        let found = Index::new(&listing).find(Inode { dev: 1, ino: 7 }, &[]);
        assert_eq!(found.map(|listed| listed.ino), Some(2));
    }

    #[test]
    fn the_peer_tells_a_client_with_a_name_from_a_session() {
        let row = |ino, peer, name: Option<&str>| Row {
            peer: Some(peer),
            name: name.map(|name| Name::Path(name.as_bytes().to_vec())),
            ..row_for_tests(ino, 1, SocketType::Stream)
        };
        let is_bound = |rows: &[Row]| {
            let listing = listing(rows.to_vec());
            Index::new(&listing).is_bound_itself(&listing.sockets[0])
        };
        let session = row(1, 2, Some("/server"));
        assert!(!is_bound(&[session.clone(), row(2, 1, None)]));
        let left = Row {
            shutdown: 3,
            ..session
        };
        assert!(!is_bound(&[left]));
        let client = row(3, 4, Some("/client"));
        assert!(is_bound(&[client.clone(), row(4, 3, Some("/server"))]));
        assert!(is_bound(&[client]), "not accepted yet");
    }

    #[test]
    fn another_device_needs_the_same_path_and_inode() {
        let listing = listing([row_for_tests(2, 10, SocketType::Stream)]);
        let index = Index::new(&listing);
        let find = |ino, path: &str| index.find(Inode { dev: 9, ino }, &[Path::new(path)]);
        assert!(find(7, "/run/a").is_some());
        assert!(find(7 + (1 << 32), "/run/a").is_some());
        assert!(find(8, "/run/a").is_none() && find(7, "/run/b").is_none());
    }
}
