//! From what is asked for and what is there to all that will be done. Pure.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use super::host::{Facts, Person};
use super::identity::{Transition, Wanted, transition};
use super::refusal::{Refusal, Status};
use super::request::Request;
use crate::model::CapSet;

/// All that will be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// From us to the command.
    pub start: Start,
}

/// What a process does until it is the command, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Rights.
    pub identity: Transition,
    /// The signals that are ignored, and are to be as a program expects them; n in bit n - 1.
    pub ignored_signals: u64,
    /// For execve(2).
    pub program: PathBuf,
    /// The name by which the command was called, and its arguments.
    pub arguments: Vec<OsString>,
    /// Its environment.
    pub variables: Vec<Variable>,
}

/// A variable of the command's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Without the `=`.
    pub name: OsString,
    /// What it is set to.
    pub value: Value,
}

/// What a variable is set to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// This.
    Text(OsString),
    /// The pid of the process that becomes the command.
    OwnPid,
}

/// Plans, or says why not.
pub fn plan(request: &Request, facts: &Facts) -> Result<Plan, Refusal> {
    let wanted = wanted(request, facts)?;
    let identity =
        transition(&facts.own, &wanted).map_err(|cannot| Refusal::new(Status::Failed, cannot))?;
    Ok(Plan {
        start: Start {
            identity,
            ignored_signals: facts.ignored_signals,
            program: facts.program.path.clone(),
            arguments: request.command.clone(),
            variables: variables(facts),
        },
    })
}

fn wanted(request: &Request, facts: &Facts) -> Result<Wanted, Refusal> {
    let own = &facts.own;
    let (uid, gid) = match &facts.person {
        Some(person) => (person.uid, person.gid),
        None if own.uids.any(crate::model::Uid::ROOT) => {
            let why = "as root a command is not run without saying as whom: write --user USER, or \
                       --user root to insist";
            return Err(Refusal::new(Status::Refused, why));
        }
        None => (own.uids.real, own.gids.real),
    };
    let keep = if request.keep_caps == CapSet::FULL {
        own.caps.permitted.and(own.caps.bounding)
    } else {
        request.keep_caps
    };
    Ok(Wanted {
        uid,
        gid,
        groups: facts.groups.clone().unwrap_or_else(|| own.groups.clone()),
        keep,
        keep_bounding: request.keep_bounding,
        no_new_privs: !request.allow_new_privs,
    })
}

/// Ours, with those that say who the user is.
fn variables(facts: &Facts) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::with_capacity(facts.variables.len() + 4);
    for (name, value) in &facts.variables {
        set(&mut variables, name, Value::Text(value.clone()));
    }
    if let Some(person) = &facts.person {
        describe(&mut variables, person);
    }
    variables
}

/// HOME, USER, LOGNAME and SHELL; who has no entry has none of the last three.
fn describe(variables: &mut Vec<Variable>, person: &Person) {
    let text = |text: &OsStr, otherwise: &str| {
        let text = if text.is_empty() {
            OsStr::new(otherwise)
        } else {
            text
        };
        Value::Text(text.to_owned())
    };
    let Some(entry) = &person.entry else {
        variables.retain(|it| it.name != "USER" && it.name != "LOGNAME" && it.name != "SHELL");
        set(variables, OsStr::new("HOME"), Value::Text("/".into()));
        return;
    };
    let name = Value::Text(entry.name.clone());
    set(variables, OsStr::new("HOME"), text(&entry.home, "/"));
    set(variables, OsStr::new("USER"), name.clone());
    set(variables, OsStr::new("LOGNAME"), name);
    set(
        variables,
        OsStr::new("SHELL"),
        text(&entry.shell, "/bin/sh"),
    );
}

fn set(variables: &mut Vec<Variable>, name: &OsStr, value: Value) {
    match variables.iter_mut().find(|variable| variable.name == name) {
        Some(variable) => variable.value = value,
        None => variables.push(Variable {
            name: name.to_owned(),
            value,
        }),
    }
}
