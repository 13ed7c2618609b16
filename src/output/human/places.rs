//! What was not looked at, and what makes the answers poorer.

use std::io;
use std::path::Path;

use super::wrap::wrap;
use crate::model::Survey;
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};
use crate::output::words::skip_reason;

/// Writes unreadable and skipped places, and notes. Nothing where there are none.
pub fn write(out: &mut dyn io::Write, survey: &Survey, style: Style) -> io::Result<()> {
    let skipped = survey.skipped.iter().map(|place| {
        (
            place.path.as_path(),
            skip_reason(&place.reason).into_owned(),
        )
    });
    let unreadable = survey
        .unreadable
        .iter()
        .map(|place| (place.path.as_path(), place.why.clone()));
    section(
        out,
        style,
        (Tone::Warning, "could not be looked at:"),
        unreadable.collect(),
    )?;
    section(
        out,
        style,
        (Tone::Faint, "skipped (name it to look at it):"),
        skipped.collect(),
    )?;
    notes(out, survey, style)
}

/// Writes the notes alone.
pub(super) fn notes(out: &mut dyn io::Write, survey: &Survey, style: Style) -> io::Result<()> {
    let notes: Vec<String> = survey.notes.iter().map(|note| escape_prose(note)).collect();
    for note in &notes {
        for (index, line) in wrap(note, style.width() - 6).iter().enumerate() {
            let lead = if index == 0 { "note: " } else { "      " };
            writeln!(out, "{}{line}", style.paint(Tone::Faint, lead))?;
        }
    }
    if !notes.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn section(
    out: &mut dyn io::Write,
    style: Style,
    (tone, heading): (Tone, &str),
    places: Vec<(&Path, String)>,
) -> io::Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", style.paint(tone, heading))?;
    for (path, why) in places {
        let path = escape(path.as_os_str().as_encoded_bytes());
        let sentence = format!("{path}: {}", escape_prose(&why));
        for (index, line) in wrap(&sentence, style.width() - 4).iter().enumerate() {
            writeln!(out, "{}{line}", if index == 0 { "  " } else { "    " })?;
        }
    }
    writeln!(out)
}
