//! Untrusted bytes, made fit for a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::untrusted::is_showable;

/// The bytes as text in which nothing acts on a terminal and nothing is invisible.
///
/// `\n`, `\r`, `\t` and `\\` are written so; other control characters and bytes that are no
/// UTF-8 as `\x1b`; other characters that cannot be shown as `\u{202e}`. A backslash is always
/// doubled, so that two different names never look alike.
pub fn escape(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes)
        && text
            .chars()
            .all(|character| is_showable(character) && character != '\\')
    {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => escaped.push_str(r"\\"),
                '\n' => escaped.push_str(r"\n"),
                '\r' => escaped.push_str(r"\r"),
                '\t' => escaped.push_str(r"\t"),
                _ if is_showable(character) => escaped.push(character),
                _ if character.is_ascii() => push_byte(&mut escaped, u32::from(character)),
                _ => escaped.extend(character.escape_unicode()),
            }
        }
        for &byte in chunk.invalid() {
            push_byte(&mut escaped, u32::from(byte));
        }
    }
    Cow::Owned(escaped)
}

/// The same for a sentence: line breaks and runs of blanks are one blank.
pub fn escape_prose(text: &str) -> String {
    let words: Vec<Cow<'_, str>> = text
        .split_whitespace()
        .map(|word| escape(word.as_bytes()))
        .collect();
    words.join(" ")
}

/// The same for a text that has been put together: what is escaped in it already stays as it
/// is, and so do its line breaks.
pub fn escape_lines(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => escaped.push('\n'),
            _ if is_showable(character) => escaped.push(character),
            _ if character.is_ascii() => push_byte(&mut escaped, u32::from(character)),
            _ => escaped.extend(character.escape_unicode()),
        }
    }
    escaped
}

fn push_byte(escaped: &mut String, byte: u32) {
    write!(escaped, "\\x{byte:02x}").expect("a String takes any text");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        for (bytes, escaped) in [
            (&b"/run/app/a.sock"[..], "/run/app/a.sock"),
            (b"a\x1b[31mb\x7f", r"a\x1b[31mb\x7f"),
            (b"a\nb\rc\td\0", r"a\nb\rc\td\x00"),
            (b"\xff\xc3", r"\xff\xc3"),
            (br"by\x2duuid", r"by\\x2duuid"),
            (
                "a\u{202e}b\u{85}\u{200d}".as_bytes(),
                r"a\u{202e}b\u{85}\u{200d}",
            ),
            ("é日本🙂".as_bytes(), "é日本🙂"),
        ] {
            assert_eq!(escape(bytes), escaped);
        }
    }

    #[test]
    fn prose_is_one_line() {
        assert_eq!(escape_prose("two\n  lines\u{1b}\n"), r"two lines\x1b");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(
            escape_lines("a\u{1b}\n\\x1b\u{9b}\u{fffe}"),
            "a\\x1b\n\\x1b\\u{9b}\\u{fffe}"
        );
    }

    proptest! {
        #[test]
        fn nothing_but_showable_text(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(escape(&bytes).chars().all(is_showable));
        }

        #[test]
        fn two_names_never_look_alike(
            a in prop::collection::vec(prop::sample::select(&b"\\nx1b\x1b\n\xff"[..]), 0..6),
            b in prop::collection::vec(prop::sample::select(&b"\\nx1b\x1b\n\xff"[..]), 0..6),
        ) {
            prop_assert_eq!(a == b, escape(&a) == escape(&b));
        }
    }
}
