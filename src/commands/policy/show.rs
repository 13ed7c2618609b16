//! `sockctl policy show`, `list` and `schema`: what is inside the program.

use serde_json::{Value, json};

use crate::cli::{CommonFormat, PolicyShow};
use crate::commands::context::Context;
use crate::commands::exit::{Exit, UsageError};
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
        CommonFormat::Human => context.print(builtin.text)?,
        CommonFormat::Json | CommonFormat::Jsonl => {
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
        CommonFormat::Human => {
            let rows: Vec<PolicyRow> = builtins.map(row).collect();
            context
                .results
                .write(|out| list(out, &rows, context.style()))?;
        }
        CommonFormat::Json => context.print_json(&json!({
            "schema": 1,
            "policies": builtins.map(summary).collect::<Vec<_>>(),
        }))?,
        CommonFormat::Jsonl => context.print_lines(builtins.map(summary))?,
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
