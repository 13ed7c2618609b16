//! What the commands that change sockets have to say, and how create and clean exit. Whatever was
//! typed, it is told by its absolute path, as in the report of an audit.

use std::path::PathBuf;

use crate::change::changes::Changes;
use crate::cli::CommonFormat;
use crate::model::{Action, Outcome, Root, SkipReason, Skipped, Survey, Unreadable};
use crate::output::escape::{escape, escape_prose};
use crate::output::words::skip_reason;
use crate::output::{human, json, jsonl};

use super::clock::Stopwatch;
use super::context::Context;
use super::exit::Exit;
use super::roots::absolute;

/// Says what was done, what was not and why, and what else there is to say. `survey` has what was
/// met on walks below these paths.
pub(super) fn tell(
    context: &Context<'_>,
    stopwatch: &Stopwatch,
    paths: &[PathBuf],
    changes: &Changes,
    mut survey: Survey,
) -> anyhow::Result<()> {
    say_on_stderr(changes);
    let note = |(path, note): &(PathBuf, String)| format!("{}: {note}", path.display());
    survey.notes.extend(changes.notes.iter().map(note));
    let (actions, survey) = (placed(&changes.actions), below(paths, survey));
    complain_of_places(&survey);
    let run = stopwatch.stop();
    context.results.write(|out| match context.format() {
        CommonFormat::Json => json::actions(out, &run, &survey, &actions),
        CommonFormat::Jsonl => jsonl::actions(out, &run, &survey, &actions),
        CommonFormat::Human => {
            let (style, verbose) = (context.style(), context.global.verbose > 0);
            human::actions::write(out, &actions, style, verbose)
        }
    })
}

/// What was not done and why, and what else there is to say.
pub(super) fn say_on_stderr(changes: &Changes) {
    for (path, note) in &changes.notes {
        let path = absolute(path);
        let path = escape(path.as_os_str().as_encoded_bytes());
        tracing::warn!("{path}: {}", escape_prose(note));
    }
    complain(&placed(&changes.actions));
}

/// What was not done and why.
pub(super) fn complain(actions: &[Action]) {
    for action in actions {
        let Some(complaint) = human::actions::complaint(action) else {
            continue;
        };
        match action.outcome {
            Outcome::Kept(_) => tracing::info!("{complaint}"),
            Outcome::LeftOut(_) => tracing::warn!("{complaint}"),
            _ => tracing::error!("{complaint}"),
        }
    }
}

/// The same of places that a walk has not looked at.
pub(super) fn complain_of_places(survey: &Survey) {
    for Unreadable { path, why } in &survey.unreadable {
        let path = escape(path.as_os_str().as_encoded_bytes());
        tracing::error!("{path}: {}", escape_prose(why));
    }
    for Skipped { path, reason } in &survey.skipped {
        // Who has excluded it knows.
        if matches!(reason, SkipReason::Excluded(_)) {
            continue;
        }
        let path = escape(path.as_os_str().as_encoded_bytes());
        let reason = skip_reason(reason);
        tracing::warn!("{path}: skipped, name it to look at it: {reason}");
    }
}

fn placed(actions: &[Action]) -> Vec<Action> {
    let placed = |action: &Action| Action {
        path: absolute(&action.path),
        ..action.clone()
    };
    actions.iter().map(placed).collect()
}

fn below(paths: &[PathBuf], mut survey: Survey) -> Survey {
    let root = |path: &PathBuf| Root {
        given: absolute(path),
        real: path.clone(),
    };
    survey.roots = paths.iter().map(root).collect();
    let skipped = survey.skipped.iter_mut().map(|place| &mut place.path);
    let unreadable = survey.unreadable.iter_mut().map(|place| &mut place.path);
    for path in skipped.chain(unreadable) {
        *path = absolute(path);
    }
    survey
}

/// A refusal is an answer, and goes before what could not be done. What was left out was so for a
/// good reason, and speaks against nothing.
pub(super) fn exit_of(actions: &[Action]) -> Exit {
    let any = |is: fn(&Outcome) -> bool| actions.iter().any(|action| is(&action.outcome));
    if any(|outcome| matches!(outcome, Outcome::Refused(_))) {
        Exit::No
    } else if any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        Exit::Trouble
    } else {
        Exit::Done
    }
}
