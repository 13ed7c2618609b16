//! Entries of an ACL and members of groups, as tests give them.

use std::collections::BTreeMap;

use super::super::rule::TestEntry;
use super::super::sink::Sink;
use super::super::yaml::{Content, Node};
use super::check_name;

/// `user:NAME:rw-`, `group:NAME:r--` or `group::r--`, one or a list of them.
pub(super) fn acl(sink: &mut Sink<'_>, node: &Node) -> Vec<TestEntry> {
    let nodes = sink.texts(node, "an entry of an ACL or a list of them");
    let mut entries: Vec<TestEntry> = Vec::new();
    for node in nodes {
        let Some(text) = sink.text(node, "an entry of an ACL") else {
            continue;
        };
        let Some(entry) = entry(text) else {
            let message = format!("`{text}` is no entry of an ACL");
            let help = "write `user:NAME:rw-`, `group:NAME:r--` or `group::r--`".to_owned();
            sink.error_with(&node.mark, message, help);
            continue;
        };
        let is_same =
            |known: &TestEntry| (known.is_group, &known.name) == (entry.is_group, &entry.name);
        if entries.iter().any(is_same) {
            let message = format!("`{text}` speaks of somebody of whom another entry does");
            sink.error(&node.mark, message);
        }
        entries.push(entry);
    }
    entries
}

fn entry(text: &str) -> Option<TestEntry> {
    let mut fields = text.split(':');
    let (kind, name, bits) = (fields.next()?, fields.next()?, fields.next()?);
    let is_group = match kind {
        "user" | "u" => false,
        "group" | "g" => true,
        _ => return None,
    };
    let is_named = check_name(name).is_ok() || (is_group && name.is_empty());
    if fields.next().is_some() || !is_named {
        return None;
    }
    Some(TestEntry {
        is_group,
        name: name.to_owned(),
        bits: rwx(bits)?,
    })
}

/// `rw-`, or the letters alone, each at most once.
fn rwx(text: &str) -> Option<u16> {
    let mut bits = 0;
    for letter in text.chars() {
        let bit = match letter {
            'r' => 4,
            'w' => 2,
            'x' => 1,
            '-' => continue,
            _ => return None,
        };
        if bits & bit != 0 {
            return None;
        }
        bits |= bit;
    }
    (1..=3).contains(&text.len()).then_some(bits)
}

/// Names of users by the name of their group.
pub(super) fn groups(sink: &mut Sink<'_>, node: &Node) -> BTreeMap<String, Vec<String>> {
    let mut groups = BTreeMap::new();
    let Content::Map(entries) = node.content() else {
        sink.wrong_kind(node, "a map from groups to their members");
        return groups;
    };
    for entry in entries {
        if let Err(error) = check_name(&entry.key) {
            sink.error(&entry.mark, format!("`{}` is no group: {error}", entry.key));
        }
        let nodes = sink.texts_or_none(&entry.value, "a user or a list of users");
        let members = nodes.into_iter().filter_map(|node| sink.name(node));
        let members = members.map(str::to_owned).collect();
        groups.insert(entry.key.to_string(), members);
    }
    groups
}
