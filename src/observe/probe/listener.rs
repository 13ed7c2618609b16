//! Who really holds the sockets that were connected to. The kernel's word for the peer is who
//! called listen(2), which may be a service manager, or a process that has gone.

use std::collections::{BTreeMap, HashSet};
use std::os::fd::AsFd;

use super::super::holders::name_holders;
use crate::model::Probed;
use crate::sys::{peer, proc};

/// Names the holders, lowest pid first and pid 1 last, where we may look.
pub(super) fn name(probed: &mut [Probed]) {
    let mut by_peer: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut nobody = Vec::new();
    for (place, probed) in probed.iter().enumerate() {
        if probed.socket.kernel_ino.is_none() {
            continue;
        }
        match probed.peer.map(|peer| peer.pid) {
            // Of pid 1 it is certain that it may have given it on.
            Some(Some(1) | None) => nobody.push(place),
            Some(Some(pid)) => by_peer.entry(pid).or_default().push(place),
            None => {}
        }
    }
    for (pid, places) in by_peer {
        match peer::sockets_of(pid) {
            Ok(held) => nobody.extend(held_by(probed, pid, &places, &held)),
            // It has gone, and somebody else still has the socket.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => nobody.extend(places),
            Err(_) => {}
        }
    }
    nobody.sort_unstable();
    let others = probed.iter_mut().enumerate();
    let others = others.filter(|(place, _)| nobody.binary_search(place).is_ok());
    let sockets = others.map(|(_, probed)| &mut probed.socket);
    if let Some(note) = name_holders(sockets, None) {
        // The peer is told all the same, so this is nothing to worry about.
        tracing::info!("{note}");
    }
}

/// Which of the sockets the process does not hold.
fn held_by(probed: &mut [Probed], pid: u32, places: &[usize], held: &HashSet<u32>) -> Vec<usize> {
    let details = proc::open_proc()
        .and_then(|proc| proc::ProcessDir::open(proc.as_fd(), pid))
        .ok()
        .and_then(|process| process.details());
    let mut others = Vec::new();
    for &place in places {
        let socket = &mut probed[place].socket;
        if socket.kernel_ino.is_some_and(|ino| held.contains(&ino)) {
            socket.holders = details.iter().cloned().collect();
            socket.holders_known = true;
        } else {
            others.push(place);
        }
    }
    others
}
