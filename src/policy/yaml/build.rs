//! The parser's events, put together; no recursion, whatever the nesting.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag, options};

use super::{DEEPEST, Entry, MOST_ALIASED, Node, Value, fault};
use crate::model::{Mark, Problem};
use crate::policy::sink::Sink;

type Built<T> = Result<T, Box<Problem>>;

/// The tree of the sink's text; `None` where the text holds nothing.
pub(super) fn tree(sink: &mut Sink<'_>) -> Built<Option<Node>> {
    let source = sink.source;
    let options = options! {
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
        disallow_directives: true,
        emit_comments: false,
        emit_unresolved_aliases: true,
    };
    let mut builder = Builder {
        sink,
        open: Vec::new(),
        root: None,
        documents: 0,
        nodes: 0,
        aliased: 0,
        anchors: HashMap::new(),
    };
    for next in Parser::new_from_str_with_options(&source.text, options) {
        let (event, span) = next.map_err(|error| Box::new(fault::syntax(source, &error)))?;
        builder.event(event, &span)?;
    }
    Ok(builder.root)
}

/// A list or map whose end has not come yet.
struct Open {
    mark: Mark,
    anchor: usize,
    /// Nodes counted when it began.
    before: usize,
    items: Items,
}

enum Items {
    List(Vec<Node>),
    Map(Vec<Entry>, Option<(Box<str>, Mark)>),
}

struct Builder<'a, 's> {
    sink: &'a mut Sink<'s>,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    /// Nodes so far, those that aliases stand for included.
    nodes: usize,
    aliased: usize,
    /// By the parser's number; with the number of nodes in it.
    anchors: HashMap<usize, (Arc<Node>, usize)>,
}

impl Builder<'_, '_> {
    fn event(&mut self, event: Event<'_>, span: &Span) -> Built<()> {
        let mark = mark(span);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return self.fail(
                        &mark,
                        "a policy file is one document, and here begins another",
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                self.nodes += 1;
                let plain = style == ScalarStyle::Plain;
                let value = Value::Scalar {
                    text: into_box(text),
                    plain,
                };
                self.finish(Node { mark, value }, anchor, self.nodes - 1)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                self.begin(mark, anchor, Items::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span)?;
                self.begin(mark, anchor, Items::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end()?,
            Event::Alias(anchor) => self.alias(mark, anchor)?,
            Event::UnresolvedAlias(name) => {
                let problem = self
                    .sink
                    .source
                    .problem(&mark, format!("no anchor `&{name}` stands before this"))
                    .with_help("a text that begins with `*`, such as a glob, stands in quotes");
                return Err(Box::new(problem));
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, mark: Mark, anchor: usize, items: Items) -> Built<()> {
        if self.open.len() == DEEPEST {
            return self.fail(&mark, fault::too_deep());
        }
        self.open.push(Open {
            mark,
            anchor,
            before: self.nodes,
            items,
        });
        self.nodes += 1;
        Ok(())
    }

    fn end(&mut self) -> Built<()> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.items {
            Items::List(items) => Value::List(items),
            Items::Map(entries, _) => Value::Map(self.without_doubles(entries)),
        };
        let mark = open.mark;
        self.finish(Node { mark, value }, open.anchor, open.before)
    }

    fn alias(&mut self, mark: Mark, anchor: usize) -> Built<()> {
        let Some((target, size)) = self.anchors.get(&anchor) else {
            return self.fail(&mark, "this anchor would hold itself");
        };
        let value = Value::Shared(target.clone());
        self.aliased = self.aliased.saturating_add(*size);
        self.nodes = self.nodes.saturating_add(*size);
        if self.aliased > MOST_ALIASED {
            return self.fail(
                &mark,
                format!("the aliases up to here stand for more than {MOST_ALIASED} nodes"),
            );
        }
        self.place(Node { mark, value })
    }

    /// Takes in a node that is complete.
    fn finish(&mut self, node: Node, anchor: usize, before: usize) -> Built<()> {
        if anchor == 0 {
            return self.place(node);
        }
        let mark = node.mark.clone();
        let shared = Arc::new(node);
        self.anchors
            .insert(anchor, (shared.clone(), self.nodes - before));
        self.place(Node {
            mark,
            value: Value::Shared(shared),
        })
    }

    fn place(&mut self, node: Node) -> Built<()> {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::List(items)) => items.push(node),
            Some(Items::Map(entries, pending)) => {
                if let Some((key, mark)) = pending.take() {
                    entries.push(Entry {
                        key,
                        mark,
                        value: node,
                    });
                } else {
                    let key = self.key(node)?;
                    if let Some(Items::Map(_, pending)) =
                        self.open.last_mut().map(|open| &mut open.items)
                    {
                        *pending = Some(key);
                    }
                }
            }
        }
        Ok(())
    }

    fn key(&self, node: Node) -> Built<(Box<str>, Mark)> {
        let Node { mark, value } = node;
        match value {
            Value::Scalar { text, plain: true } if &*text == "<<" => {
                self.fail(&mark, "`<<` merges nothing here; write the keys out")
            }
            Value::Scalar { text, .. } => Ok((text, mark)),
            _ => self.fail(&mark, "a key is a single word"),
        }
    }

    /// The first of each key; the others are problems.
    fn without_doubles(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|&a, &b| entries[a].key.cmp(&entries[b].key));
        let mut double = vec![false; entries.len()];
        let mut first = 0;
        for index in 1..order.len() {
            let (known, next) = (&entries[order[first]], &entries[order[index]]);
            if known.key != next.key {
                first = index;
                continue;
            }
            double[order[index]] = true;
            let message = format!(
                "`{}` is given twice, first in line {}",
                next.key, known.mark.line
            );
            self.sink.error(&next.mark, message);
        }
        let mut double = double.into_iter();
        entries
            .into_iter()
            .filter(|_| !double.next().unwrap_or(false))
            .collect()
    }

    fn refuse_tag(&self, tag: Option<&Tag>, span: &Span) -> Built<()> {
        let Some(tag) = tag else { return Ok(()) };
        let place = span
            .tag_span()
            .map_or_else(|| mark(span), |span| mark(&span));
        self.fail(
            &place,
            format!("tags such as `{}` mean nothing here", tag.original()),
        )
    }

    fn fail<T>(&self, mark: &Mark, message: impl Into<String>) -> Built<T> {
        Err(Box::new(self.sink.source.problem(mark, message)))
    }
}

fn into_box(text: Cow<'_, str>) -> Box<str> {
    match text {
        Cow::Borrowed(text) => text.into(),
        Cow::Owned(text) => text.into_boxed_str(),
    }
}

fn mark(span: &Span) -> Mark {
    fault::mark_at(span.start, span.byte_range())
}
