//! What only all files together can tell: ids used twice, and roles that nobody defines.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::{Mark, Problem};

use super::decode::Marks;
use super::rule::{At, Document, Role};
use super::sink::{MOST, Source, did_you_mean};

/// A policy that has been read.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) document: Document,
    /// The text and the places in it; `None` for what is inside the program.
    pub(crate) origin: Option<(Source, Marks)>,
}

impl Loaded {
    fn problem(&self, mark: impl Fn(&Marks) -> Option<&Mark>, message: String) -> Problem {
        let name = self.document.name.clone().unwrap_or_default();
        match &self.origin {
            Some((source, marks)) => match mark(marks) {
                Some(mark) => source.problem(mark, message),
                None => Problem::of_file(name, message),
            },
            None => Problem::of_file(name, message),
        }
    }
}

/// Ids that more than one rule has.
pub(crate) fn doubles(all: &[&Loaded]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut first: HashMap<&str, (usize, usize)> = HashMap::new();
    for (file, loaded) in all.iter().enumerate() {
        for (index, rule) in loaded.document.rules.iter().enumerate() {
            if problems.len() > MOST {
                return problems;
            }
            let Some(known) = first.insert(&rule.id, (file, index)) else {
                continue;
            };
            // Within a file the reader has told of it, as of ids that are missing.
            if known.0 == file || rule.id.is_empty() {
                continue;
            }
            // What the user wrote is what the user can change.
            let both = [known, (file, index)];
            let [other, here] = match loaded.origin {
                Some(_) => both,
                None => [both[1], both[0]],
            };
            let place = &all[other.0].document.rules[other.1].place;
            let message = format!(
                "the id `{}` is used twice; the other is at {place}",
                rule.id
            );
            problems.push(all[here.0].problem(|marks| marks.ids.get(here.1), message));
        }
    }
    problems
}

/// Roles that rules name and no file defines; none where a definition may have been lost.
pub(crate) fn unknown_roles(all: &[&Loaded]) -> Vec<Problem> {
    let defined: BTreeSet<&str> = all
        .iter()
        .flat_map(|loaded| loaded.document.roles.keys().map(String::as_str))
        .collect();
    let mut problems = Vec::new();
    let lacks = |loaded: &&Loaded| {
        let origin = loaded.origin.as_ref();
        origin.is_some_and(|(_, marks)| marks.lacks_roles)
    };
    if all.iter().any(lacks) {
        return problems;
    }
    for loaded in all {
        let Some((source, marks)) = &loaded.origin else {
            continue;
        };
        for (role, mark) in &marks.roles {
            if defined.contains(role.as_str()) {
                continue;
            }
            // One more than is shown tells that there are more.
            if problems.len() > MOST {
                return problems;
            }
            let mut problem = source.problem(mark, format!("no role `{role}` is defined"));
            problem.help = Some(
                did_you_mean(role, defined.iter().copied()).unwrap_or_else(|| {
                    format!("define it: `roles: {{ {role}: {{ users: [...], groups: [...] }} }}`")
                }),
            );
            problems.push(problem);
        }
    }
    problems
}

/// The roles of all files; the last one of a name counts.
pub(crate) fn roles(all: &mut [Loaded]) -> BTreeMap<String, Role> {
    let documents = all.iter_mut().map(|loaded| &mut loaded.document);
    documents
        .flat_map(|document| std::mem::take(&mut document.roles))
        .map(|(name, At { value, .. })| (name, value))
        .collect()
}
