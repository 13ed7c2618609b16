//! Problems of policies, as a compiler shows them: the place, the line, the caret, the reason.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use crate::model::untrusted::is_showable;
use crate::model::{Grade, Mark, Problem};

/// Bytes of a long line that are shown on each side of what is meant.
const CONTEXT: usize = 200;

/// All problems, an empty line between them, and no more than `width` columns of any source line.
///
/// Whatever the file holds, nothing in the text can move a cursor or reverse a line.
pub fn render(problems: &[Problem], color: bool, width: usize) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(width);
    let mut text = String::new();
    for problem in problems {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&one(problem, &renderer));
        text.push('\n');
    }
    text
}

fn one(problem: &Problem, renderer: &Renderer) -> String {
    let level = match problem.grade {
        Grade::Error => Level::ERROR,
        Grade::Warning => Level::WARNING,
    };
    let title = level.primary_title(escape(&problem.message));
    let origin = Origin::path(escape(&problem.file));
    let mut group = match &problem.mark {
        None => Group::with_title(title).element(origin),
        Some((mark, source)) => {
            let line = Line::of(mark, source);
            let annotation = AnnotationKind::Primary.span(line.span);
            let snippet = Snippet::source(line.text)
                .line_start(mark.line as usize)
                .annotation(annotation);
            let group = Group::with_title(title);
            if line.is_as_written {
                group.element(snippet.path(escape(&problem.file)))
            } else {
                // The column is that of the file, not of what is left of the line.
                let origin = origin
                    .line(mark.line as usize)
                    .char_column(mark.column as usize);
                group.element(origin).element(snippet)
            }
        }
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(escape(help)));
    }
    renderer.render(&[group])
}

/// The line that a mark is in, fit to be shown, and what is meant in it.
struct Line {
    text: String,
    span: Range<usize>,
    /// Nothing before what is meant has been cut off or escaped.
    is_as_written: bool,
}

impl Line {
    fn of(mark: &Mark, source: &str) -> Line {
        let start = floor(source, mark.span.start);
        // Only what may be shown is looked at: a line can be as long as the file.
        let before = floor(source, start.saturating_sub(CONTEXT));
        let after = floor(source, start + 2 * CONTEXT);
        let line_start = source[before..start]
            .rfind('\n')
            .map(|end| before + end + 1);
        let from = line_start.unwrap_or(before);
        let is_from_start = line_start.is_some() || source[..from].ends_with('\n') || from == 0;
        let line_end = source[start..after].find(['\n', '\r']);
        let goes_on = line_end.is_none()
            && after < source.len()
            && !source[after..].starts_with(['\n', '\r']);
        let line_end = line_end.map_or(after, |length| start + length);
        let end = floor(source, mark.span.end).clamp(start, line_end);
        let to = floor(source, (end.min(start + CONTEXT) + CONTEXT).min(line_end));
        let mut text = String::new();
        let mut span = 0..0;
        if !is_from_start {
            text.push('…');
        }
        escape_into(&mut text, &source[from..start]);
        span.start = text.len();
        escape_into(&mut text, &source[start..end.min(to)]);
        span.end = text.len();
        escape_into(&mut text, &source[end.min(to)..to]);
        if to < line_end || goes_on {
            text.push('…');
        }
        Line {
            is_as_written: is_from_start && text[..span.start] == source[from..start],
            text,
            span,
        }
    }
}

/// The nearest boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_showable) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    escape_into(&mut escaped, text);
    Cow::Owned(escaped)
}

fn escape_into(escaped: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\t' => escaped.push_str("    "),
            '\n' => escaped.push_str("\\n"),
            control if control.is_ascii_control() => {
                write!(escaped, "\\x{:02x}", u32::from(control)).unwrap_or_default();
            }
            harmful if !is_showable(harmful) => {
                write!(escaped, "\\u{{{:x}}}", u32::from(harmful)).unwrap_or_default();
            }
            plain => escaped.push(plain),
        }
    }
}

#[cfg(test)]
mod tests;
