//! Somebody who tries: a thread with the ids, groups and capabilities of one user, which works
//! through many cases.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::process::{Gid, Uid};
use rustix::thread::{CapabilitySet, CapabilitySets};
use sockctl::model::{self, Capabilities, Subject};

/// Who somebody is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    /// The first is the one that files are made with.
    pub(crate) gids: &'static [u32],
    /// Of root's: all of them, or these.
    pub(crate) capabilities: Option<CapabilitySet>,
}

pub(crate) const fn plain(uid: u32, gids: &'static [u32]) -> Identity {
    Identity {
        uid,
        gids,
        capabilities: None,
    }
}

pub(crate) const fn with(uid: u32, gids: &'static [u32], capabilities: CapabilitySet) -> Identity {
    Identity {
        uid,
        gids,
        capabilities: Some(capabilities),
    }
}

/// Everybody that a host has, as far as some tests go. Root can be neither let in nor shut out.
pub(crate) const EVERYBODY: [Identity; 6] = [
    plain(0, &[0]),
    plain(1, &[1]),
    plain(33, &[33]),
    plain(34, &[34, 33]),
    plain(65534, &[65534]),
    plain(7, &[7, 1]),
];

impl Identity {
    /// The same as the engine takes it.
    pub(crate) fn subject(&self) -> Subject {
        let uid = model::Uid::new(self.uid).expect("a user");
        let gids = self.gids.iter().copied().filter_map(model::Gid::new);
        match self.capabilities {
            None => Subject::user(uid, gids),
            Some(set) => {
                let capabilities = Capabilities {
                    dac_override: set.contains(CapabilitySet::DAC_OVERRIDE),
                    dac_read_search: set.contains(CapabilitySet::DAC_READ_SEARCH),
                    fowner: set.contains(CapabilitySet::FOWNER),
                    known: None,
                };
                Subject::new(uid, gids, capabilities)
            }
        }
    }

    /// Makes this thread them, and no other.
    fn become_them(&self, gids: &[u32]) {
        let groups: Vec<Gid> = gids.iter().map(|&it| Gid::from_raw(it)).collect();
        rustix::thread::set_thread_groups(&groups).expect("setgroups");
        // The one that counts like all the others; nobody is in this one.
        let gid = Gid::from_raw(gids.first().copied().unwrap_or(4_000_000));
        rustix::thread::set_thread_res_gid(gid, gid, gid).expect("setresgid");
        let uid = Uid::from_raw(self.uid);
        if let Some(set) = self.capabilities {
            rustix::thread::set_keep_capabilities(true).expect("PR_SET_KEEPCAPS");
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("setresuid");
            let sets = CapabilitySets {
                effective: set,
                permitted: set,
                inheritable: CapabilitySet::empty(),
            };
            rustix::thread::set_capabilities(None, sets).expect("capset");
        } else {
            rustix::thread::set_thread_res_uid(uid, uid, uid).expect("setresuid");
        }
    }
}

/// What is to be tried.
pub(crate) struct Job {
    /// Connected to.
    pub(crate) path: PathBuf,
    /// Each renamed, and renamed back.
    pub(crate) names: Vec<PathBuf>,
    /// Removed at the end, if the kernel lets them.
    pub(crate) unlink: Option<PathBuf>,
}

/// What the kernel said.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) connects: bool,
    pub(crate) renames: Vec<bool>,
    pub(crate) unlinks: Option<bool>,
}

/// A user at work.
pub(crate) struct User {
    pub(crate) identity: Identity,
    jobs: Sender<Job>,
    outcomes: Receiver<Outcome>,
}

impl User {
    pub(crate) fn start(identity: Identity) -> User {
        let (jobs, work) = channel::<Job>();
        let (done, outcomes) = channel();
        std::thread::spawn(move || {
            identity.become_them(identity.gids);
            for job in work {
                if done.send(try_it(&job)).is_err() {
                    break;
                }
            }
        });
        User {
            identity,
            jobs,
            outcomes,
        }
    }

    pub(crate) fn tries(&self, job: Job) -> Outcome {
        self.jobs.send(job).expect("the user is at work");
        self.outcomes.recv().expect("the user answers")
    }
}

/// Whether they get in with these groups and no others.
pub(crate) fn connects_in(identity: Identity, gids: &[u32], path: &Path) -> bool {
    let (gids, path) = (gids.to_vec(), path.to_owned());
    let thread = std::thread::spawn(move || {
        identity.become_them(&gids);
        connects(&path)
    });
    thread.join().expect("the user answers")
}

fn try_it(job: &Job) -> Outcome {
    Outcome {
        connects: connects(&job.path),
        renames: job.names.iter().map(|name| renames(name)).collect(),
        unlinks: job.unlink.as_deref().map(unlinks),
    }
}

/// Nobody listens: who may connect is told that, and everybody else that they may not.
fn connects(path: &Path) -> bool {
    let socket = socket(AddressFamily::UNIX, SocketType::STREAM, None).expect("a socket");
    let address = SocketAddrUnix::new(path).expect("a short path");
    match connect(&socket, &address) {
        Err(Errno::CONNREFUSED) => true,
        Err(Errno::ACCESS | Errno::PERM) => false,
        other => panic!("{}: {other:?}", path.display()),
    }
}

fn renames(name: &Path) -> bool {
    let aside = name.with_extension("aside");
    match rustix::fs::rename(name, &aside) {
        Ok(()) => {
            rustix::fs::rename(&aside, name).expect("the way back");
            true
        }
        Err(errno) => is_no(errno, name),
    }
}

fn unlinks(name: &Path) -> bool {
    match rustix::fs::unlink(name) {
        Ok(()) => true,
        Err(errno) => is_no(errno, name),
    }
}

fn is_no(errno: Errno, name: &Path) -> bool {
    let expected = [Errno::ACCESS, Errno::PERM, Errno::ROFS, Errno::BUSY];
    assert!(expected.contains(&errno), "{}: {errno:?}", name.display());
    false
}
