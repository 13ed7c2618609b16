//! What is no error in a policy, and hardly what anybody means.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Grade, Lookup, Mark, Names, Pattern, Problem};

use super::decode::NameUse;
use super::policy::{Origin, Policy};
use super::rule::Rule;

/// Keys that speak of files, and mean nothing for a name that is none.
const OF_FILES: [&str; 7] = [
    "mode", "max-mode", "owner", "parent", "acl", "connect", "replace",
];

/// Users and groups by name, with what speaks against each.
type Asked<'p> = BTreeMap<(&'p str, bool), Option<String>>;

impl Policy {
    /// What speaks against files though it is no error, file by file, in the order of the lines.
    /// `today` is `YYYY-MM-DD`, UTC.
    ///
    /// Policies inside the program are not looked at: most users that they name are not here.
    pub fn warnings(&self, names: &dyn Names, today: &str) -> Vec<Problem> {
        let mut asked = Asked::new();
        let mut warnings = Vec::new();
        for origin in &self.origins {
            let mut found = Vec::new();
            self.unknown_names(origin, names, &mut asked, &mut found);
            self.keys_in_vain(origin, &mut found);
            self.empty_rules(origin, &mut found);
            waivers_over(origin, today, &mut found);
            found.sort_by_key(|(mark, ..)| mark.span.start);
            warnings.extend(found.into_iter().map(|(mark, message, help)| Problem {
                grade: Grade::Warning,
                help,
                ..origin.source.problem(mark, message)
            }));
        }
        warnings
    }

    /// Users and groups that this host does not know, or cannot look up.
    fn unknown_names<'p>(
        &self,
        origin: &'p Origin,
        names: &dyn Names,
        asked: &mut Asked<'p>,
        found: &mut Vec<Warning<'p>>,
    ) {
        for name in &origin.marks.names {
            let silent = |rule: usize| !self.here[origin.first_rule + rule].speaks;
            if name.rule.is_some_and(silent) {
                continue;
            }
            let answer = asked
                .entry((&name.name, name.is_group))
                .or_insert_with(|| complaint(name, names));
            if let Some(message) = answer {
                found.push((&name.mark, message.clone(), None));
            }
        }
    }

    /// Keys that no socket of the rule can break.
    fn keys_in_vain<'p>(&self, origin: &'p Origin, found: &mut Vec<Warning<'p>>) {
        for used in &origin.marks.keys {
            let key = used.key.as_str();
            let rule = &self.rules[origin.first_rule + used.rule];
            if is_abstract_only(rule) && OF_FILES.contains(&key) {
                let message = format!("`{key}` speaks of files, and this rule of abstract sockets");
                let help = "an abstract socket has no mode, owner, ACL or directory".to_owned();
                found.push((&used.mark, message, Some(help)));
            }
        }
    }

    fn empty_rules<'p>(&self, origin: &'p Origin, found: &mut Vec<Warning<'p>>) {
        let speaking: BTreeSet<usize> = origin.marks.keys.iter().map(|used| used.rule).collect();
        for (number, mark) in origin.marks.ids.iter().enumerate() {
            if !speaking.contains(&number) {
                let id = &self.rules[origin.first_rule + number].id;
                let message = format!("the rule `{id}` sets no key: it expects nothing");
                found.push((mark, message, None));
            }
        }
    }
}

/// Where, what, and what to do about it.
type Warning<'p> = (&'p Mark, String, Option<String>);

fn waivers_over<'p>(origin: &'p Origin, today: &str, found: &mut Vec<Warning<'p>>) {
    for (day, mark) in &origin.marks.last_days {
        // Such dates compare as text.
        if day.as_str() < today {
            let message = format!("the last day of this waiver is over: {day}");
            let help = "give it a later day, or remove it".to_owned();
            found.push((mark, message, Some(help)));
        }
    }
}

fn is_abstract_only(rule: &Rule) -> bool {
    let is_abstract = |path: &Pattern| path.as_str().starts_with('@');
    !rule.paths.is_empty() && rule.paths.iter().all(is_abstract)
}

/// What speaks against a name, if anything does.
fn complaint(name: &NameUse, names: &dyn Names) -> Option<String> {
    // Numbers stand for themselves.
    if name.name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kind, failed) = if name.is_group {
        ("group", outcome(names.group_id(&name.name)))
    } else {
        ("user", outcome(names.user_id(&name.name)))
    };
    Some(match failed? {
        Some(why) => format!(
            "whether there is a {kind} `{}` could not be told: {why}",
            name.name
        ),
        None => format!("there is no {kind} `{}` on this host", name.name),
    })
}

/// `None`: found; else why it could not be looked up, if that is the reason.
#[allow(clippy::option_option)] // local, and said above
fn outcome<T>(lookup: Lookup<T>) -> Option<Option<String>> {
    match lookup {
        Lookup::Found(_) => None,
        Lookup::Unknown => Some(None),
        Lookup::Failed(why) => Some(Some(why)),
    }
}
