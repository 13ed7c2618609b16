//! What the parent listens to until the command is ready, and what it says of itself: made as
//! planned, before anything is started.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::time::Duration;

use super::awaiting::{Awaiting, RelayPlan};
use super::mailbox::Mailbox;
use super::parent::Source;
use super::ready::{Delay, Stands, Test, Tested, Unheard};
use super::refusal::{Refusal, Status};
use super::relay::Relay;
use crate::model::{ReadySpec, SocketName};
use crate::observe::probe::{Exchange, Options, Statuses};
use crate::sys::notify::Upstream;

/// An HTTP server that has not answered by then is asked anew: whoever took the connection may
/// have ended without a word.
const PATIENCE: Duration = Duration::from_secs(10);

/// Made.
#[allow(missing_debug_implementations)] // sources are whatever they are
pub struct Sources {
    /// For the parent.
    pub all: Vec<Box<dyn Source>>,
    /// What the command's `NOTIFY_SOCKET` is to be; `None`: it stays as it is.
    pub notify: Option<OsString>,
}

/// Makes them.
pub fn open(awaiting: &Awaiting) -> Result<Sources, Refusal> {
    let mut sources = Sources {
        all: Vec::new(),
        notify: None,
    };
    if let Some(plan) = &awaiting.relay {
        let mailbox = Mailbox::new(&plan.places, plan.own, plan.speakers).map_err(|failure| {
            let why = format!("cannot make a socket for the command's notifications: {failure}");
            Refusal::new(Status::Failed, why)
        })?;
        sources.notify = Some(mailbox.address().to_owned());
        let relay = Relay::new(mailbox, upstream(plan), std::process::id());
        sources.all.push(Box::new(relay));
    }
    match &awaiting.ready {
        _ if awaiting.insists => sources.all.push(Box::new(Unheard::new(
            "the command's processes listen on nothing",
        ))),
        _ if awaiting.searched => {}
        ReadySpec::Now => {}
        ReadySpec::Notify => {
            sources
                .all
                .push(Box::new(Unheard::new("no READY=1 from the command")));
        }
        ReadySpec::Delay(length) => sources.all.push(Box::new(Delay::new(*length))),
        ReadySpec::Listen | ReadySpec::Connect | ReadySpec::Http(_) => {
            sources.all.push(Box::new(Tested::new(tests(awaiting))));
        }
    }
    Ok(sources)
}

/// Who is not there to be told is no reason to start nothing: nobody may wait for it.
fn upstream(plan: &RelayPlan) -> Option<Upstream> {
    let name = plan.upstream.as_ref()?;
    match Upstream::connect(name) {
        Ok(upstream) => Some(upstream),
        Err(failure) => {
            tracing::warn!(
                "nobody can be told what the command says of itself: {}, which NOTIFY_SOCKET \
                 names: {failure}",
                String::from_utf8_lossy(&name.to_bytes())
            );
            None
        }
    }
}

fn tests(awaiting: &Awaiting) -> VecDeque<Test> {
    let names: Vec<SocketName> = awaiting.sockets.clone();
    let options = |silent, exchange| Options {
        silent,
        kind: None,
        exchange,
        timeout: PATIENCE,
        jobs: None,
    };
    let test = |stands, options| Test {
        names: names.clone(),
        options,
        stands,
    };
    match &awaiting.ready {
        ReadySpec::Http(target) => {
            let exchange = Exchange::get(target.as_str(), Statuses::default());
            VecDeque::from([test(Stands::Answers, options(false, Some(exchange)))])
        }
        // A client gets into the queue of a socket that listens already; the command has taken it
        // when it is empty again.
        ReadySpec::Connect => VecDeque::from([
            test(Stands::Listens, options(false, None)),
            test(Stands::Taken, options(true, None)),
        ]),
        _ => VecDeque::from([test(Stands::Listens, options(true, None))]),
    }
}
