//! The little markup of the manual's texts, made into roff.
//!
//! ```text
//! # HEADING            a section
//! a paragraph          lines run together; an empty line ends it
//!     typed text       four blanks: as it stands
//! term                 a term, when the next line begins with a colon and a blank
//! : what it means      its description, up to an empty line
//! ```

use roff::{Roff, bold, roman};

/// Appends `text` to a page.
pub(super) fn render(roff: &mut Roff, text: &str) {
    let mut lines = text.lines().peekable();
    let mut in_paragraph = false;
    while let Some(line) = lines.next() {
        if line.is_empty() {
            in_paragraph = false;
        } else if let Some(heading) = line.strip_prefix("# ") {
            roff.control("SH", [heading]);
            in_paragraph = true;
        } else if let Some(first) = line.strip_prefix("    ") {
            let mut typed = vec![first];
            while let Some(next) = lines.next_if(|next| next.starts_with("    ")) {
                typed.push(&next[4..]);
            }
            if !in_paragraph {
                roff.control("PP", []);
            }
            verbatim(roff, &typed);
            in_paragraph = false;
        } else if lines.peek().is_some_and(|next| next.starts_with(": ")) {
            roff.control("TP", []);
            roff.text([bold(line)]);
            in_paragraph = true;
        } else {
            if !in_paragraph {
                roff.control("PP", []);
                in_paragraph = true;
            }
            roff.text([roman(line.strip_prefix(": ").unwrap_or(line))]);
        }
    }
}

/// A line to be typed, in several where it is long. A shell and a unit file both read a line that
/// ends in a backslash on in the next one.
pub(super) fn folded(line: &str) -> Vec<String> {
    /// In columns, with what stands in front of it on the page.
    const LONGEST: usize = 66;
    let (mut lines, mut now) = (Vec::new(), String::new());
    for word in words(line) {
        if now.is_empty() {
            now.push_str(word);
        } else if now.len() + 1 + word.len() + 2 <= LONGEST {
            now.push(' ');
            now.push_str(word);
        } else {
            lines.push(now + " \\");
            now = format!("    {word}");
        }
    }
    lines.push(now);
    lines
}

/// Between blanks that stand in no quotes.
fn words(line: &str) -> Vec<&str> {
    let mut in_quotes = false;
    line.split(|character| {
        in_quotes ^= character == '\'';
        character == ' ' && !in_quotes
    })
    .collect()
}

/// Lines as they stand, indented.
pub(super) fn verbatim(roff: &mut Roff, lines: &[&str]) {
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(*line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_words_only() {
        assert_eq!(folded("sockctl list"), ["sockctl list"]);
        let long = "ExecStartPre=!/usr/bin/sockctl create --if-absent --mode 0600 /run/app/placeholder.sock";
        let lines = folded(long);
        assert!(
            lines.len() > 1 && lines.iter().all(|line| line.len() <= 66),
            "{lines:?}"
        );
        let joined = lines.join("\n").replace(" \\\n    ", " ");
        assert_eq!(joined, long);
        let quoted = format!("x '{}'", "a b ".repeat(30));
        assert_eq!(folded(&quoted).len(), 2);
    }
}
