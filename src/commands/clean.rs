//! `sockctl clean PATH...`

use std::path::{Path, PathBuf};

use crate::change::changes::Changes;
use crate::change::clean::{Cleaner, Request};
use crate::change::name::{BadPath, Named};
use crate::cli::Clean;
use crate::model::Survey;
use crate::sys::dir::{Kind, Pinned};
use crate::sys::names::SystemNames;

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::{Exit, UsageError};
use super::told::{self, tell};

pub(super) fn run(context: &Context<'_>, arguments: &Clean) -> anyhow::Result<Exit> {
    let stopwatch = Stopwatch::start();
    let mut targets = Vec::with_capacity(arguments.paths.len());
    for path in &arguments.paths {
        targets.push(target(path, arguments.recursive)?);
    }
    let names = SystemNames::default();
    let request = Request {
        older_than: arguments.older_than,
        dry_run: context.global.dry_run,
    };
    let cleaner = Cleaner::new(request, &names)?;
    let mut changes = Changes::default();
    for target in &targets {
        changes.extend(match target {
            Target::Below(directory) => cleaner.below(directory),
            Target::File(file) => cleaner.named(file),
        });
    }
    tell(
        context,
        &stopwatch,
        &arguments.paths,
        &changes,
        Survey::default(),
    )?;
    Ok(told::exit_of(&changes.actions))
}

enum Target {
    File(Named),
    Below(PathBuf),
}

/// With -R a path that leads to a directory, through a link or not, means all below it.
fn target(path: &Path, recursive: bool) -> Result<Target, UsageError> {
    if path.as_os_str().is_empty() {
        return Err(UsageError("a PATH is empty".to_owned()));
    }
    let is_directory = || {
        let facts = Pinned::open(path).and_then(|pinned| pinned.facts());
        facts.is_ok_and(|facts| facts.kind == Kind::Directory)
    };
    if recursive && is_directory() {
        return Ok(Target::Below(path.to_owned()));
    }
    Named::new(path).map(Target::File).map_err(|error| {
        let hint = match error {
            BadPath::Directory if !recursive => "; -R cleans what is in a directory",
            _ => "",
        };
        UsageError(format!(
            "{}: {error}{hint}",
            crate::output::escape::escape(path.as_os_str().as_encoded_bytes())
        ))
    })
}
