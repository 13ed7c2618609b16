//! What is wrong with a text as YAML, in the words of those who write policies.

use std::ops::Range;

use granit_parser::{ErrorKind, Marker, ScanError};

use super::{DEEPEST, LARGEST};
use crate::model::{Mark, Problem};
use crate::policy::sink::Source;

pub(super) fn too_deep() -> String {
    format!("lists and maps are nested more than {DEEPEST} deep")
}

/// Refuses what no parser needs to see.
pub(super) fn precheck(source: &Source) -> Result<(), Problem> {
    let text = &*source.text;
    if text.len() > LARGEST {
        return Err(Problem::of_file(
            source.name.clone(),
            format!(
                "the file has {} bytes; a policy has at most {LARGEST}",
                text.len()
            ),
        ));
    }
    let Some(nul) = text.bytes().position(|byte| byte == 0) else {
        return Ok(());
    };
    let mark = mark_of_byte(text, nul);
    Err(source.problem(&mark, "a NUL byte: this is no text file"))
}

/// A byte that is a character by itself.
fn mark_of_byte(text: &str, offset: usize) -> Mark {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Mark {
        line: number(before.matches('\n').count() + 1),
        column: number(before[line_start..].chars().count() + 1),
        span: offset..offset + 1,
    }
}

pub(super) fn syntax(source: &Source, error: &ScanError) -> Problem {
    let marker = *error.marker();
    let text = &*source.text;
    let mut offset = marker.byte_offset().unwrap_or(text.len()).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let len = text[offset..].chars().next().map_or(0, char::len_utf8);
    let (message, help) = explain(error);
    let mark = match indenting_tab(text, offset).filter(|_| message == TAB) {
        Some(tab) => mark_of_byte(text, tab),
        None => mark_at(marker, Some(offset..offset + len)),
    };
    let mut problem = source.problem(&mark, message);
    problem.help = help.map(str::to_owned);
    problem
}

const TAB: &str = "a tab cannot indent";

/// The first at or after that place, with nothing but blanks before it on its line: what is wrong
/// may be said of the value above.
fn indenting_tab(text: &str, offset: usize) -> Option<usize> {
    let start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let mut at = start;
    text[start..].split_inclusive('\n').find_map(|line| {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let tab = line[blanks..].starts_with('\t').then_some(at + blanks);
        at += line.len();
        tab
    })
}

fn explain(error: &ScanError) -> (String, Option<&'static str>) {
    const QUOTES: &str =
        "a text that holds `: ` or ` #`, or begins with one of `@*&!%[{|>`, stands in quotes";
    let (message, help) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return (too_deep(), None),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation => (TAB, "use spaces"),
        // What goes on in the next line may be a value that is not quoted.
        _ if error.info().contains("found a tab") => (TAB, "use spaces"),
        ErrorKind::MappingValueNotAllowed => ("a `:` that belongs to no key of this level", QUOTES),
        ErrorKind::UnexpectedCharacter { .. } => ("no value can begin with this character", QUOTES),
        ErrorKind::UnclosedQuotedScalar => (
            "a quote that is never closed",
            "a text that holds one stands in quotes of the other kind",
        ),
        ErrorKind::DirectiveDisallowed => (
            "`%` at the start of a line is a directive, and a policy has none",
            QUOTES,
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "no such escape in double quotes",
            "in single quotes a backslash is a backslash",
        ),
        ErrorKind::UnclosedFlowCollection { open: '[' } | ErrorKind::UnexpectedEofFlowSequence => {
            ("a `[` that is never closed", QUOTES)
        }
        ErrorKind::UnclosedFlowCollection { .. } | ErrorKind::UnexpectedEofFlowMapping => {
            ("a `{` that is never closed", QUOTES)
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            ("a key needs its `:` on the same line", QUOTES)
        }
        ErrorKind::ExpectedBlockMappingKey => (
            "this is no key of the map above it",
            "keys of one map are indented alike",
        ),
        ErrorKind::ExpectedBlockSequenceEntry => (
            "this belongs to no entry of the list above it",
            "entries of one list, and keys of one map, are indented alike",
        ),
        ErrorKind::InvalidColonPlacement => (
            "a `:` cannot stand here",
            "is a `[`, a `{` or a quote before it never closed?",
        ),
        ErrorKind::MisplacedFlowCollectionEnd => ("this bracket closes nothing", QUOTES),
        ErrorKind::ExpectedFlowSequenceSeparator => ("a `,` or the closing `]` is missing", QUOTES),
        ErrorKind::ExpectedFlowMappingSeparator => ("a `,` or the closing `}` is missing", QUOTES),
        _ => return (format!("this is no YAML: {}", error.info()), None),
    };
    (message.to_owned(), Some(help))
}

pub(super) fn mark_at(marker: Marker, span: Option<Range<usize>>) -> Mark {
    Mark {
        line: number(marker.line().max(1)),
        column: number(marker.col() + 1),
        span: span.unwrap_or_default(),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
