//! `sockctl policy check FILE...`

use serde::Serialize;

use crate::cli::{Format, PolicyCheck};
use crate::commands::context::Context;
use crate::commands::exit::Exit;
use crate::commands::policies;
use crate::commands::results::Results;
use crate::model::Problem;
use crate::model::problem::Grade;
use crate::policy;
use crate::sys::host::SystemHost;
use crate::sys::names::SystemNames;

pub(super) fn run(context: &Context<'_>, arguments: &PolicyCheck) -> anyhow::Result<Exit> {
    let loaded = policy::load(
        &super::only(&arguments.files),
        &policies::any(),
        &SystemHost,
    );
    let (rules, problems) = match &loaded {
        Ok(policy) => (
            policy.rules.len(),
            policy.unknown_names(&SystemNames::default()),
        ),
        Err(problems) => (0, problems.clone()),
    };
    match context.format() {
        Format::Human => {
            policies::tell(context, &problems);
            if loaded.is_ok() {
                let plural = if rules == 1 { "" } else { "s" };
                Results::print(&format!("{rules} rule{plural}, and no error\n"))?;
            }
        }
        Format::Json => context.print_json(&Answer {
            schema: 1,
            valid: loaded.is_ok(),
            rules,
            problems: problems.iter().map(ProblemJson::new).collect(),
        })?,
        Format::Jsonl => {
            for problem in &problems {
                context.print_json(&ProblemJson::new(problem))?;
            }
        }
    }
    Ok(if loaded.is_ok() {
        Exit::Done
    } else {
        Exit::Usage
    })
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
