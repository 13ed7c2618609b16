//! Globs over paths, abstract names and host names, with captures.

mod fault;
mod parse;
mod run;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use fault::{BadPattern, Fault};
pub use run::Captures;

/// A glob over bytes, parsed once.
///
/// `*`, `?`, `[...]`, `[!...]`, `{a,b}` and `<name>` stop at `/`. `**` crosses it; as a whole
/// component it stands for none, one or more components. Leading dots match. `\` takes the
/// meaning from the byte after it. `<name>` stands for one or more bytes, as many as possible;
/// the same name twice stands for the same bytes.
///
/// What is serialised is the parsed form, so that nothing is parsed when it is read back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pattern {
    text: Box<str>,
    /// The text without its backslashes, where it has any.
    unescaped: Option<Box<[u8]>>,
    steps: Box<[Step]>,
    /// First and last byte of each range of each `[...]`.
    ranges: Box<[(u8, u8)]>,
    /// Where in the unescaped text the name of each capture begins, and its length.
    names: Box<[(u16, u16)]>,
}

/// Which component of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Slashes before it.
    FromStart(usize),
    /// Slashes after it.
    FromEnd(usize),
}

/// One instruction of the matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    /// These bytes of the unescaped text.
    Literal { start: u16, len: u16 },
    /// `?`
    One,
    /// `[...]`: these ranges.
    Class { start: u16, len: u16, negated: bool },
    /// `*`
    Star,
    /// `**` as a part of a component: anything.
    Deep,
    /// `**/`: no component, or some, each with the slash after it.
    Components,
    /// `/**` at the end: nothing, or a slash and anything.
    Below,
    /// Try the next step first, then this one.
    Split(u16),
    /// Go on there.
    Jump(u16),
    /// A capture begins.
    Open(u8),
    /// It ends.
    Close(u8),
    /// The bytes of a capture once more.
    Again(u8),
}

impl Pattern {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether all of `text` fits.
    pub fn matches(&self, text: &[u8]) -> bool {
        match self.literal() {
            Some(literal) => literal == text,
            None => run::matches(self, text),
        }
    }

    /// What the captures stand for, if all of `text` fits.
    pub fn captures<'t>(&self, text: &'t [u8]) -> Option<Captures<'_, 't>> {
        run::captures(self, text)
    }

    /// The names of its captures, each once, in the order written.
    pub fn capture_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|&(start, len)| {
            // A capture's name is plain ASCII: the parser has seen to that.
            std::str::from_utf8(self.slice(start, len)).unwrap_or_default()
        })
    }

    /// The only text that fits, if there is only one.
    pub fn literal(&self) -> Option<&[u8]> {
        match *self.steps {
            [Step::Literal { start, len }] => Some(self.slice(start, len)),
            _ => None,
        }
    }

    /// What every text that fits begins with.
    pub fn literal_prefix(&self) -> &[u8] {
        match self.steps.first() {
            Some(&Step::Literal { start, len }) => self.slice(start, len),
            _ => b"",
        }
    }

    /// What every text that fits ends with.
    pub fn literal_suffix(&self) -> &[u8] {
        match *self.steps {
            // Alternatives end in a jump, so this one is none of them.
            [.., Step::Literal { start, len }] => self.slice(start, len),
            _ => b"",
        }
    }

    /// Calls `each` with every component of which it is known where it stands and with what it
    /// begins in all texts that fit. Components up to the first `**` are counted from the start,
    /// those after the last one from the end, both from 0.
    pub fn each_literal_component(&self, mut each: impl FnMut(Component, &[u8])) {
        let crosses = |step: &Step| matches!(step, Step::Deep | Step::Components | Step::Below);
        let first = self.steps.iter().position(crosses);
        let head = &self.steps[..first.unwrap_or(self.steps.len())];
        self.component_starts(head, true, |number, part| {
            each(Component::FromStart(number), part);
        });
        let Some(last) = self.steps.iter().rposition(crosses) else {
            return;
        };
        if self.steps[last] == Step::Below {
            return;
        }
        let tail = &self.steps[last + 1..];
        let at_start = self.steps[last] == Step::Components;
        let count = self.component_starts(tail, at_start, |_, _| {});
        self.component_starts(tail, at_start, |number, part| {
            each(Component::FromEnd(count - number), part);
        });
    }

    /// Calls `each` with what components begin with in a row of steps; the number of the last.
    fn component_starts(
        &self,
        steps: &[Step],
        at_start: bool,
        mut each: impl FnMut(usize, &[u8]),
    ) -> usize {
        let mut number = 0;
        for (index, step) in steps.iter().enumerate() {
            let &Step::Literal { start, len } = step else {
                continue;
            };
            // Alternatives hold no slash, so what stands after one is in none of them.
            let mut parts = self.slice(start, len).split(|&byte| byte == b'/');
            let first = parts.next().unwrap_or_default();
            if index == 0 && at_start && !first.is_empty() {
                each(0, first);
            }
            for part in parts {
                number += 1;
                if !part.is_empty() {
                    each(number, part);
                }
            }
        }
        number
    }

    /// The directory that every path that fits is in or below, without a slash at its end, and
    /// the rest of the pattern as it is written, from that slash on.
    ///
    /// `/run/app/*.sock` is `/run/app` and `/*.sock`.
    pub fn literal_directory(&self) -> (Vec<u8>, &str) {
        let mut directory = Vec::with_capacity(self.text.len());
        let mut split = (0, 0);
        let mut bytes = self.text.bytes().enumerate();
        while let Some((offset, byte)) = bytes.next() {
            match byte {
                b'*' | b'?' | b'[' | b'{' | b'<' => break,
                b'/' => split = (directory.len(), offset),
                _ => {}
            }
            directory.push(match byte {
                b'\\' => bytes.next().map_or(byte, |(_, escaped)| escaped),
                _ => byte,
            });
        }
        directory.truncate(split.0);
        (directory, &self.text[split.1..])
    }

    /// `text` written so that nothing in it is special.
    pub fn escape(text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for character in text.chars() {
            if matches!(character, '*' | '?' | '[' | '{' | '<' | '\\') {
                escaped.push('\\');
            }
            escaped.push(character);
        }
        escaped
    }

    fn slice(&self, start: u16, len: u16) -> &[u8] {
        let bytes = self.unescaped.as_deref().unwrap_or(self.text.as_bytes());
        bytes
            .get(usize::from(start)..usize::from(start) + usize::from(len))
            .unwrap_or_default()
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::parse(text)
    }
}
