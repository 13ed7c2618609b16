//! Texts, words, modes, names and globs.

use std::path::PathBuf;
use std::str::FromStr;

use super::super::sink::Sink;
use super::super::yaml::{Content, Node};
use super::{LONGEST_LIST, check_name, one_of};
use crate::model::mode::BadMode;
use crate::model::{Mode, Pattern};

impl Sink<'_> {
    /// Tells that something else was wanted.
    pub(super) fn wrong_kind(&mut self, node: &Node, wanted: &str) {
        let message = match node.content() {
            Content::Nothing => format!("{wanted} is wanted here, and nothing is given"),
            _ => format!("{wanted} is wanted here, not {}", node.kind()),
        };
        self.error(&node.mark, message);
    }

    /// A text that is not empty.
    pub(super) fn text<'n>(&mut self, node: &'n Node, wanted: &str) -> Option<&'n str> {
        match node.content() {
            Content::Text(text) if !text.trim().is_empty() => Some(text),
            Content::Text(_) => {
                self.error(
                    &node.mark,
                    format!("{wanted} is wanted here, and this is empty"),
                );
                None
            }
            _ => {
                self.wrong_kind(node, wanted);
                None
            }
        }
    }

    /// A list, or nothing at all where only comments are left of it.
    pub(super) fn top_list<'n>(&mut self, node: &'n Node) -> Vec<&'n Node> {
        match node.content() {
            Content::Nothing => Vec::new(),
            Content::List(items) => items.iter().collect(),
            Content::Text(_) => vec![node],
            Content::Map(_) => {
                self.error_with(
                    &node.mark,
                    "a list is wanted here, not a map",
                    "put `- ` before each entry".to_owned(),
                );
                Vec::new()
            }
        }
    }

    /// A single text or a list of them; the list may be empty.
    pub(super) fn texts_or_none<'n>(&mut self, node: &'n Node, wanted: &str) -> Vec<&'n Node> {
        match node.content() {
            Content::Text(_) => vec![node],
            Content::List(items) => {
                self.bounded(node, items.len());
                items.iter().take(LONGEST_LIST).collect()
            }
            Content::Nothing | Content::Map(_) => {
                self.wrong_kind(node, wanted);
                Vec::new()
            }
        }
    }

    /// What is longer than anybody writes is refused, before each entry costs something.
    pub(super) fn bounded(&mut self, node: &Node, length: usize) {
        if length > LONGEST_LIST {
            let message = format!("this list has {length} entries; {LONGEST_LIST} is the most");
            self.error(&node.mark, message);
        }
    }

    /// A single text or a list of at least one.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, wanted: &str) -> Vec<&'n Node> {
        let texts = self.texts_or_none(node, wanted);
        if matches!(node.content(), Content::List([])) {
            self.error(&node.mark, "this list is empty; leave the key out instead");
        }
        texts
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
        let found = self.text(node, "a word").map(|text| {
            let found = words.iter().find(|(name, _)| *name == text);
            found.map(|(_, value)| *value).ok_or(text)
        })?;
        match found {
            Ok(value) => Some(value),
            Err(text) => {
                let message = format!("`{text}` is not understood here");
                self.error_with(&node.mark, message, one_of(text, &names));
                None
            }
        }
    }

    /// A word that its type knows.
    pub(super) fn parsed<T: FromStr>(&mut self, node: &Node, words: &[&str]) -> Option<T> {
        let text = self.text(node, "a word")?;
        if let Ok(value) = text.parse() {
            return Some(value);
        }
        let message = format!("`{text}` is not understood here");
        self.error_with(&node.mark, message, one_of(text, words));
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node) -> Option<bool> {
        self.word(node, &[("true", true), ("false", false)])
    }

    /// A mode, and its text.
    pub(super) fn mode<'n>(&mut self, node: &'n Node) -> Option<(Mode, &'n str)> {
        let text = self.text(node, "a mode")?;
        match text.parse() {
            Ok(mode) => Some((mode, text)),
            Err(error) => {
                // `-1` and `rw-rw----` are not meant to take anything away.
                let relative = text.starts_with(['u', 'g', 'o', 'a']);
                let error = if relative { error } else { as_if_alone(error) };
                let message = format!("`{text}` is no mode: {error}");
                self.error(&node.mark, message);
                None
            }
        }
    }

    /// The name or number of a user or group.
    pub(super) fn name<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let name = self.text(node, "a name or a number")?;
        match check_name(name) {
            Ok(()) => Some(name),
            Err(error) => {
                self.error(&node.mark, format!("`{name}` is no name: {error}"));
                None
            }
        }
    }

    /// Any glob.
    pub(super) fn glob(&mut self, node: &Node) -> Option<Pattern> {
        let text = self.text(node, "a glob")?;
        match text.parse() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                let mark = node.mark_within(error.offset, error.len);
                self.error(&mark, error.to_string());
                None
            }
        }
    }

    /// Globs in which a capture would mean nothing.
    pub(super) fn plain_globs(&mut self, node: &Node) -> Vec<Pattern> {
        let mut globs = Vec::new();
        for node in self.texts(node, "a glob or a list of globs") {
            let Some(glob) = self.glob(node) else {
                continue;
            };
            if let Some(name) = glob.capture_names().next() {
                self.error_with(
                    &node.mark,
                    format!("`<{name}>` means nothing here"),
                    "captures stand in `paths`, and are put into `owner`, `parent` and \
                     `listener.user`; `\\<` is the character itself"
                        .to_owned(),
                );
            }
            globs.push(glob);
        }
        globs
    }

    /// A glob of absolute paths or of abstract names.
    pub(super) fn path_pattern(&mut self, node: &Node) -> Option<Pattern> {
        let text = self.text(node, "a path")?;
        if !self.is_rooted(node, text) {
            return None;
        }
        self.glob(node)
    }

    /// A list of globs of paths.
    pub(super) fn path_patterns(&mut self, node: &Node) -> Vec<Pattern> {
        let nodes = self.texts(node, "a path or a list of paths");
        nodes
            .into_iter()
            .filter_map(|node| self.path_pattern(node))
            .collect()
    }

    /// A path as it is, without globs.
    pub(super) fn path(&mut self, node: &Node) -> Option<PathBuf> {
        let text = self.text(node, "a path")?;
        self.is_rooted(node, text).then(|| PathBuf::from(text))
    }

    /// Whether the path begins at the root, or is an abstract name, and could be that of
    /// anything.
    fn is_rooted(&mut self, node: &Node, text: &str) -> bool {
        if text.starts_with('@') {
            return true;
        }
        if !text.starts_with('/') {
            self.error(
                &node.mark,
                format!("`{text}` is neither absolute (`/...`) nor an abstract name (`@...`)"),
            );
            return false;
        }
        let odd = text
            .split('/')
            .skip(1)
            .find(|part| matches!(*part, "" | "." | ".."));
        if let Some(part) = odd {
            let message = match part {
                "" => "`//`, or a slash at the end, is in the path of no socket".to_owned(),
                _ => format!("the component `{part}` is in the path of no socket"),
            };
            self.error(&node.mark, message);
        }
        odd.is_none()
    }
}

fn as_if_alone(error: BadMode) -> BadMode {
    match error {
        BadMode::Relative => BadMode::Shape,
        other => other,
    }
}
