//! `sockctl clean PATH...`

use crate::change::clean::{Cleaner, Request};
use crate::cli::Clean;
use crate::model::Survey;
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::policies;
use super::told::{self, tell};

pub(super) fn run(context: &Context<'_>, arguments: &Clean) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    policies::check_named(context)?;
    let paths = arguments.paths().map_err(UsageError)?;
    let names = SystemNames::default();
    let request = Request {
        older_than: arguments.older_than,
        dry_run: context.global.dry_run,
    };
    let cleaner = Cleaner::new(request, &names)?;
    let changes = cleaner.clean(paths, arguments.recursive);
    tell(context, &stopwatch, paths, &changes, Survey::default())?;
    Ok(told::exit_of(&changes.actions))
}
