//! `rules:`

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeMap, HashMap};

use super::super::keys::{self, Shape, Table};
use super::super::rule::{
    At, Keys, Liveness, ModeRule, ParentMode, Permit, Presence, Rule, Severities, When,
};
use super::super::sink::Sink;
use super::super::yaml::{Content, Entry, Node};
use super::fields::Fields;
use super::owner::Naming;
use super::{KeyUse, Marks, is_word, one_of};
use crate::model::{Code, Mark, Mode, Place};

/// Keys that expect nothing.
const SAY_NOTHING: [&str; 6] = ["id", "description", "because", "paths", "not-paths", "when"];

pub(super) fn rules(sink: &mut Sink<'_>, node: &Node, marks: &mut Marks) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut lines: HashMap<String, u32> = HashMap::new();
    for node in sink.top_list(node) {
        if let Some((rule, mark)) = rule(sink, node, marks, rules.len()) {
            match lines.entry(rule.id.clone()) {
                MapEntry::Vacant(free) => {
                    free.insert(mark.line);
                }
                MapEntry::Occupied(first) if !rule.id.is_empty() => {
                    let message = format!(
                        "the id `{}` is used twice, first in line {}",
                        rule.id,
                        first.get()
                    );
                    sink.error(&mark, message);
                }
                MapEntry::Occupied(_) => {}
            }
            rules.push(rule);
            marks.ids.push(mark);
        }
    }
    rules
}

fn rule(sink: &mut Sink<'_>, node: &Node, marks: &mut Marks, index: usize) -> Option<(Rule, Mark)> {
    let mut fields = Fields::open(sink, node, &keys::RULE)?;
    let says = |entry: &&Entry| !SAY_NOTHING.contains(&&*entry.key);
    let keys = fields.entries().iter().filter(says).map(|entry| KeyUse {
        key: entry.key.to_string(),
        rule: index,
        mark: entry.mark.clone(),
    });
    marks.keys.extend(keys);
    let start = &node.target().mark;
    let (id, id_mark) = match fields.take("id") {
        Some(entry) => (id(sink, &entry.value), entry.value.mark.clone()),
        None => (String::new(), start.clone()),
    };
    let mut rule = Rule {
        id,
        description: text(sink, fields.take("description")),
        because: text(sink, fields.take("because")),
        place: Place {
            file: sink.source.name.clone(),
            line: start.line,
        },
        paths: Vec::new(),
        not_paths: Vec::new(),
        reset: false,
        when: None,
        keys: Keys::default(),
        severity: Severities::default(),
    };
    if let Some(entry) = fields.take("paths") {
        rule.paths = sink.path_patterns(&entry.value);
    }
    if let Some(entry) = fields.take("not-paths") {
        rule.not_paths = sink.path_patterns(&entry.value);
    }
    if let Some(entry) = fields.take("reset") {
        rule.reset = sink.flag(&entry.value).unwrap_or_default();
    }
    if let Some(entry) = fields.take("when") {
        rule.when = when(sink, &entry.value);
    }
    if let Some(entry) = fields.take("severity") {
        rule.severity = severities(sink, entry);
    }
    let mut naming = Naming {
        paths: &rule.paths,
        marks: &mut *marks,
        rule: index,
    };
    rule.keys = expectations(sink, &mut fields, &mut naming);
    for (key, slot) in [
        ("connect", &mut rule.keys.connect),
        ("replace", &mut rule.keys.replace),
    ] {
        if let Some(entry) = fields.take(key) {
            *slot = Some(at(entry, roles(sink, &entry.value, marks)));
        }
    }
    fields.close(sink);
    Some((rule, id_mark))
}

fn expectations(sink: &mut Sink<'_>, fields: &mut Fields<'_>, naming: &mut Naming<'_>) -> Keys {
    let mut keys = Keys {
        kind: set(fields.take("type"), |node| {
            sink.parsed(node, &words(&keys::RULE, "type"))
        }),
        mode: mode_rule(sink, fields),
        owner: set(fields.take("owner"), |node| naming.owner(sink, node)),
        acl: set(fields.take("acl"), |node| sink.word(node, Permit::WORDS)),
        world: set(fields.take("world"), |node| sink.word(node, Permit::WORDS)),
        presence: set(fields.take("presence"), |node| {
            sink.word(node, Presence::WORDS)
        }),
        liveness: set(fields.take("liveness"), |node| {
            sink.word(node, Liveness::WORDS)
        }),
        ..Keys::default()
    };
    if let Some(entry) = fields.take("parent")
        && let Some(mut fields) = Fields::open(sink, &entry.value, &keys::PARENT)
    {
        keys.parent_owner = set(fields.take("owner"), |node| naming.owner(sink, node));
        keys.parent_max_mode = set(fields.take("max-mode"), |node| {
            sink.mode(node).map(|(max, text)| ParentMode {
                max,
                special: names_special_bits(max, text),
            })
        });
        fields.close(sink);
    }
    if let Some(entry) = fields.take("listener")
        && let Some(mut fields) = Fields::open(sink, &entry.value, &keys::LISTENER)
    {
        keys.listener_user = set(fields.take("user"), |node| naming.users(sink, node));
        keys.listener_exe = set(fields.take("exe"), |node| Some(sink.plain_globs(node)));
        keys.listener_unit = set(fields.take("unit"), |node| Some(sink.plain_globs(node)));
        fields.close(sink);
    }
    keys
}

/// Whether a mode speaks of set-id and sticky bits: by setting one, by a letter, or, as chmod
/// has it for directories, by a fifth digit. `0750` is how everybody writes 750.
fn names_special_bits(mode: Mode, text: &str) -> bool {
    let digits = text.strip_prefix("0o").unwrap_or(text);
    mode != mode.without_special()
        || text.contains(['s', 't'])
        || digits.len() > 4 && !text.contains('=')
}

fn mode_rule(sink: &mut Sink<'_>, fields: &mut Fields<'_>) -> Option<At<ModeRule>> {
    let (exact, most) = (fields.take("mode"), fields.take("max-mode"));
    if let (Some(exact), Some(most)) = (exact, most) {
        let (first, second) = if exact.mark.span.start < most.mark.span.start {
            (exact, most)
        } else {
            (most, exact)
        };
        sink.error_with(
            &second.mark,
            format!(
                "`mode` and `max-mode` are one key, and line {} has set it",
                first.mark.line
            ),
            "`mode` is exactly, `max-mode` is at most; keep one of them".to_owned(),
        );
    }
    let exactly = set(exact, |node| {
        sink.mode(node).map(|mode| ModeRule::Exactly(mode.0))
    });
    let at_most = set(most, |node| {
        sink.mode(node).map(|mode| ModeRule::AtMost(mode.0))
    });
    exactly.or(at_most)
}

fn id(sink: &mut Sink<'_>, node: &Node) -> String {
    let Some(id) = sink.text(node, "an id") else {
        return String::new();
    };
    if !id.split('/').all(is_word) {
        let message =
            format!("`{id}` is no id: letters, digits, `.`, `_`, `-` and `/` between them");
        sink.error(&node.mark, message);
    }
    id.to_owned()
}

fn when(sink: &mut Sink<'_>, node: &Node) -> Option<When> {
    let mut fields = Fields::open(sink, node, &keys::WHEN)?;
    let mut when = When::default();
    if let Some(entry) = fields.take("exists") {
        for node in sink.texts(&entry.value, "a path or a list of paths") {
            let Some(path) = sink.path(node) else {
                continue;
            };
            if path.as_os_str().as_encoded_bytes().starts_with(b"@") {
                sink.error(&node.mark, "an abstract name exists in no file system");
            }
            when.exists.push(path);
        }
    }
    if let Some(entry) = fields.take("host") {
        when.host = sink.plain_globs(&entry.value);
    }
    fields.close(sink);
    Some(when)
}

fn severities(sink: &mut Sink<'_>, entry: &Entry) -> Severities {
    let node = &entry.value;
    let words = keys::severities();
    let mut severities = Severities::default();
    match node.content() {
        Content::Map(entries) => {
            let mut by_code = BTreeMap::new();
            for entry in entries {
                if entry.key.parse::<Code>().is_err() {
                    let message = format!("there is no finding `{}`", entry.key);
                    sink.error_with(&entry.mark, message, one_of(&entry.key, &keys::codes()));
                }
                if let Some(severity) = sink.parsed(&entry.value, &words) {
                    by_code.insert(entry.key.to_string(), at(entry, severity));
                }
            }
            if entries.is_empty() {
                sink.error(&node.mark, "this map is empty; leave the key out instead");
            }
            severities.by_code = by_code;
        }
        Content::Text(_) => {
            severities.all = sink
                .parsed(node, &words)
                .map(|severity| at(entry, severity));
        }
        _ => sink.wrong_kind(node, "a severity, or a map from findings to severities"),
    }
    severities
}

/// Names of roles; `[]` is a statement too: nobody.
fn roles(sink: &mut Sink<'_>, node: &Node, marks: &mut Marks) -> Vec<String> {
    let mut roles = Vec::new();
    for node in sink.texts_or_none(node, "a role or a list of roles") {
        if let Some(role) = sink.text(node, "the name of a role") {
            roles.push(role.to_owned());
            marks.roles.push((role.to_owned(), node.mark.clone()));
        }
    }
    roles
}

pub(super) fn text(sink: &mut Sink<'_>, entry: Option<&Entry>) -> Option<String> {
    let text = sink.text(&entry?.value, "a text")?;
    Some(text.trim_end().to_owned())
}

/// The words that the table has for a key.
pub(super) fn words(table: &Table, name: &str) -> Vec<&'static str> {
    let shape = table.keys.iter().find(|key| key.name == name);
    match shape.map(|key| key.shape) {
        Some(Shape::Word(words) | Shape::Words(words)) => words(),
        _ => Vec::new(),
    }
}

fn set<T>(entry: Option<&Entry>, read: impl FnOnce(&Node) -> Option<T>) -> Option<At<T>> {
    let entry = entry?;
    read(&entry.value).map(|value| at(entry, value))
}

fn at<T>(entry: &Entry, value: T) -> At<T> {
    At {
        value,
        line: entry.mark.line,
    }
}
