//! JSON that can be looked at in a terminal.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::model::untrusted::is_showable;

/// Any layout, in which characters that act on a terminal, or are invisible, or turn the text
/// round them are written `\uXXXX`: the same JSON, and nobody is deceived by a look at it.
#[derive(Debug, Clone, Default)]
pub(super) struct Safe<F>(pub(super) F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(acts) {
            let (plain, from) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let mut characters = from.chars();
            if let Some(character) = characters.next() {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        out.write_all(rest.as_bytes())
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn end_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_key(out)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

/// Blanks of any width are left as they are: they are text in every language.
fn acts(character: char) -> bool {
    let is_line_end = matches!(character, '\u{2028}' | '\u{2029}');
    let is_text = is_showable(character) || character.is_whitespace();
    !character.is_ascii_graphic()
        && character != ' '
        && (!is_text || character.is_control() || is_line_end)
}

/// Writes a value and nothing else on one line, without its end.
pub fn write_compact(mut out: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let layout = Safe(CompactFormatter);
    value.serialize(&mut Serializer::with_formatter(&mut out, layout))?;
    Ok(())
}

/// Writes a value over several lines, indented, without the end of the last one.
pub fn write_pretty(mut out: impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let layout = Safe(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut out, layout))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> (String, String) {
        let (mut compact, mut pretty) = (Vec::new(), Vec::new());
        write_compact(&mut compact, &text).unwrap();
        write_pretty(&mut pretty, &text).unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(compact), text(pretty))
    }

    #[test]
    fn what_acts_or_hides_is_written_out_and_reads_the_same() {
        let ends = [
            '\u{7f}',
            '\u{80}',
            '\u{85}',
            '\u{9b}',
            '\u{9f}',
            '\u{200b}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{e0041}',
        ];
        for character in ends {
            let text = format!("a{character}b");
            let (compact, pretty) = written(&text);
            assert!(compact.is_ascii(), "{compact:?}");
            assert_eq!(compact, pretty);
            assert_eq!(serde_json::from_str::<String>(&compact).unwrap(), text);
        }
        assert_eq!(written("a\u{202e}b\u{9b}").0, r#""a\u202eb\u009b""#);
    }

    #[test]
    fn text_stays_text() {
        for text in ["é日本🙂 \u{a0}x", "a\\b\"c", "", "\u{3000}"] {
            assert_eq!(written(text).0, serde_json::to_string(text).unwrap());
        }
    }
}
