//! `sockctl policy explain PATH`

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::json;

use crate::cli::{CommonFormat, PolicyExplain};
use crate::commands::clock::Stopwatch;
use crate::commands::context::Context;
use crate::commands::create::real_path;
use crate::commands::exit::{Exit, UsageError};
use crate::commands::policies;
use crate::model::SocketName;
use crate::output::human::policy::{Explanation, KeyRow, RuleRow, explain};
use crate::policy::{Effective, Rule, Waiver};

pub(super) fn run(context: &Context<'_>, arguments: &PolicyExplain) -> anyhow::Result<Exit> {
    let name = name_of(&arguments.path)?;
    let policy = policies::load(context)?;
    let resolved = name.as_path().and_then(real_path);
    let effective = policy.effective(&name, resolved.as_deref());
    let matching = policy.matching_rules(&name, resolved.as_deref());
    let rule_row = |rule: &&Rule| RuleRow {
        id: rule.id.clone(),
        place: rule.place.to_string(),
        pattern: pattern_of(rule, &name),
        description: rule.description.clone().unwrap_or_default(),
    };
    let mut notes = notes_of(&effective, matching.len());
    let silent = policy.silent_rules(&name, resolved.as_deref());
    notes.extend(silent.into_iter().map(|rule| {
        let Rule { id, place, .. } = rule;
        format!("{id} ({place}) is left out: its `when` does not hold on this host")
    }));
    let waivers = policy.waivers_of(&name, resolved.as_deref());
    let stopwatch = Stopwatch::start();
    notes.extend(waivers.into_iter().map(|it| waived(it, stopwatch.day())));
    let bytes = name.to_bytes();
    let answer = Explanation {
        path: &bytes,
        rules: matching.iter().map(rule_row).collect(),
        keys: keys_of(&effective, &name),
        notes,
    };
    match context.format() {
        CommonFormat::Human => context
            .results
            .write(|out| explain(out, &answer, context.style()))?,
        CommonFormat::Json | CommonFormat::Jsonl => context.print_json(&as_json(&answer))?,
    }
    Ok(Exit::Done)
}

/// A relative path is one below the current directory.
fn name_of(path: &Path) -> anyhow::Result<SocketName> {
    match path.as_os_str().as_bytes() {
        [] => Err(UsageError("an empty path leads nowhere".to_owned()).into()),
        [b'@', name @ ..] => Ok(SocketName::Abstract(name.to_vec())),
        _ => {
            let absolute = std::path::absolute(path).with_context(|| {
                let path = path.display();
                format!("cannot tell where {path} is, for the current directory is not known")
            })?;
            Ok(SocketName::Path(absolute))
        }
    }
}

/// The pattern of a rule that matches; the first one where it does so through a link.
fn pattern_of(rule: &Rule, name: &SocketName) -> String {
    let bytes = name.to_bytes();
    let mut patterns = rule.paths.iter();
    let matching = patterns.find(|pattern| pattern.matches(&bytes));
    let pattern = matching.or(rule.paths.first());
    pattern.map(ToString::to_string).unwrap_or_default()
}

/// What a waiver does about this path.
fn waived(waiver: &Waiver, today: &str) -> String {
    let Waiver {
        finding,
        until,
        reason,
        place,
        ..
    } = waiver;
    match until {
        None => format!("{finding} is waived ({place}): {reason}"),
        Some(day) if day.as_str() < today => {
            format!("{finding} was waived until {day}, and is no more ({place}): {reason}")
        }
        Some(day) => format!("{finding} is waived until {day} ({place}): {reason}"),
    }
}

fn keys_of(effective: &Effective<'_>, name: &SocketName) -> Vec<KeyRow> {
    let lines = effective.lines(name).into_iter();
    lines
        .map(|line| KeyRow {
            key: line.key,
            value: line.value,
            rule: line.rule.id.clone(),
            place: line.place.to_string(),
        })
        .collect()
}

fn notes_of(effective: &Effective<'_>, matching: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let said_nothing = matching - effective.rules.len();
    if said_nothing > 0 {
        let rules = match said_nothing {
            1 => "the first rule of these says".to_owned(),
            many => format!("the first {many} rules of these say"),
        };
        notes.push(format!("{rules} nothing here: a later one has reset: true"));
    }
    let reasons = effective.rules.iter();
    notes.extend(reasons.filter_map(|rule| {
        let because = rule.because.as_deref()?;
        Some(format!("{} because {because}", rule.id))
    }));
    notes
}

fn as_json(answer: &Explanation<'_>) -> serde_json::Value {
    let rules = answer.rules.iter().map(|row| {
        json!({
            "id": row.id,
            "source": row.place,
            "pattern": row.pattern,
            "description": row.description,
        })
    });
    let keys = answer.keys.iter().map(|row| {
        json!({
            "key": row.key,
            "value": row.value,
            "rule": row.rule,
            "source": row.place,
        })
    });
    json!({
        "schema": 1,
        "path": String::from_utf8_lossy(answer.path),
        "rules": rules.collect::<Vec<_>>(),
        "keys": keys.collect::<Vec<_>>(),
        "notes": answer.notes,
    })
}
