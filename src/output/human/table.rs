//! Columns, aligned by what the terminal shows.

use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::wrap::pad;
use crate::output::style::{Style, Tone};

/// One cell: escaped text, and how it looks.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    tone: Option<Tone>,
    right: bool,
}

impl Cell {
    pub(super) fn plain(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            tone: None,
            right: false,
        }
    }

    pub(super) fn toned(tone: Tone, text: impl Into<String>) -> Cell {
        Cell {
            tone: Some(tone),
            ..Cell::plain(text)
        }
    }

    /// At the right edge of its column.
    pub(super) fn right(text: impl Into<String>) -> Cell {
        Cell {
            right: true,
            ..Cell::plain(text)
        }
    }
}

/// Writes rows with two blanks between columns and nothing behind the last. The last column is as
/// wide as it has to be.
pub(super) fn write(
    out: &mut dyn io::Write,
    style: Style,
    headings: &[&str],
    rows: &[Vec<Cell>],
) -> io::Result<()> {
    let head: Vec<Cell> = headings
        .iter()
        .map(|&heading| Cell::toned(Tone::Heading, heading))
        .collect();
    write_all(
        out,
        style,
        std::iter::once(head.as_slice()).chain(slices(rows)),
    )
}

/// The same without headings.
pub(super) fn write_body(
    out: &mut dyn io::Write,
    style: Style,
    rows: &[Vec<Cell>],
) -> io::Result<()> {
    write_all(out, style, slices(rows))
}

fn slices(rows: &[Vec<Cell>]) -> impl Iterator<Item = &[Cell]> + Clone {
    rows.iter().map(Vec::as_slice)
}

fn write_all<'a>(
    out: &mut dyn io::Write,
    style: Style,
    rows: impl Iterator<Item = &'a [Cell]> + Clone,
) -> io::Result<()> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows.clone() {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    for row in rows {
        write_row(out, style, row, &widths)?;
    }
    Ok(())
}

fn write_row(
    out: &mut dyn io::Write,
    style: Style,
    row: &[Cell],
    widths: &[usize],
) -> io::Result<()> {
    for (column, (cell, &width)) in row.iter().zip(widths).enumerate() {
        let is_last = column + 1 == row.len();
        let text = if cell.right {
            format!(
                "{}{}",
                " ".repeat(width.saturating_sub(cell.text.width())),
                cell.text
            )
        } else if is_last {
            cell.text.clone()
        } else {
            pad(&cell.text, width)
        };
        match cell.tone {
            Some(tone) => write!(out, "{}", style.paint(tone, text))?,
            None => write!(out, "{text}")?,
        }
        if !is_last {
            write!(out, "  ")?;
        }
    }
    writeln!(out)
}
