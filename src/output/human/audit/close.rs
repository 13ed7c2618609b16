//! The end of the report: the figures and the verdict.

use std::io;

use super::View;
use crate::model::{Severity, Verdict};
use crate::output::human::list::nothing_found;
use crate::output::human::wrap::pad;
use crate::output::style::Tone;
use crate::output::words::count;

/// A line for each severity and code.
pub(super) fn by_code(out: &mut dyn io::Write, view: &View<'_>) -> io::Result<()> {
    let counts = view.report.counts();
    let most = counts.iter().map(|(_, _, number)| number).max();
    let digits = most.map_or(1, |most| most.to_string().len());
    for (severity, code, number) in &counts {
        let word = pad(severity.as_str(), 8);
        let severity = view.style.paint(Tone::Severity(*severity), word);
        writeln!(out, "  {number:>digits$}  {severity}  {code}")?;
    }
    if !counts.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

/// `37 sockets: 1 critical, 1 low; 1 waived; 3 known`, how many sockets no rule speaks of, and the verdict.
pub(super) fn figures(out: &mut dyn io::Write, view: &View<'_>) -> io::Result<()> {
    let summary = view.summary;
    if summary.sockets == 0 {
        writeln!(out, "{}", nothing_found(&view.report.survey))?;
    }
    let anything = summary.findings.iter().any(|&number| number > 0);
    if summary.verdict != Verdict::Empty || anything || summary.known.is_some() {
        write_pieces(out, view, &pieces(view))?;
    }
    if summary.unmatched > 0 {
        let (one, many) = ("socket matches no rule", "sockets match no rule");
        writeln!(out, "{}", count(summary.unmatched, one, many))?;
    }
    writeln!(out, "{}", verdict(view))
}

/// A piece of the line of figures, with its separator, that is not broken.
type Piece = (Option<Tone>, String, &'static str);

fn pieces(view: &View<'_>) -> Vec<Piece> {
    let summary = view.summary;
    let mut pieces: Vec<Piece> = Vec::new();
    for severity in Severity::ALL.into_iter().rev() {
        let number = summary.findings[severity as usize];
        if number > 0 {
            let tone = Some(Tone::Severity(severity));
            pieces.push((tone, format!("{number} {severity}"), ", "));
        }
    }
    match pieces.last_mut() {
        Some(last) => last.2 = "",
        None if summary.known.is_some() => pieces.push((None, "no new findings".to_owned(), "")),
        None => pieces.push((None, "no findings".to_owned(), "")),
    }
    let hint = if view.verbose { "" } else { " (see -v)" };
    let waived = (summary.waived > 0).then(|| format!("{} waived{hint}", summary.waived));
    let known = summary.known.map(|known| format!("{known} known"));
    for aside in [waived, known].into_iter().flatten() {
        if let Some(last) = pieces.last_mut() {
            last.2 = "; ";
        }
        pieces.push((None, aside, ""));
    }
    pieces.insert(0, (None, count(summary.sockets, "socket", "sockets"), ": "));
    pieces
}

fn write_pieces(out: &mut dyn io::Write, view: &View<'_>, pieces: &[Piece]) -> io::Result<()> {
    let mut column = 0;
    let mut blank = "";
    for (tone, text, separator) in pieces {
        let mark = separator.trim_end();
        let width = text.len() + mark.len();
        if column > 0 && column + blank.len() + width > view.style.width() {
            writeln!(out)?;
            (column, blank) = (0, "  ");
        }
        match tone {
            Some(tone) => write!(out, "{blank}{}{mark}", view.style.paint(*tone, text))?,
            None => write!(out, "{blank}{text}{mark}")?,
        }
        column += blank.len() + width;
        blank = " ";
    }
    writeln!(out)
}

fn verdict(view: &View<'_>) -> String {
    let (style, summary, threshold) = (view.style, view.summary, view.fail_on);
    let at_or_above = Severity::ALL
        .into_iter()
        .filter(|&severity| severity >= threshold);
    let failing: usize = at_or_above
        .map(|severity| summary.findings[severity as usize])
        .sum();
    let (tone, word, sentence) = match summary.verdict {
        Verdict::Fail => {
            let findings = count(failing, "finding", "findings");
            (
                Tone::Bad,
                "FAIL",
                format!("{findings} at {threshold} or above"),
            )
        }
        Verdict::Incomplete => {
            let places = count(summary.unreadable, "place", "places");
            (
                Tone::Warning,
                "INCOMPLETE",
                format!("{places} could not be looked at"),
            )
        }
        Verdict::Empty => (
            Tone::Warning,
            "EMPTY",
            "there was nothing to judge".to_owned(),
        ),
        Verdict::Pass => (
            Tone::Good,
            "PASS",
            format!("nothing at {threshold} or above"),
        ),
    };
    let anything = summary.findings.iter().any(|&number| number > 0);
    let more = if anything {
        " (sockctl explain CODE says more)"
    } else {
        ""
    };
    format!("{}: {sentence}{more}", style.paint(tone, word))
}
