//! `sockctl policy test FILE...`

use serde_json::{Value, json};

use crate::cli::{CommonFormat, PolicyTest};
use crate::commands::context::Context;
use crate::commands::exit::Exit;
use crate::commands::policies;
use crate::judge::policy_test::{self, Outcome};
use crate::output::human::policy::{TestRow, tests};
use crate::policy;

pub(super) fn run(context: &Context<'_>, arguments: &PolicyTest) -> anyhow::Result<Exit> {
    let policy = policy::load_for_tests(&super::only(&arguments.files), &policies::any())
        .map_err(|problems| policies::refused(context, &problems))?;
    let outcomes: Vec<Outcome> = policy
        .tests
        .iter()
        .map(|test| {
            let expected = policy.effective(&policy_test::name(test), None);
            policy_test::run(test, expected, &policy.roles)
        })
        .collect();
    if outcomes.is_empty() {
        tracing::warn!("there is nothing under `tests:`, so nothing was tested");
    }
    print(context, &outcomes)?;
    let passed = outcomes.iter().all(Outcome::passed);
    Ok(if passed { Exit::Done } else { Exit::No })
}

fn print(context: &Context<'_>, outcomes: &[Outcome]) -> anyhow::Result<()> {
    match context.format() {
        CommonFormat::Human => {
            let rows: Vec<TestRow> = outcomes.iter().map(row).collect();
            let verbose = context.global.verbose > 0;
            context
                .results
                .write(|out| tests(out, &rows, context.style(), verbose))
        }
        CommonFormat::Json => context.print_json(&json!({
            "schema": 1,
            "passed": outcomes.iter().filter(|outcome| outcome.passed()).count(),
            "failed": outcomes.iter().filter(|outcome| !outcome.passed()).count(),
            "tests": outcomes.iter().map(as_json).collect::<Vec<_>>(),
        })),
        CommonFormat::Jsonl => context.print_lines(outcomes.iter().map(as_json)),
    }
}

fn row(outcome: &Outcome) -> TestRow {
    TestRow {
        name: outcome.name.clone(),
        place: outcome.place.to_string(),
        missing: outcome.missing.clone(),
        surplus: outcome.surplus.clone(),
        said: outcome.said.clone(),
    }
}

fn as_json(outcome: &Outcome) -> Value {
    json!({
        "name": outcome.name,
        "source": outcome.place.to_string(),
        "passed": outcome.passed(),
        "missing": outcome.missing,
        "surplus": outcome.surplus,
        "said": outcome.said,
    })
}
