//! Tests of single addresses: as a client, in silence, again and again, or until they are live.
//!
//! ```text
//! target   an address → a pinned inode
//! knock    connect as a client            silent   ask without being noticed
//! exchange send, and hold the answer against what is expected
//! run      all addresses, so many at once
//! settle   what the kernel's list and /proc add: queue, namespace, who really listens
//! wait     until live        repeat   so many times        vigil   until live, beside other things
//! ```

mod attempt;
mod crowd;
mod exchange;
mod http;
mod knock;
mod listed;
mod listener;
mod repeat;
mod run;
mod settle;
mod silent;
mod target;
mod vigil;
mod wait;

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::model::{Probed, SocketName, SocketType};
use crate::sys::signals::{EndSignal, EndSignals};

pub use exchange::{Exchange, Expected};
pub use http::Statuses;
pub use vigil::Vigil;

/// How to test.
#[derive(Debug, Clone)]
pub struct Options {
    /// Leave no queue entry at the server. Excludes an exchange.
    pub silent: bool,
    /// Only this type will do.
    pub kind: Option<SocketType>,
    /// What to say once the connection is there.
    pub exchange: Option<Exchange>,
    /// For one test, from the connect to the end of the exchange.
    pub timeout: Duration,
    /// How many addresses to test at once; `None`: as many as make sense.
    pub jobs: Option<NonZeroUsize>,
}

/// Tests every address once. The answers are in the order of the addresses.
pub fn once(names: &[SocketName], options: &Options) -> Vec<Probed> {
    let list = settle::list_before(options);
    let mut probed = run::all(names, options);
    settle::settle(&mut probed, options, list);
    probed
}

/// Tests every address until it is live, or until `patience` is over; `None`: without end.
pub fn until_live(
    names: &[SocketName],
    options: &Options,
    patience: Option<Duration>,
) -> Vec<Probed> {
    wait::until_live(names, options, patience)
}

/// Tests every address `count` times, one round each `interval`, and adds figures.
///
/// What is reported of an address is the first test that failed, or else the last one. When one
/// of `signals` comes, it is what there is by then, and the signal is given back.
pub fn repeatedly(
    names: &[SocketName],
    options: &Options,
    count: u32,
    interval: Duration,
    signals: Option<EndSignals>,
) -> (Vec<Probed>, Option<EndSignal>) {
    let list = settle::list_before(options);
    let (mut probed, signal) = repeat::rounds(names, options, count, interval, signals);
    settle::settle(&mut probed, options, list);
    (probed, signal)
}
