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

/// Lines as they stand, indented.
fn verbatim(roff: &mut Roff, lines: &[&str]) {
    roff.control("RS", ["4"]);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(*line)]);
    }
    roff.control("fi", []);
    roff.control("RE", []);
}
