//! One round: every address tested once, many at the same time.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::model::{Peer, Probed, SocketName, SocketType};
use crate::sys::connect::Connection;
use crate::sys::silent::SilentProbe;

use super::target::{Target, find};
use super::{Options, crowd, knock, silent};

/// Addresses that a worker takes at a time; fewer than that are not worth a thread.
const SHARE: usize = 64;

/// The answers, in the order of the addresses.
pub(super) fn all(names: &[SocketName], options: &Options) -> Vec<Probed> {
    if let Some(exchange) = options.exchange.as_ref().filter(|_| !options.silent) {
        return crowd::all(names, options, exchange);
    }
    // No test waits for anything, so that there is nothing to gain but processors.
    let mut workers = names.len() / SHARE;
    if workers > 1 {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let jobs = options.jobs.map_or(processors, NonZeroUsize::get);
        workers = workers.min(processors).min(jobs);
    }
    let shares = Mutex::new(names.chunks(SHARE).enumerate());
    let next = || {
        let mut shares = shares.lock().unwrap_or_else(PoisonError::into_inner);
        shares.next()
    };
    let work = || {
        let tester = Tester::new(options);
        let mut done = Vec::new();
        while let Some((place, share)) = next() {
            let probed: Vec<_> = share.iter().map(|name| tester.test(name)).collect();
            done.push((place, probed));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers)
            .map_while(|_| std::thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        let mut done = work();
        for thread in others {
            let part = thread.join();
            done.extend(part.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().flat_map(|(_, probed)| probed).collect()
}

/// Tests one address after the other.
struct Tester<'a> {
    options: &'a Options,
    /// What the silent tests are done with, or why it could not be had.
    silent: Option<Result<SilentProbe, String>>,
}

impl Tester<'_> {
    fn new(options: &Options) -> Tester<'_> {
        let probe = || SilentProbe::new().map_err(|failure| format!("socket(): {failure}"));
        Tester {
            options,
            silent: options.silent.then(probe),
        }
    }

    fn test(&self, name: &SocketName) -> Probed {
        let (socket, target) = find(name);
        let mut probed = Probed::of(socket);
        let Some(target) = target else {
            return probed;
        };
        match &self.silent {
            None => drop(enter(&mut probed, &target, self.options)),
            Some(Ok(probe)) => {
                let heard = silent::listen(probe, &target);
                probed.socket.state = heard.state;
                probed.socket.kind = heard.kind;
                probed.socket.why = heard.why.map(Into::into);
            }
            Some(Err(why)) => probed.socket.why = Some(why.as_str().into()),
        }
        probed
    }
}

/// The connect test. The connection, where there is one, is the caller's to use or to close.
pub(super) fn enter(
    probed: &mut Probed,
    target: &Target<'_>,
    options: &Options,
) -> Option<Connection> {
    let exchange = options.exchange.as_ref();
    let answerable = exchange.is_some_and(super::Exchange::wants_answer);
    let knock = knock::knock(target, options.kind, answerable);
    probed.socket.state = knock.state;
    probed.socket.kind = knock.kind;
    probed.socket.why = knock.why.map(Into::into);
    let (connection, took) = knock.entered?;
    probed.latency = Some(took);
    probed.peer = peer(&connection, knock.kind);
    Some(connection)
}

fn peer(connection: &Connection, kind: Option<SocketType>) -> Option<Peer> {
    // The kernel keeps nobody for a datagram connection.
    let connectionful = kind != Some(SocketType::Dgram);
    connectionful.then(|| connection.peer().ok()).flatten()
}
