//! `sockctl policy show`, `list` and `schema`: what is inside the program.

use serde_json::{Value, json};

use crate::cli::{Format, PolicyShow};
use crate::commands::context::Context;
use crate::commands::exit::{Exit, UsageError};
use crate::commands::results::Results;
use crate::output::human::policy::{PolicyRow, list};
use crate::policy::builtin::{self, Builtin, PREFIX};
use crate::policy::schema::schema as schema_of_policies;

pub(super) fn one(context: &Context<'_>, arguments: &PolicyShow) -> anyhow::Result<Exit> {
    let name = arguments.name.strip_prefix(PREFIX);
    let name = name.unwrap_or(&arguments.name);
    let builtin = builtin::get(name).ok_or_else(|| {
        UsageError(format!(
            "no policy inside the program is called {name:?}; `sockctl policy list` names them"
        ))
    })?;
    match context.format() {
        Format::Human => Results::print(builtin.text)?,
        Format::Json | Format::Jsonl => {
            let mut value = summary(builtin);
            value["schema"] = 1.into();
            value["text"] = builtin.text.into();
            context.print_json(&value)?;
        }
    }
    Ok(Exit::Done)
}

pub(super) fn all(context: &Context<'_>) -> anyhow::Result<Exit> {
    let builtins = builtin::all().iter();
    match context.format() {
        Format::Human => {
            let rows: Vec<PolicyRow> = builtins.map(row).collect();
            Results::write(|out| list(out, &rows, context.style()))?;
        }
        Format::Json => context.print_json(&json!({
            "schema": 1,
            "policies": builtins.map(summary).collect::<Vec<_>>(),
        }))?,
        Format::Jsonl => {
            for builtin in builtins {
                context.print_json(&summary(builtin))?;
            }
        }
    }
    Ok(Exit::Done)
}

pub(super) fn schema(context: &Context<'_>) -> anyhow::Result<Exit> {
    context.print_json(&schema_of_policies())?;
    Ok(Exit::Done)
}

fn row(builtin: &Builtin) -> PolicyRow {
    PolicyRow {
        name: format!("{PREFIX}{}", builtin.name),
        rules: builtin.document().rules.len(),
        description: builtin.description.to_owned(),
    }
}

fn summary(builtin: &Builtin) -> Value {
    let row = row(builtin);
    json!({ "name": row.name, "description": row.description, "rules": row.rules })
}
