//! The processes that hold sockets.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use crate::model::{Process, Socket};
use crate::sys::{errno, proc};

/// Fills `holders` and `holders_known` of those of these sockets that the kernel lists and whose
/// holders are not known yet. Up to `jobs` threads look; `None` for as many as there are processors.
///
/// Without the right to look at some processes, a socket for which nobody was found stays
/// unknown. The text, where there is one, says what could not be looked at.
pub fn name_holders<'s>(
    sockets: impl IntoIterator<Item = &'s mut Socket>,
    jobs: Option<NonZeroUsize>,
) -> Option<String> {
    let unknown = |socket: &Socket| socket.kernel_ino.filter(|_| !socket.holders_known);
    let mut sockets: Vec<&mut Socket> = sockets.into_iter().collect();
    let wanted: Vec<u32> = sockets
        .iter()
        .filter_map(|socket| unknown(socket))
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let scan = proc::scan(wanted, super::jobs(jobs), |holding| {
        Some((holding.socket, holding.process.details()?))
    });
    let scan = match scan {
        Ok(scan) => scan,
        Err(error) => {
            let why = errno::describe(&error);
            return Some(format!("the processes could not be looked through: {why}"));
        }
    };
    let mut holders: HashMap<u32, Vec<Arc<Process>>> = HashMap::new();
    for (socket, process) in scan.found {
        holders.entry(socket).or_default().push(process);
    }
    for socket in &mut sockets {
        if let Some(number) = unknown(socket) {
            socket.holders = holders.remove(&number).map(in_order).unwrap_or_default();
            socket.holders_known = !socket.holders.is_empty() || scan.denied == 0;
        }
    }
    (scan.denied > 0).then(|| {
        format!(
            "the descriptors of {} processes may not be looked at: run it as root to name every \
             holder",
            scan.denied
        )
    })
}

/// Each once, the lowest pid first, and pid 1 last: the service manager holds what it passes on.
pub(super) fn in_order(mut holders: Vec<Arc<Process>>) -> Vec<Process> {
    holders.sort_by_key(|process| (process.pid == 1, process.pid));
    holders.dedup_by_key(|process| process.pid);
    holders.into_iter().map(Arc::unwrap_or_clone).collect()
}
