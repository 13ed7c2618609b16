//! From text to a tree that knows where each node stands.
//!
//! Scalars keep their text: a mode is never read as a number. What YAML has beyond maps,
//! lists, texts and a modest use of anchors is refused, and so is whatever could make the
//! reader slow.

mod build;
mod fault;

use std::sync::Arc;

use crate::model::Mark;

use super::sink::Sink;

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 1 << 20;
/// Levels of lists and maps within each other.
const DEEPEST: usize = 64;
/// Nodes that aliases may stand for, all together.
const MOST_ALIASED: usize = 50_000;

/// A node of the tree.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) mark: Mark,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Scalar {
        text: Box<str>,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Another node, which aliases share.
    Shared(Arc<Node>),
}

/// A key of a map, and what it is set to.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Box<str>,
    pub(crate) mark: Mark,
    pub(crate) value: Node,
}

/// What a node holds.
pub(crate) enum Content<'n> {
    /// Nothing, `~` or `null`.
    Nothing,
    Text(&'n str),
    List(&'n [Node]),
    Map(&'n [Entry]),
}

impl Node {
    pub(crate) fn content(&self) -> Content<'_> {
        match &self.target().value {
            Value::Scalar { text, plain } => match &**text {
                "" | "~" | "null" if *plain => Content::Nothing,
                text => Content::Text(text),
            },
            Value::List(items) => Content::List(items),
            Value::Map(entries) => Content::Map(entries),
            // An anchor's node is built before anything can refer to it, so this ends.
            Value::Shared(target) => target.content(),
        }
    }

    /// What to call it in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self.content() {
            Content::Nothing => "nothing",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// Where the node stands that this one refers to, or this one itself.
    pub(crate) fn target(&self) -> &Node {
        match &self.value {
            Value::Shared(target) => target.target(),
            _ => self,
        }
    }

    /// The place of some bytes of a text, where it is written as it is, else all of it.
    pub(crate) fn mark_within(&self, offset: usize, len: usize) -> Mark {
        let target = self.target();
        let mark = &target.mark;
        let Value::Scalar { text, .. } = &target.value else {
            return mark.clone();
        };
        let written = mark.span.len();
        let quote = match written.checked_sub(text.len()) {
            Some(0) => 0,
            Some(2) => 1,
            _ => return mark.clone(),
        };
        if text.contains('\n') || !text.is_char_boundary(offset) {
            return mark.clone();
        }
        let skipped = u32::try_from(text[..offset].chars().count() + quote).unwrap_or(0);
        let start = mark.span.start + quote + offset;
        Mark {
            line: mark.line,
            column: mark.column + skipped,
            span: start..(start + len).min(mark.span.end),
        }
    }
}

/// The tree of a text; `None` where it holds nothing or is refused, which is then in `sink`.
/// A key that is given twice is in `sink` too, and the first one stands.
pub(crate) fn parse(sink: &mut Sink<'_>) -> Option<Node> {
    if let Err(problem) = fault::precheck(sink.source) {
        sink.push(problem);
        return None;
    }
    match build::tree(sink) {
        Ok(node) => node,
        Err(problem) => {
            sink.push(*problem);
            None
        }
    }
}
