//! `sockctl explain [CODE]`

use serde_json::{Value, json};

use crate::cli::{CommonFormat, Explain};
use crate::judge;
use crate::model::Code;
use crate::output::human::explain;

use super::context::Context;
use super::exit::Exit;

pub(super) fn run(context: &Context<'_>, arguments: &Explain) -> anyhow::Result<Exit> {
    match arguments.code {
        Some(code) => one(context, code),
        None => all(context),
    }?;
    Ok(Exit::Done)
}

fn one(context: &Context<'_>, code: Code) -> anyhow::Result<()> {
    let page = judge::page(code);
    match context.format() {
        CommonFormat::Human => context.print(&explain::render(code, page, context.style())),
        CommonFormat::Json | CommonFormat::Jsonl => {
            let mut value = summary(code);
            value["schema"] = 1.into();
            value["page"] = page.into();
            context.print_json(&value)
        }
    }
}

fn all(context: &Context<'_>) -> anyhow::Result<()> {
    let codes = Code::ALL.iter().copied();
    match context.format() {
        CommonFormat::Human => context
            .results
            .write(|out| explain::list(out, codes, context.style())),
        CommonFormat::Json => context.print_json(&json!({
            "schema": 1,
            "codes": codes.map(summary).collect::<Vec<_>>(),
        })),
        CommonFormat::Jsonl => context.print_lines(codes.map(summary)),
    }
}

fn summary(code: Code) -> Value {
    json!({ "code": code, "severity": code.default_severity(), "meaning": code.meaning() })
}
