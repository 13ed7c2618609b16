//! The keys of a map, held against their table.

use super::super::keys::{Shape, Table};
use super::super::sink::{Sink, did_you_mean};
use super::super::yaml::{Content, Entry, Node};

/// A map whose keys are all known.
pub(super) struct Fields<'n> {
    table: &'static Table,
    node: &'n Node,
    entries: &'n [Entry],
    /// One bit for each key of the table that the reader has asked for.
    asked: u32,
}

impl<'n> Fields<'n> {
    /// Tells of unknown keys and missing ones; `None` where the node is no map.
    pub(super) fn open(
        sink: &mut Sink<'_>,
        node: &'n Node,
        table: &'static Table,
    ) -> Option<Fields<'n>> {
        let Content::Map(entries) = node.content() else {
            sink.wrong_kind(node, &format!("a map with the keys of {}", table.name));
            return None;
        };
        for entry in entries {
            if !table.keys.iter().any(|key| key.name == &*entry.key) {
                if sink.is_full() {
                    sink.error(&entry.mark, String::new());
                    continue;
                }
                let names = table.keys.iter().map(|key| key.name);
                let help = did_you_mean(&entry.key, names)
                    .or_else(|| elsewhere(table, &entry.key))
                    .unwrap_or_else(|| {
                        let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
                        format!("its keys are {}", names.join(", "))
                    });
                let message = format!("{} has no key `{}`", table.name, entry.key);
                sink.error_with(&entry.mark, message, help);
            }
        }
        for key in table.keys.iter().filter(|key| key.required) {
            if !entries.iter().any(|entry| &*entry.key == key.name) {
                let help = match key.shape {
                    Shape::Version => Some("write `version: 1` at its top".to_owned()),
                    _ => None,
                };
                let message = format!("{} needs the key `{}`", table.name, key.name);
                sink.error_with(&node.target().mark, message, help);
            }
        }
        Some(Fields {
            table,
            node,
            entries,
            asked: 0,
        })
    }

    /// Whether one of the keys is in no table.
    pub(super) fn has_unknown(&self) -> bool {
        let known = |entry: &Entry| self.table.keys.iter().any(|key| key.name == &*entry.key);
        !self.entries.iter().all(known)
    }

    /// Every key that stands there, known or not.
    pub(super) fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    /// The entry of that key.
    pub(super) fn take(&mut self, name: &str) -> Option<&'n Entry> {
        let known = self.table.keys.iter().position(|key| key.name == name);
        debug_assert!(
            known.is_some(),
            "`{name}` is in no table of {}",
            self.table.name
        );
        self.asked |= known.map_or(0, |index| 1 << index);
        self.entries.iter().find(|entry| &*entry.key == name)
    }

    /// A map without any key says nothing, which nobody means.
    pub(super) fn close(self, sink: &mut Sink<'_>) {
        debug_assert_eq!(
            self.asked.count_ones() as usize,
            self.table.keys.len(),
            "every key of {} is read",
            self.table.name
        );
        let may_be_empty = self.table.keys.iter().any(|key| key.required);
        if self.entries.is_empty() && !may_be_empty {
            sink.error(
                &self.node.target().mark,
                format!("{} is empty", self.table.name),
            );
        }
    }
}

/// Where in a nested map of this one the key would be right.
fn elsewhere(table: &Table, word: &str) -> Option<String> {
    table.keys.iter().find_map(|key| match key.shape {
        Shape::Table(inner) if inner.keys.iter().any(|inner| inner.name == word) => {
            Some(format!("`{word}` is a key of `{}`", key.name))
        }
        _ => None,
    })
}
