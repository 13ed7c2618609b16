//! `sockctl probe ADDR...`

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::{CommonFormat, Probe};
use crate::model::{Probed, SocketName, State};
use crate::observe::probe::{self, Exchange, Options};
use crate::output::{human, json};
use crate::sys::names::SystemNames;
use crate::sys::signals::{EndSignal, EndSignals};

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::{policies, progress};

const USUAL_INTERVAL: Duration = Duration::from_secs(1);

pub(super) fn run(context: &Context<'_>, arguments: &Probe) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    policies::check_named(context)?;
    let names = addresses(arguments.addresses().map_err(UsageError)?)?;
    let (probed, signal) = test(context, &names, arguments);
    let users = SystemNames::default();
    let run = stopwatch.stop();
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::probe::write(out, &run, &probed, &users),
        CommonFormat::Jsonl => json::probe::write_lines(out, &run, &probed, &users),
        CommonFormat::Human => human::probe::write(out, &probed, &users, context.style()),
    })?;
    if let Some(signal) = signal {
        tracing::warn!("ended by {} before all tests were made", signal.name());
        signal.end_by_it()?;
    }
    Ok(exit_of_all(&probed, arguments))
}

fn test(
    context: &Context<'_>,
    names: &[SocketName],
    arguments: &Probe,
) -> (Vec<Probed>, Option<EndSignal>) {
    let options = Options {
        silent: arguments.silent,
        kind: arguments.kind,
        exchange: exchange(arguments),
        timeout: arguments.timeout,
        jobs: arguments.jobs,
    };
    if let Some(patience) = arguments.wait {
        let waited = || probe::until_live(names, &options, patience);
        let probed = progress::waiting(context.is_quiet(), names, waited);
        if arguments.count.is_none() || exit_of_all(&probed, arguments) != Exit::Done {
            return (probed, None);
        }
    }
    match arguments.count {
        Some(count) => {
            let interval = arguments.interval.unwrap_or(USUAL_INTERVAL);
            // What was found out so far is shown, too.
            let signals = EndSignals::block().ok();
            probe::repeatedly(names, &options, count, interval, signals)
        }
        None => (probe::once(names, &options), None),
    }
}

fn exchange(arguments: &Probe) -> Option<Exchange> {
    if let Some(path) = &arguments.http {
        let expected = arguments.expect_status.clone().unwrap_or_default();
        return Some(Exchange::get(path, expected));
    }
    let send = arguments.send.as_ref().map(|bytes| bytes.0.clone());
    if send.is_none() && arguments.expect.is_none() {
        return None;
    }
    Some(Exchange::say(
        send.unwrap_or_default(),
        arguments.expect.clone(),
    ))
}

/// All of them, before anything is tested: a mistake in one is a mistake in the command line.
fn addresses(given: &[OsString]) -> anyhow::Result<Vec<SocketName>> {
    let mut names = Vec::with_capacity(given.len());
    let mut has_read = false;
    for address in given {
        if address != "-" {
            let name = SocketName::parse(address.as_bytes());
            names.push(name.map_err(|error| UsageError(error.to_string()))?);
        } else if !std::mem::replace(&mut has_read, true) {
            names.extend(addresses_from_stdin()?);
        }
    }
    if names.is_empty() {
        tracing::warn!("no address on standard input, so nothing was tested");
    }
    Ok(names)
}

/// One a line; empty lines are none.
fn addresses_from_stdin() -> anyhow::Result<Vec<SocketName>> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut text)
        .context("cannot read addresses from standard input")?;
    let mut names = Vec::new();
    for (number, line) in (1_usize..).zip(text.split(|&byte| byte == b'\n')) {
        if !line.is_empty() {
            let name = SocketName::parse(line)
                .map_err(|error| UsageError(format!("line {number} of standard input: {error}")))?;
            names.push(name);
        }
    }
    Ok(names)
}

/// A no goes before what could not be told.
fn exit_of_all(probed: &[Probed], arguments: &Probe) -> Exit {
    let exits = probed.iter().map(|probed| exit_of(probed, arguments));
    exits.fold(Exit::Done, |worst, exit| match (worst, exit) {
        (Exit::No, _) | (_, Exit::No) => Exit::No,
        (Exit::Done, exit) => exit,
        (worst, _) => worst,
    })
}

fn exit_of(probed: &Probed, arguments: &Probe) -> Exit {
    match probed.socket.state {
        State::Denied | State::Unknown => Exit::Trouble,
        _ if probed.error.is_some() => Exit::No,
        State::Live | State::Foreign => Exit::Done,
        // It is not dead, which is all that these ask.
        State::Saturated if arguments.silent || arguments.wait.is_some() => Exit::Done,
        _ => Exit::No,
    }
}
