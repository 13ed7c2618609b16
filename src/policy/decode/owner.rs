//! Users and groups: exactly a name, a number in range, or a range of numbers.

use std::fmt::Write as _;

use super::super::rule::{Owner, OwnerAlternative, Who};
use super::super::sink::Sink;
use super::super::yaml::Node;
use super::{Marks, NameUse};
use crate::model::pattern::Captures;
use crate::model::{Mark, Pattern, Uid};

/// The longest name that Linux tools take.
const LONGEST: usize = 256;

/// Why a text names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum BadName {
    #[error("a name is missing")]
    Empty,
    #[error("a single name or number is wanted here")]
    Several,
    #[error("it is longer than 256 bytes")]
    TooLong,
    #[error("ids are 0 to 4294967294, without leading zeros")]
    Number,
    #[error("a range is two ids, the smaller one first")]
    Range,
    #[error("numbers are decimal")]
    NotDecimal,
    #[error("no name begins with `-`, `+`, `~` or `.`")]
    Start,
    #[error("a name has no blanks")]
    Blank,
    #[error("a name is letters, digits, `_`, `-`, `.`, `@`, `\\` and a `$` at its end")]
    Character,
    #[error("`user`, `user:group` or `:group`: at most one colon, and something after it")]
    Colon,
    #[error("`<` begins a capture, as in `<name>`")]
    Capture,
}

/// Whether the text is exactly a name, or a number in range.
pub fn check_name(text: &str) -> Result<(), BadName> {
    match who(text)? {
        Who::Name(name) if name.contains('<') => Err(BadName::Character),
        Who::Name(_) | Who::Id(_) => Ok(()),
        Who::Range(..) | Who::Dynamic => Err(BadName::Several),
    }
}

/// A user or a group, with captures as they are written.
fn who(text: &str) -> Result<Who, BadName> {
    if text.is_empty() {
        return Err(BadName::Empty);
    }
    if text.len() > LONGEST {
        return Err(BadName::TooLong);
    }
    if text == "dynamic" {
        return Ok(Who::Dynamic);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return id(text).map(Who::Id).ok_or(BadName::Number);
    }
    let first_digit = text.starts_with(|first: char| first.is_ascii_digit());
    if first_digit
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        let (first, last) = text.split_once('-').ok_or(BadName::Range)?;
        let range = id(first)
            .zip(id(last))
            .filter(|(first, last)| first <= last);
        return range
            .map(|(first, last)| Who::Range(first, last))
            .ok_or(BadName::Range);
    }
    let prefixed = text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b");
    if prefixed && text[2..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BadName::NotDecimal);
    }
    if text.starts_with(['-', '+', '~', '.']) {
        return Err(BadName::Start);
    }
    check_characters(text)?;
    Ok(Who::Name(text.to_owned()))
}

fn check_characters(text: &str) -> Result<(), BadName> {
    let mut rest = text.strip_suffix('$').unwrap_or(text);
    while let Some(first) = rest.chars().next() {
        if first == '<' {
            let end = rest.find('>').ok_or(BadName::Capture)?;
            let name = &rest[1..end];
            if name.is_empty() || !name.bytes().all(is_capture_byte) {
                return Err(BadName::Capture);
            }
            rest = &rest[end + 1..];
            continue;
        }
        if first.is_whitespace() {
            return Err(BadName::Blank);
        }
        if !(first.is_alphanumeric() || "_-.@\\".contains(first)) {
            return Err(BadName::Character);
        }
        rest = &rest[first.len_utf8()..];
    }
    Ok(())
}

fn is_capture_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

fn id(text: &str) -> Option<u32> {
    text.parse().ok().map(Uid::as_raw)
}

fn alternative(text: &str) -> Result<OwnerAlternative, BadName> {
    let Some((user, group)) = text.split_once(':') else {
        let user = Some(who(text)?);
        return Ok(OwnerAlternative { user, group: None });
    };
    if group.is_empty() || group.contains(':') {
        return Err(BadName::Colon);
    }
    let user = if user.is_empty() {
        None
    } else {
        Some(who(user)?)
    };
    let group = Some(who(group)?);
    Ok(OwnerAlternative { user, group })
}

/// What the names of a rule are held against, and where they are noted.
pub(super) struct Naming<'a> {
    pub(super) paths: &'a [Pattern],
    pub(super) marks: &'a mut Marks,
    pub(super) rule: usize,
}

impl Naming<'_> {
    /// `owner`: one alternative or a list.
    pub(super) fn owner(&mut self, sink: &mut Sink<'_>, node: &Node) -> Option<Owner> {
        let nodes = sink.texts(node, "an owner or a list of owners");
        let owners = nodes.into_iter().filter_map(|node| {
            let text = sink.text(node, "an owner")?;
            match alternative(text) {
                Ok(owner) => {
                    self.note(sink, node, owner.user.as_ref(), false);
                    self.note(sink, node, owner.group.as_ref(), true);
                    Some(owner)
                }
                Err(error) => {
                    sink.error(&node.mark, format!("`{text}` is no owner: {error}"));
                    None
                }
            }
        });
        let owners: Vec<OwnerAlternative> = owners.collect();
        (!owners.is_empty()).then_some(Owner(owners))
    }

    /// `listener.user`: one user or a list.
    pub(super) fn users(&mut self, sink: &mut Sink<'_>, node: &Node) -> Option<Vec<Who>> {
        let nodes = sink.texts(node, "a user or a list of users");
        let users = nodes.into_iter().filter_map(|node| {
            let text = sink.text(node, "a user")?;
            match who(text) {
                Ok(user) => {
                    self.note(sink, node, Some(&user), false);
                    Some(user)
                }
                Err(error) => {
                    sink.error(&node.mark, format!("`{text}` is no user: {error}"));
                    None
                }
            }
        });
        let users: Vec<Who> = users.collect();
        (!users.is_empty()).then_some(users)
    }

    fn note(&mut self, sink: &mut Sink<'_>, node: &Node, who: Option<&Who>, is_group: bool) {
        let Some(Who::Name(name)) = who else {
            return;
        };
        let mark: Mark = node.mark.clone();
        if !name.contains('<') {
            self.marks.names.push(NameUse {
                name: name.clone(),
                is_group,
                rule: Some(self.rule),
                mark,
            });
            return;
        }
        for capture in captures_of(name) {
            let without = |path: &&Pattern| !path.capture_names().any(|known| known == capture);
            if let Some(path) = self.paths.iter().find(without) {
                let message = format!("`<{capture}>` is in no component of the path `{path}`");
                sink.error(&mark, message);
            }
        }
    }
}

/// The names of the captures in a text.
fn captures_of(text: &str) -> impl Iterator<Item = &str> {
    text.split('<')
        .skip(1)
        .filter_map(|part| part.split_once('>').map(|(name, _)| name))
}

/// A name with the captures of a path put in. What a path says is untrusted: it can name a
/// user or be a number, and never means a range or a word of the language.
pub(crate) fn substitute(who: &Who, captures: Option<&Captures<'_, '_>>) -> Who {
    let (Who::Name(name), Some(captures)) = (who, captures) else {
        return who.clone();
    };
    let mut pieces = name.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (capture, rest) = piece.split_once('>').unwrap_or(("", piece));
        match captures.get(capture) {
            Some(value) => text.push_str(&String::from_utf8_lossy(value)),
            // Decoding has refused it, so this only keeps what is written.
            None => write!(text, "<{capture}>").unwrap_or_default(),
        }
        text.push_str(rest);
    }
    match id(&text) {
        Some(id) => Who::Id(id),
        None => Who::Name(text),
    }
}
