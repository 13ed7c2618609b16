//! `sockctl create PATH...`

mod wanted;

use std::path::Path;

use anyhow::Context as _;

use crate::change::changes::Changes;
use crate::change::create::{Created, Creator, Held, fits, no_file, release, serve, undo};
use crate::change::name::{BadPath, Named};
use crate::change::plan::no_step;
use crate::cli::Create;
use crate::model::{ActionKind, Outcome, Survey};
use crate::output::escape::escape;
use crate::sys::limits;
use crate::sys::names::SystemNames;
use crate::sys::signals::EndSignals;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::told::{exit_of, say_on_stderr, tell};
use wanted::Wanted;
pub(super) use wanted::real_path;

pub(super) fn run(context: &Context<'_>, arguments: &Create) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let paths = arguments.paths().map_err(UsageError)?;
    let mut targets = Vec::with_capacity(paths.len());
    for path in paths {
        targets.push(target(path)?);
    }
    let names = SystemNames::default();
    let wanted = Wanted::new(context, arguments, &names)?;
    // A signal that comes from here on waits until there is somebody to remove what was made.
    let signals = if arguments.hold && !context.global.dry_run {
        limits::raise_open_files();
        Some(EndSignals::block()?)
    } else {
        None
    };
    let creator = Creator::new(&names, context.global.dry_run)?;
    let mut changes = Changes::default();
    let mut held = Vec::new();
    for (path, named) in paths.iter().zip(targets) {
        match one(&creator, &wanted, path, named) {
            Ok(created) => {
                changes.extend(created.changes);
                held.extend(created.held);
            }
            Err(outcome) => changes
                .actions
                .push(no_step(path, ActionKind::Create, outcome)),
        }
    }
    let Some(signals) = signals else {
        tell(context, &stopwatch, paths, &changes, Survey::default())?;
        return Ok(exit_of(&changes.actions));
    };
    let exit = exit_of(&changes.actions);
    if exit != Exit::Done {
        // Whoever waits for them all would wait for ever.
        undo(std::mem::take(&mut held), &mut changes);
    }
    match tell(context, &stopwatch, paths, &changes, Survey::default()) {
        Ok(()) if exit == Exit::Done => keep(held, &signals),
        told => {
            say_on_stderr(&release(held));
            told.map(|()| exit)
        }
    }
}

fn one(
    creator: &Creator<'_>,
    wanted: &Wanted<'_>,
    path: &Path,
    named: Result<Named, BadPath>,
) -> Result<Created, Outcome> {
    let named = named.map_err(|bad| no_file(path, bad))?;
    let expected = wanted.expected(&named)?;
    let mut created = creator.create(&wanted.request(named, &expected)?);
    if let Some(left) = &created.left {
        wanted.hold_against(left, &expected, &mut created.changes);
    }
    Ok(created)
}

/// Before anything is looked at.
fn target(path: &Path) -> Result<Result<Named, BadPath>, UsageError> {
    let named = Named::new(path);
    match named.as_ref().map(fits) {
        Ok(Err(too_long)) => Err(UsageError(format!(
            "{}: {too_long}",
            escape(path.as_os_str().as_encoded_bytes())
        ))),
        _ => Ok(named),
    }
}

/// Until a signal comes.
fn keep(held: Vec<Held>, signals: &EndSignals) -> anyhow::Result<Exit> {
    let served = serve(&held, signals);
    let changes = release(held);
    say_on_stderr(&changes);
    served.context("cannot wait for clients")?;
    Ok(exit_of(&changes.actions))
}
