//! What create and clean have to say, and how they exit.

use std::path::PathBuf;

use crate::change::changes::Changes;
use crate::cli::Format;
use crate::model::{Action, Outcome, Root, Survey};
use crate::output::{human, json, jsonl};

use super::changes::{complain, warn};
use super::clock::Stopwatch;
use super::context::Context;
use super::exit::Exit;
use super::results::Results;

/// Says what was done, what was not and why, and what else there is to say.
pub(super) fn tell(
    context: &Context<'_>,
    stopwatch: &Stopwatch,
    paths: &[PathBuf],
    changes: &Changes,
) -> anyhow::Result<()> {
    say_on_stderr(changes);
    let root = |path: &PathBuf| Root {
        given: path.clone(),
        real: path.clone(),
    };
    let note = |(path, note): &(PathBuf, String)| format!("{}: {note}", path.display());
    let survey = Survey {
        roots: paths.iter().map(root).collect(),
        notes: changes.notes.iter().map(note).collect(),
        ..Survey::default()
    };
    let run = stopwatch.stop();
    let actions = &changes.actions;
    Results::write(|out| match context.format() {
        Format::Json => json::actions(out, &run, &survey, actions),
        Format::Jsonl => jsonl::actions(out, &run, &survey, actions),
        Format::Human => {
            let verbose = context.global.verbose > 0;
            human::actions::write(out, actions, context.style(), verbose)
        }
    })
}

/// What was not done and why, and what else there is to say.
pub(super) fn say_on_stderr(changes: &Changes) {
    for (path, note) in &changes.notes {
        warn(path, note);
    }
    complain(&changes.actions);
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
