//! Sentences in SARIF.

use serde::Serialize;

use crate::output::escape::{escape, escape_prose};

/// A message.
#[derive(Serialize)]
pub(super) struct Text {
    text: String,
}

impl Text {
    /// A sentence that may hold untrusted text.
    pub(super) fn plain(text: &str) -> Text {
        Text { text: prose(text) }
    }
}

/// A sentence in which nothing acts. `[here](address)` would be a link in it (section 3.11.6), and
/// `{0}` a place for an argument (3.11.5): their second character is written out.
pub(super) fn prose(text: &str) -> String {
    disarmed(&escape_prose(text))
}

/// The same for a name.
pub(super) fn shown(name: &[u8]) -> String {
    disarmed(&escape(name))
}

fn disarmed(text: &str) -> String {
    let mut disarmed = String::with_capacity(text.len());
    let mut last = ' ';
    for character in text.chars() {
        match (last, character) {
            (']', '(') => disarmed.push_str(r"\x28"),
            ('{', '0'..='9') => {
                disarmed.push_str(r"\x3");
                disarmed.push(character);
            }
            _ => disarmed.push(character),
        }
        last = character;
    }
    disarmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_neither_links_nor_arguments() {
        assert_eq!(prose("see [here](http://x)"), r"see [here]\x28http://x)");
        assert_eq!(
            shown(b"a{0}{1,2}{a,b}[a-z](x"),
            r"a{\x30}{\x31,2}{a,b}[a-z]\x28x"
        );
        assert_eq!(prose("two\nlines\u{1b}"), r"two lines\x1b");
    }
}
