//! `sockctl policy check FILE...`

use serde::Serialize;

use crate::cli::{CommonFormat, PolicyCheck};
use crate::commands::clock::Stopwatch;
use crate::commands::context::Context;
use crate::commands::exit::Exit;
use crate::commands::policies;
use crate::model::Problem;
use crate::model::problem::Grade;
use crate::policy;
use crate::sys::host::SystemHost;
use crate::sys::names::SystemNames;

pub(super) fn run(context: &Context<'_>, arguments: &PolicyCheck) -> anyhow::Result<Exit> {
    let files = policies::any_with_doubts(context);
    let checked = policy::check(&super::only(&arguments.files), &files, &SystemHost);
    let valid = checked.errors.is_empty();
    let rules = checked.rules;
    let mut warnings = files.doubts();
    warnings.extend(
        checked
            .policy
            .warnings(&SystemNames::default(), Stopwatch::start().day()),
    );
    let count = warnings.len();
    let mut problems = checked.errors;
    problems.extend(warnings);
    match context.format() {
        CommonFormat::Human => {
            policies::tell(context, &problems);
            if valid {
                let rules = counted(rules, "rule");
                let said = match count {
                    0 => format!("{rules}, and no error"),
                    count => format!("{rules}, no error, {}", counted(count, "warning")),
                };
                context.print(&format!("{said}\n"))?;
            }
        }
        CommonFormat::Json => context.print_json(&Answer {
            schema: 1,
            valid,
            rules,
            problems: problems.iter().map(ProblemJson::new).collect(),
        })?,
        CommonFormat::Jsonl => {
            let problems = problems.iter().map(ProblemJson::new).map(Line::Problem);
            let summary = Line::Summary {
                schema: 1,
                valid,
                rules,
            };
            context.print_lines(problems.chain([summary]))?;
        }
    }
    Ok(if valid { Exit::Done } else { Exit::Usage })
}

pub(super) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// One line of `-f jsonl`.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Problem(ProblemJson<'a>),
    Summary {
        schema: u32,
        valid: bool,
        rules: usize,
    },
}

#[derive(Serialize)]
struct Answer<'a> {
    schema: u32,
    valid: bool,
    rules: usize,
    problems: Vec<ProblemJson<'a>>,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    grade: &'static str,
    file: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    message: &'a str,
    help: Option<&'a str>,
}

impl ProblemJson<'_> {
    fn new(problem: &Problem) -> ProblemJson<'_> {
        let mark = problem.mark.as_ref().map(|(mark, _)| mark);
        ProblemJson {
            grade: match problem.grade {
                Grade::Warning => "warning",
                Grade::Error => "error",
            },
            file: &problem.file,
            line: mark.map(|mark| mark.line),
            column: mark.map(|mark| mark.column),
            message: &problem.message,
            help: problem.help.as_deref(),
        }
    }
}
