//! What a process and those below it can be reached by.
//!
//! The kernel's list says what is open, and the descriptors of the processes say whose it is.
//! Where there is no such list (a filter forbids netlink), or it is not that of the process (it is
//! in another network namespace), each socket is asked itself.

use std::ffi::OsStr;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::abstracts::can_be_reached;
use super::kernel::short;
use crate::model::{Inode, SocketType};
use crate::sys::diag::{self, Name};
use crate::sys::dir::{Facts, Kind, Pinned};
use crate::sys::numbers::{NumberMap, NumberSet};
use crate::sys::pidfd::{self, Open};
use crate::sys::proc::{self, Holding, ProcessDir};
use crate::sys::{lookup, peer};

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Serving {
    /// Each socket once.
    pub sockets: Vec<Served>,
    /// Processes whose descriptors could not be looked at.
    pub unseen: usize,
}

/// A socket that somebody can be let in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The number of the kernel's socket (`socket:[N]` in /proc).
    pub number: u32,
    /// One of the processes that have a descriptor of it.
    pub holder: u32,
    /// Where.
    pub address: Address,
}

/// Where somebody can be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket file.
    File(File),
    /// An abstract name.
    Abstract(Vec<u8>),
    /// TCP.
    Inet,
}

/// The file that a socket is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// As it was given to bind(2); may be relative, and may lead elsewhere by now.
    pub name: PathBuf,
    /// Its type.
    pub kind: Option<SocketType>,
    /// Device and the low half of the inode; `None` where the kernel does not let us know.
    number: Option<(u64, u32)>,
    /// Where it is, where its name does not tell.
    found_at: Option<PathBuf>,
}

impl File {
    /// Whether the inode is the one, as far as can be known: on file systems whose device in the
    /// kernel's list is another one than stat(2) tells (overlayfs, btrfs), one of the paths has to
    /// be the name as well.
    pub fn is(&self, inode: Inode, paths: &[&Path]) -> bool {
        let known = [Some(&self.name), self.found_at.as_ref()];
        let named = || {
            paths
                .iter()
                .any(|path| known.iter().flatten().any(|it| it == path))
        };
        match self.number {
            Some((dev, ino)) => ino == short(inode) && (dev == inode.dev || named()),
            None => named(),
        }
    }

    /// The file itself, and a path to it; `None` where none leads there from here.
    pub fn find(&self) -> Option<(PathBuf, Pinned, Facts)> {
        let paths = [Some(&self.name), self.found_at.as_ref()];
        paths
            .into_iter()
            .flatten()
            .find_map(|path| self.find_at(path))
    }

    fn find_at(&self, path: &Path) -> Option<(PathBuf, Pinned, Facts)> {
        if path.is_relative() {
            return None;
        }
        let pinned = lookup::pin_at_once(path).ok()?;
        let facts = pinned.facts().ok()?;
        let is_it = facts.kind == Kind::Socket && self.is(facts.inode, &[path]);
        is_it.then(|| (path.to_owned(), pinned, facts))
    }
}

/// Looks at these processes, except at the sockets of these numbers.
///
/// # Errors
///
/// Where /proc cannot be read.
#[allow(clippy::implicit_hasher)] // there is one kind of such sets
pub fn serving(pids: &[u32], except: &NumberSet<u32>) -> io::Result<Serving> {
    let mut look = Look {
        own_netns: peer::own_netns().ok(),
        namespace: None,
        here: NumberMap::default(),
        found: NumberMap::default(),
        except,
    };
    let unseen = proc::holdings(pids, |holding| look.at(holding))?;
    let sockets = look.finish()?;
    Ok(Serving { sockets, unseen })
}

/// More sockets than that are looked up in the whole list, fewer one by one.
const MANY: usize = 64;

struct Look<'a> {
    own_netns: Option<u64>,
    /// The last process that was asked for it, and its network namespace.
    namespace: Option<(u32, Option<u64>)>,
    /// Sockets that are in our list, with a process and its descriptor.
    here: NumberMap<u32, (u32, u32)>,
    /// `None`: nobody gets in there.
    found: NumberMap<u32, Option<Served>>,
    except: &'a NumberSet<u32>,
}

impl Look<'_> {
    fn at(&mut self, holding: &Holding<'_>) {
        let number = holding.socket;
        if self.except.contains(&number) || self.found.contains_key(&number) {
            return;
        }
        if self.is_elsewhere(holding) {
            self.found.insert(number, served(holding, asked(holding)));
        } else {
            let holder = (holding.process.pid(), holding.descriptor);
            self.here.entry(number).or_insert(holder);
        }
    }

    /// Whether it is in another network namespace, whose sockets are in another list.
    fn is_elsewhere(&mut self, holding: &Holding<'_>) -> bool {
        let pid = holding.process.pid();
        let namespace = match self.namespace {
            Some((known, namespace)) if known == pid => namespace,
            _ => holding.process.netns().ok(),
        };
        self.namespace = Some((pid, namespace));
        namespace.is_some() && self.own_netns.is_some() && namespace != self.own_netns
    }

    fn finish(mut self) -> io::Result<Vec<Served>> {
        let listed = self.listed();
        let proc = proc::open_proc()?;
        for (number, (pid, descriptor)) in std::mem::take(&mut self.here) {
            // What is in no list lets nobody in.
            if let Some((rows, inet)) = &listed
                && !rows.contains_key(&number)
                && inet.binary_search(&number).is_err()
            {
                continue;
            }
            // It may have gone meanwhile.
            let Ok(process) = ProcessDir::open(proc.as_fd(), pid) else {
                continue;
            };
            let holding = Holding {
                process: &process,
                socket: number,
                descriptor,
            };
            let address = match &listed {
                Some((rows, _)) => match rows.get(&number) {
                    Some(row) => of_row(row, &holding),
                    None => Some(Address::Inet),
                },
                None => asked(&holding),
            };
            self.found.insert(number, served(&holding, address));
        }
        let mut sockets: Vec<Served> = self.found.into_values().flatten().collect();
        sockets.sort_unstable_by_key(|served| served.number);
        Ok(sockets)
    }

    /// What the kernel lists of them as open; `None` where there is no list.
    fn listed(&self) -> Option<(NumberMap<u32, diag::Row>, Vec<u32>)> {
        let rows = if self.here.len() > MANY {
            diag::dump().ok()?.rows
        } else {
            diag::rows(self.here.keys().copied()).ok()?
        };
        let open = rows
            .into_iter()
            .filter(|row| can_be_reached(row) && !row.is_deaf());
        let inet = diag::listeners().ok()?;
        Some((open.map(|row| (row.ino, row)).collect(), inet))
    }
}

fn served(holding: &Holding<'_>, address: Option<Address>) -> Option<Served> {
    Some(Served {
        number: holding.socket,
        holder: holding.process.pid(),
        address: address?,
    })
}

fn of_row(row: &diag::Row, holding: &Holding<'_>) -> Option<Address> {
    Some(match row.name.as_ref()? {
        Name::Abstract(name) => Address::Abstract(name.clone()),
        Name::Path(name) => file(name, row.kind, row.vfs, holding),
    })
}

/// Asks the socket itself. What may not be asked is not found.
fn asked(holding: &Holding<'_>) -> Option<Address> {
    Some(match pidfd::open_to_others(holding).ok()?? {
        Open::Inet => Address::Inet,
        Open::Unix {
            name,
            kind,
            file: inode,
        } => match name {
            Name::Abstract(name) => Address::Abstract(name),
            Name::Path(name) => {
                let inode = inode.map(|target| (target.inode.dev, short(target.inode)));
                file(&name, Some(kind), inode, holding)
            }
        },
    })
}

fn file(
    name: &[u8],
    kind: Option<SocketType>,
    number: Option<(u64, u32)>,
    holding: &Holding<'_>,
) -> Address {
    let name = PathBuf::from(OsStr::from_bytes(name));
    let mut file = File {
        name,
        kind,
        number,
        found_at: None,
    };
    if file.find().is_none() {
        file.found_at = elsewhere(&file.name, holding);
    }
    Address::File(file)
}

/// Where a file is that its name does not lead to: some servers bind one and rename it, and a
/// relative name counts from a directory of theirs.
fn elsewhere(name: &Path, holding: &Holding<'_>) -> Option<PathBuf> {
    if let Ok(bound) = pidfd::bound_file(holding) {
        return (!bound.target.removed).then_some(bound.path);
    }
    let directory = holding.process.working_directory().ok()?;
    name.is_relative().then(|| directory.join(name))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};

    use super::*;

    fn look() -> Serving {
        serving(&[std::process::id()], &NumberSet::default()).unwrap()
    }

    fn number(of: &impl std::os::fd::AsFd) -> u32 {
        u32::try_from(rustix::fs::fstat(of).unwrap().st_ino).unwrap()
    }

    fn found<'a>(serving: &'a Serving, of: &impl std::os::fd::AsFd) -> Option<&'a Served> {
        let number = number(of);
        serving
            .sockets
            .iter()
            .find(|served| served.number == number)
    }

    #[test]
    fn what_lets_others_in_is_found_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        let (session, _) = listener.accept().unwrap();
        let datagrams = UnixDatagram::bind(place.path().join("d")).unwrap();
        let name = format!("sockctl-serving-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let hidden = UnixListener::bind_addr(&address).unwrap();
        let inet = TcpListener::bind("127.0.0.1:0").unwrap();
        let serving = look();
        for none in [&client, &session] {
            assert_eq!(found(&serving, none), None);
        }
        let address = |of: &dyn std::os::fd::AsFd| {
            let number = number(&of.as_fd());
            let served = serving.sockets.iter().find(|it| it.number == number);
            served.map(|served| served.address.clone())
        };
        assert_eq!(address(&hidden), Some(Address::Abstract(name.into())));
        assert_eq!(address(&inet), Some(Address::Inet));
        for (socket, name, kind) in [
            (&listener as &dyn std::os::fd::AsFd, "s", SocketType::Stream),
            (&datagrams, "d", SocketType::Dgram),
        ] {
            let Some(Address::File(file)) = address(socket) else {
                panic!("{name} was not found");
            };
            assert_eq!(file.kind, Some(kind));
            let (at, _, facts) = file.find().expect(name);
            assert_eq!(at, place.path().join(name));
            assert!(file.is(facts.inode, &[]));
        }
        let own = [number(&listener)].into_iter().collect();
        let others = super::serving(&[std::process::id()], &own).unwrap();
        assert_eq!(found(&others, &listener), None, "it was left out");
    }

    /// As haproxy and supervisor do it; the kernel keeps the first name for ever.
    #[test]
    fn a_file_that_was_renamed_is_found_where_it_is() {
        let place = tempfile::tempdir().unwrap();
        let (before, after) = (place.path().join("s.1"), place.path().join("s"));
        let listener = UnixListener::bind(&before).unwrap();
        std::fs::rename(&before, &after).unwrap();
        // What stands at the old name by now is another one.
        let _other = UnixListener::bind(&before).unwrap();
        let serving = look();
        let Some(Address::File(file)) = found(&serving, &listener).map(|it| &it.address) else {
            panic!("it was not found");
        };
        match file.find() {
            Some((path, ..)) => assert_eq!(path, after),
            None => assert!(
                !rustix::process::geteuid().is_root(),
                "root may ask where it is"
            ),
        }
    }

    #[test]
    fn a_socket_tells_the_same_as_the_list() {
        let place = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(place.path().join("s")).unwrap();
        let client = UnixStream::connect(place.path().join("s")).unwrap();
        let inet = TcpListener::bind("127.0.0.1:0").unwrap();
        let listed = look();
        let mut told = Vec::new();
        proc::holdings(&[std::process::id()], |holding| {
            if [number(&listener), number(&client), number(&inet)].contains(&holding.socket) {
                told.extend(asked(holding).map(|address| (holding.socket, address)));
            }
        })
        .unwrap();
        told.sort_unstable_by_key(|(number, _)| *number);
        let mut expected = [number(&listener), number(&inet)].map(|number| {
            let served = listed.sockets.iter().find(|it| it.number == number);
            (number, served.unwrap().address.clone())
        });
        expected.sort_unstable_by_key(|(number, _)| *number);
        // Without CAP_NET_ADMIN the socket does not say which inode it is.
        if rustix::process::geteuid().is_root() {
            assert_eq!(told, expected);
        } else {
            assert_eq!(told.len(), expected.len());
        }
    }
}
