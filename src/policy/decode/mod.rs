//! From the tree of a policy file to its rules, with every mistake on the way.

mod cases;
mod entries;
mod fields;
mod owner;
mod rule;
mod scalar;
mod waiver;

use std::collections::BTreeMap;

use crate::model::{Mark, Problem};

use super::keys;
use super::rule::{At, Document, Role};
use super::sink::{Sink, Source, did_you_mean};
use super::yaml::{self, Content, Node};
use fields::Fields;

pub(super) use owner::substitute;
pub use owner::{BadName, check_name};

/// Entries of a list of texts; more than anybody writes.
const LONGEST_LIST: usize = 1000;

/// A policy file, and where in it stands what only the whole of a policy can judge.
#[derive(Debug)]
pub struct Unit {
    /// Its text.
    pub source: Source,
    /// What it says.
    pub document: Document,
    pub(crate) marks: Marks,
}

/// Places in a [`Unit`]; none of them are kept for what is compiled in.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Of each entry of `include`.
    pub(crate) includes: Vec<Mark>,
    /// Of the id of each rule.
    pub(crate) ids: Vec<Mark>,
    /// Roles that rules name.
    pub(crate) roles: Vec<(String, Mark)>,
    /// Users and groups that are named.
    pub(crate) names: Vec<NameUse>,
    /// What rules say, apart from what they speak of and what is for people.
    pub(crate) keys: Vec<KeyUse>,
    /// Last days of waivers.
    pub(crate) last_days: Vec<(String, Mark)>,
    /// Some of the roles that are meant to be defined could not be read.
    pub(crate) lacks_roles: bool,
}

/// A key of a rule.
#[derive(Debug)]
pub(crate) struct KeyUse {
    /// As written; it may be one that nobody knows.
    pub(crate) key: String,
    /// Counted from 0, in the file.
    pub(crate) rule: usize,
    pub(crate) mark: Mark,
}

/// Where a user or group is named.
#[derive(Debug, Clone)]
pub(crate) struct NameUse {
    pub(crate) name: String,
    pub(crate) is_group: bool,
    /// The rule of the file that names it; `None` for a role.
    pub(crate) rule: Option<usize>,
    pub(crate) mark: Mark,
}

/// Reads a policy file.
///
/// # Errors
///
/// All that is wrong with it as far as it alone can tell: what it includes is not looked at.
pub fn decode(source: Source) -> Result<Unit, Vec<Problem>> {
    let (unit, problems) = decode_all(source);
    if problems.is_empty() {
        Ok(unit)
    } else {
        Err(problems)
    }
}

/// The same, with what could be read of a file that has mistakes: fit to look for more of them,
/// and for nothing else.
pub(crate) fn decode_all(source: Source) -> (Unit, Vec<Problem>) {
    let mut sink = Sink::new(&source);
    let mut marks = Marks::default();
    let document = match yaml::parse(&mut sink) {
        Some(root) if !matches!(root.content(), Content::Nothing) => {
            document(&mut sink, &root, &mut marks)
        }
        // Why it is none is in the sink already, unless there is nothing in the file.
        _ => Document::default(),
    };
    let is_empty = document.name.is_none();
    let mut problems = sink.into_problems();
    if is_empty && problems.is_empty() {
        let problem = Problem::of_file(source.name.clone(), "the file holds no policy");
        problems.push(problem.with_help("the least that one holds is `version: 1`"));
    }
    marks.lacks_roles |= is_empty;
    let unit = Unit {
        source,
        document,
        marks,
    };
    (unit, problems)
}

fn document(sink: &mut Sink<'_>, root: &Node, marks: &mut Marks) -> Document {
    let mut document = Document {
        name: Some(sink.source.name.clone()),
        ..Document::default()
    };
    let Some(mut fields) = Fields::open(sink, root, &keys::POLICY) else {
        marks.lacks_roles = true;
        return document;
    };
    // It may be meant to be `roles`.
    marks.lacks_roles = fields.has_unknown();
    if let Some(entry) = fields.take("version")
        && let Some(version) = sink.text(&entry.value, "a number")
        && version != "1"
    {
        sink.error_with(
            &entry.value.mark,
            "this program reads version 1 of the policy language",
            "write `version: 1`".to_owned(),
        );
    }
    document.description = rule::text(sink, fields.take("description"));
    if let Some(entry) = fields.take("include") {
        let nodes = sink.top_list(&entry.value);
        sink.bounded(&entry.value, nodes.len());
        for node in nodes.into_iter().take(LONGEST_LIST) {
            if let Some(text) = sink.text(node, "a path or `builtin:NAME`") {
                let (value, line) = (text.to_owned(), node.mark.line);
                document.include.push(At { value, line });
                marks.includes.push(node.mark.clone());
            }
        }
    }
    if let Some(entry) = fields.take("roles") {
        document.roles = roles(sink, &entry.value, marks);
    }
    if let Some(entry) = fields.take("rules") {
        document.rules = rule::rules(sink, &entry.value, marks);
    }
    if let Some(entry) = fields.take("waivers") {
        for node in sink.top_list(&entry.value) {
            document.waivers.extend(waiver::waiver(sink, node, marks));
        }
    }
    if let Some(entry) = fields.take("tests") {
        for node in sink.top_list(&entry.value) {
            document.tests.extend(cases::test(sink, node));
        }
    }
    fields.close(sink);
    document
}

fn roles(sink: &mut Sink<'_>, node: &Node, marks: &mut Marks) -> BTreeMap<String, At<Role>> {
    let mut roles = BTreeMap::new();
    let entries = match node.content() {
        Content::Map(entries) => entries,
        Content::Nothing => &[],
        _ => {
            sink.wrong_kind(node, "a map from the names of roles to users and groups");
            marks.lacks_roles = true;
            &[]
        }
    };
    for entry in entries {
        if !is_word(&entry.key) {
            sink.error(
                &entry.mark,
                "the name of a role is letters, digits, `.`, `_` and `-`",
            );
        }
        let line = entry.mark.line;
        let Some(mut fields) = Fields::open(sink, &entry.value, &keys::ROLE) else {
            let value = Role::default();
            roles.insert(entry.key.to_string(), At { value, line });
            continue;
        };
        let mut role = Role::default();
        for (key, is_group) in [("users", false), ("groups", true)] {
            let Some(members) = fields.take(key) else {
                continue;
            };
            for node in sink.texts(&members.value, "a name or a list of names") {
                let Some(name) = sink.name(node) else {
                    continue;
                };
                let named = NameUse {
                    name: name.to_owned(),
                    is_group,
                    rule: None,
                    mark: node.mark.clone(),
                };
                marks.names.push(named);
                let members = if is_group {
                    &mut role.groups
                } else {
                    &mut role.users
                };
                members.push(name.to_owned());
            }
        }
        fields.close(sink);
        roles.insert(entry.key.to_string(), At { value: role, line });
    }
    roles
}

/// What ids and names of roles are made of.
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The help for a word that is none of `words`.
fn one_of(word: &str, words: &[&str]) -> String {
    did_you_mean(word, words.iter().copied()).unwrap_or_else(|| {
        let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        format!("write one of {}", words.join(", "))
    })
}
