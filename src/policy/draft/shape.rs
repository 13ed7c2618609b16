//! Names that differ in nothing but a number.

use crate::model::Pattern;

/// Hexadecimal digits in a row that are taken for a number: those of a hash or an id, and too
/// many for a word.
const LEAST_HEX: usize = 8;

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Piece<'a> {
    Text(&'a [u8]),
    Decimal(&'a [u8]),
    Hex(&'a [u8]),
}

/// A name, taken to pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape<'a>(Vec<Piece<'a>>);

impl<'a> Shape<'a> {
    pub(super) fn of(name: &'a [u8]) -> Shape<'a> {
        let mut pieces = Vec::new();
        let (mut start, mut at) = (0, 0);
        while at < name.len() {
            let rest = &name[at..];
            let hex = leading(rest, u8::is_ascii_hexdigit);
            let decimal = leading(rest, u8::is_ascii_digit);
            let is_hash = hex.len() >= LEAST_HEX && hex.iter().any(u8::is_ascii_digit);
            let (length, piece) = if is_hash && decimal.len() < hex.len() {
                (hex.len(), Piece::Hex(hex))
            } else if decimal.is_empty() {
                // The rest of a word that is no hash is none either.
                at += hex.len().max(1);
                continue;
            } else {
                (decimal.len(), Piece::Decimal(decimal))
            };
            if start < at {
                pieces.push(Piece::Text(&name[start..at]));
            }
            pieces.push(piece);
            at += length;
            start = at;
        }
        if start < name.len() {
            pieces.push(Piece::Text(&name[start..]));
        }
        Shape(pieces)
    }

    /// The same with nothing where the numbers are: what names that differ in these have in
    /// common.
    pub(super) fn kind(&self) -> Shape<'a> {
        let without = |piece: &Piece<'a>| match *piece {
            Piece::Text(text) => Piece::Text(text),
            Piece::Decimal(_) => Piece::Decimal(b""),
            Piece::Hex(_) => Piece::Hex(b""),
        };
        Shape(self.0.iter().map(without).collect())
    }

    /// A pattern for names of one kind: a number that all of them share stays as it is.
    pub(super) fn pattern(shapes: &[Shape<'_>]) -> String {
        let Some((first, others)) = shapes.split_first() else {
            return String::new();
        };
        let piece = |(index, piece): (usize, &Piece<'_>)| {
            let is_common = others.iter().all(|other| other.0.get(index) == Some(piece));
            match piece {
                Piece::Decimal(_) if !is_common => "[0-9]*".to_owned(),
                Piece::Hex(_) if !is_common => "*".to_owned(),
                Piece::Text(text) | Piece::Decimal(text) | Piece::Hex(text) => literal(text),
            }
        };
        first.0.iter().enumerate().map(piece).collect()
    }
}

/// What a policy cannot hold, for it is UTF-8: any byte that is no ASCII.
const NO_ASCII: &str = "[!\u{1}-\u{7f}]";

/// A pattern for one text, or, where a policy cannot hold it, for as few as can be.
pub(super) fn literal(bytes: &[u8]) -> String {
    let mut pattern = String::new();
    for chunk in bytes.utf8_chunks() {
        pattern.push_str(&Pattern::escape(chunk.valid()).replace('\0', "?"));
        pattern.extend(chunk.invalid().iter().map(|_| NO_ASCII));
    }
    pattern
}

fn leading(bytes: &[u8], is_digit: impl Fn(&u8) -> bool) -> &[u8] {
    let end = bytes.iter().position(|byte| !is_digit(byte));
    &bytes[..end.unwrap_or(bytes.len())]
}
