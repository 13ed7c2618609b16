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

    /// The last component of every text that fits, if it is the same in all of them.
    pub fn literal_basename(&self) -> Option<&[u8]> {
        let suffix = self.literal_suffix();
        if let Some(slash) = suffix.iter().rposition(|&byte| byte == b'/') {
            return Some(&suffix[slash + 1..]);
        }
        let whole = matches!(*self.steps, [.., Step::Components, Step::Literal { .. }]);
        whole.then_some(suffix).filter(|name| !name.is_empty())
    }

    /// The directory that every path that fits is in or below, without a slash at its end, and
    /// the rest of the pattern as it is written, from that slash on.
    ///
    /// `/run/app/*.sock` is `/run/app` and `/*.sock`.
    pub fn literal_directory(&self) -> (Vec<u8>, &str) {
        let mut directory = Vec::new();
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
