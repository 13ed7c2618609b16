//! One socket and what is wrong with it.

use std::collections::HashSet;
use std::io;

use unicode_width::UnicodeWidthStr as _;

use super::View;
use crate::model::{Finding, Names, Socket, Waived};
use crate::output::escape::{escape, escape_prose};
use crate::output::human::list::{listener, mode, owner};
use crate::output::human::wrap::{pad, wrap};
use crate::output::style::Tone;

/// Columns before a finding's code: two blanks, the longest severity, two blanks.
const CODE_COLUMN: usize = 12;
/// A message gets a column of its own only where it has this much room.
const ROOM_FOR_MESSAGE: usize = 28;

/// Rules whose reason has been given; it is not given again.
pub(super) type Told<'f> = HashSet<(Option<&'f str>, &'f str)>;

/// Writes the heading and every finding of a group; they all have the same subject.
pub(super) fn write<'f>(
    out: &mut dyn io::Write,
    view: &View<'_>,
    socket: Option<&Socket>,
    group: &[&'f Finding],
    told: &mut Told<'f>,
) -> io::Result<()> {
    let Some(first) = group.first() else {
        return Ok(());
    };
    heading(out, view, &escape(&first.subject.to_bytes()), socket)?;
    let widest = group
        .iter()
        .map(|finding| finding.code.as_str().len())
        .max()
        .unwrap_or(0);
    for (index, finding) in group.iter().enumerate() {
        let because = finding.because.as_deref();
        let because = because.filter(|why| told.insert((finding.rule.as_deref(), why)));
        one(out, view, finding, because, widest)?;
        let fix = finding.fix.as_ref().filter(|_| finding.waived.is_none());
        let later = group[index + 1..]
            .iter()
            .filter(|later| later.waived.is_none());
        // Two findings that one command mends say so once, after the second.
        if let Some(fix) = fix
            && !later
                .map(|later| &later.fix)
                .any(|later| later.as_ref() == Some(fix))
        {
            let indent = " ".repeat(CODE_COLUMN);
            writeln!(out, "{indent}try: {}", view.style.paint(Tone::Command, fix))?;
        }
    }
    Ok(())
}

/// The path and the facts, in one line where they fit.
fn heading(
    out: &mut dyn io::Write,
    view: &View<'_>,
    path: &str,
    socket: Option<&Socket>,
) -> io::Result<()> {
    let facts = socket
        .map(|socket| facts(socket, view.names))
        .unwrap_or_default();
    write!(out, "{}", view.style.paint(Tone::Heading, path))?;
    if facts.is_empty() {
        return writeln!(out);
    }
    if path.width() + 2 + facts.width() <= view.style.width() {
        writeln!(out, "  {facts}")
    } else {
        writeln!(out, "\n  {facts}")
    }
}

/// `srw-rw---- app:www-data  stream, live, 4121/app/app`
fn facts(socket: &Socket, names: &dyn Names) -> String {
    let mut facts = Vec::new();
    let file = [mode(socket), owner(socket, names)];
    let file: Vec<String> = file.into_iter().flatten().collect();
    let life = [
        socket.kind.map(|kind| kind.to_string()),
        Some(socket.state.to_string()),
        socket.listener().map(|process| listener(process, names)),
    ];
    let life: Vec<String> = life.into_iter().flatten().collect();
    if !file.is_empty() {
        facts.push(file.join(" "));
    }
    facts.push(life.join(", "));
    facts.join("  ")
}

fn one(
    out: &mut dyn io::Write,
    view: &View<'_>,
    finding: &Finding,
    because: Option<&str>,
    widest: usize,
) -> io::Result<()> {
    let style = view.style;
    let (word, tone) = match finding.waived {
        Some(_) => ("waived", Tone::Faint),
        None => (finding.severity.as_str(), Tone::Severity(finding.severity)),
    };
    let severity = pad(word, CODE_COLUMN - 4);
    let code = pad(finding.code.as_str(), widest);
    write!(out, "  {}  ", style.paint(tone, severity))?;

    let message = escape(finding.message.as_bytes());
    let column = CODE_COLUMN + widest + 2;
    if style.width() >= column + ROOM_FOR_MESSAGE {
        let lines = wrap(&message, style.width() - column);
        writeln!(out, "{}  {}", style.paint(Tone::Heading, code), lines[0])?;
        hang(out, column, &lines[1..])?;
    } else {
        writeln!(out, "{}", style.paint(Tone::Heading, code.trim_end()))?;
        hang(
            out,
            CODE_COLUMN,
            &wrap(&message, style.width().saturating_sub(CODE_COLUMN)),
        )?;
    }
    for sentence in [rule(finding, because), finding.waived.as_ref().map(waived)]
        .into_iter()
        .flatten()
    {
        let lines = wrap(&sentence, style.width().saturating_sub(CODE_COLUMN));
        for line in lines {
            let indent = " ".repeat(CODE_COLUMN);
            writeln!(out, "{indent}{}", style.paint(Tone::Faint, line))?;
        }
    }
    Ok(())
}

/// `rule app (site.yaml:12): the application trusts whoever connects`
fn rule(finding: &Finding, because: Option<&str>) -> Option<String> {
    let mut sentence = match (&finding.rule, &finding.source) {
        (Some(rule), Some(source)) => format!("rule {rule} ({source})"),
        (Some(rule), None) => format!("rule {rule}"),
        (None, Some(source)) => source.to_string(),
        (None, None) => return None,
    };
    if let Some(because) = because {
        sentence = format!("{sentence}: {because}");
    }
    Some(escape_prose(&sentence))
}

fn waived(waived: &Waived) -> String {
    let until = waived
        .until
        .as_ref()
        .map(|until| format!(" until {until}"))
        .unwrap_or_default();
    escape_prose(&format!(
        "waived{until} ({}): {}",
        waived.source, waived.reason
    ))
}

fn hang(out: &mut dyn io::Write, column: usize, lines: &[String]) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{}{line}", " ".repeat(column))?;
    }
    Ok(())
}
