//! Who may connect and who may replace, in plain words.

mod answer;

use std::io::{self, Write as _};
use std::sync::Arc;

use unicode_width::UnicodeWidthStr as _;

use super::wrap::{pad, wrap};
use crate::access::{self, May, Report};
use crate::model::{Found, Names, Node, Process, Step, Subject};
use crate::output::access::{Called, notes};
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};
use crate::output::words::count;
use crate::output::words::program;

/// More names than these are counted.
const MOST_NAMES: usize = 12;

/// Writes all of it; where users were asked about, what there is to say of them alone.
pub fn write(
    out: &mut dyn io::Write,
    report: &Report,
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    let called = Called(names);
    if report.answers.is_empty() {
        writeln!(out, "{}", heading(report, &called, style))?;
        write_may(&mut out, report, &called, style, Side::Connect)?;
        write_may(&mut out, report, &called, style, Side::Replace)?;
    }
    for (index, answer) in report.answers.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        answer::write(&mut out, report, answer, &called, style)?;
    }
    write_notes(&mut out, report, names, style)?;
    out.flush()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Connect,
    Replace,
}

/// The socket, and where a link leads to it, that path before it.
fn heading(report: &Report, called: &Called<'_>, style: Style) -> String {
    let (way, socket) = (&report.trail.way, &report.trail.socket);
    let is_link = |step: &Arc<Step>| matches!(step.found, Found::Link { .. });
    let path = if way.steps.iter().any(is_link) {
        let given = escape(report.given.as_os_str().as_encoded_bytes());
        format!("{given} -> {}", shown(socket))
    } else {
        shown(socket)
    };
    format!(
        "{}  {} {}",
        style.paint(Tone::Heading, path),
        mode(socket, 's'),
        escape(called.owner(socket).as_bytes())
    )
}

/// As `ls -l` has it, with a `+` where there is an ACL.
fn mode(node: &Node, kind: char) -> String {
    let acl = if node.acl.is_some() { "+" } else { "" };
    format!("{}{acl}", node.mode.to_ls(kind))
}

/// The path of an inode, escaped.
fn shown(node: &Node) -> String {
    escape(node.path.as_os_str().as_encoded_bytes()).into_owned()
}

fn write_may(
    out: &mut dyn io::Write,
    report: &Report,
    called: &Called<'_>,
    style: Style,
    side: Side,
) -> io::Result<()> {
    let (title, may) = match side {
        Side::Connect => ("may connect", &report.connect),
        Side::Replace => ("may replace it", &report.replace),
    };
    writeln!(out, "\n{title}")?;
    let mut rows = rows(may, report, called, side);
    if rows.is_empty() {
        rows.push(("nobody".to_owned(), String::new()));
    }
    rows.extend(running(may, called).map(|running| ("running now".to_owned(), running)));
    for (who, _) in &mut rows {
        *who = escape(who.as_bytes()).into_owned();
    }
    let width = rows.iter().map(|row| row.0.width()).max();
    let width = width.unwrap_or_default().min(style.width() / 2);
    for (who, reason) in rows {
        let line = format!("  {}  {}", pad(&who, width), escape_prose(&reason));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Those who may, and why.
fn rows(may: &May, report: &Report, called: &Called<'_>, side: Side) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let who = &may.who;
    let reason = |subject: &Subject| reason(subject, report, called, side);
    if who.everyone {
        rows.push(("everyone".to_owned(), reason(&report.people.stranger())));
        let mut except = called.people(report, &who.except_users);
        let groups = called.groups(&who.except_groups);
        except.extend(groups.iter().map(|group| format!("members of {group}")));
        if !except.is_empty() {
            let reason = "their class comes first, and it may not";
            rows.push((format!("but not {}", listed(&except)), reason.to_owned()));
        }
    }
    let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
    for (&user, name) in who.users.iter().zip(called.people(report, &who.users)) {
        let reason = reason(&report.people.all[user].subject);
        match by_reason.iter_mut().find(|it| it.0 == reason) {
            Some((_, names)) => names.push(name),
            None => by_reason.push((reason, vec![name])),
        }
    }
    let by_reason = by_reason.into_iter();
    rows.extend(by_reason.map(|(reason, names)| (listed(&names), reason)));
    for (&gid, name) in who.groups.iter().zip(called.groups(&who.groups)) {
        let member = report.people.stranger().joined(gid);
        rows.push((format!("any member of {name}"), reason(&member)));
    }
    rows
}

/// Why somebody who may, may.
fn reason(subject: &Subject, report: &Report, called: &Called<'_>, side: Side) -> String {
    match side {
        Side::Connect => access::checks(subject, &report.trail.way, &report.trail.socket)
            .last()
            .map_or_else(String::new, |check| called.by(check.verdict.by)),
        Side::Replace => {
            let socket = &report.trail.socket;
            let mut swaps = access::swaps(subject, &report.trail.way, socket)
                .filter(|swap| swap.verdict.allowed);
            let first = swaps.next();
            // The socket itself comes last, and is what one thinks of first.
            let swap = swaps.last().filter(|swap| swap.node == socket).or(first);
            swap.map_or_else(String::new, |swap| {
                let by = access::swapped(&swap, subject, called.0);
                let directory = swap.directory.path.display();
                if swap.node == socket {
                    return format!("{by} of {directory}");
                }
                let name = swap.node.path.display();
                format!("not the socket itself but {name}: {by} of {directory}")
            })
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    let more = names.len() - MOST_NAMES;
    format!("{} and {more} more", names[..MOST_NAMES].join(", "))
}

/// Programs that run, by user; those of root are only counted.
fn running(may: &May, called: &Called<'_>) -> Option<String> {
    let processes = may.processes.as_ref()?;
    let mut by_user: Vec<(String, Vec<&Process>)> = Vec::new();
    for process in processes {
        let user = called.user(process.uid);
        match by_user.iter_mut().find(|it| it.0 == user) {
            Some((_, all)) => all.push(process),
            None => by_user.push((user, vec![process])),
        }
    }
    let of_user = |(user, all): &(String, Vec<&Process>)| {
        if all[0].uid.is_root() || all.len() > MOST_NAMES {
            return format!("{} of {user}", count(all.len(), "process", "processes"));
        }
        let names = all.iter().map(|process| {
            let name = String::from_utf8_lossy(program(process)).into_owned();
            format!("{name} ({})", process.pid)
        });
        format!("{user}: {}", names.collect::<Vec<_>>().join(", "))
    };
    let all: Vec<String> = by_user.iter().map(of_user).collect();
    Some(if all.is_empty() {
        "no process".to_owned()
    } else {
        all.join("; ")
    })
}

fn write_notes(
    out: &mut dyn io::Write,
    report: &Report,
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    let mut all = notes(report, names);
    if let Some(why) = &report.incomplete {
        all.push(format!(
            "there may be more users and groups than these: {why}"
        ));
    }
    if !report.unknown.is_empty() {
        let pids: Vec<String> = report.unknown.iter().map(ToString::to_string).collect();
        all.push(format!(
            "{} could not be asked ({}): no right to look, or a mount that may never answer",
            count(pids.len(), "process", "processes"),
            listed(&pids)
        ));
    }
    if !report.modules.is_empty() {
        all.push(format!(
            "{} may forbid more than the modes do, and is not judged",
            report.modules.join(", ")
        ));
    }
    for (index, note) in all.iter().enumerate() {
        if index == 0 {
            writeln!(out)?;
        }
        let note = format!("note: {}", escape_prose(note));
        for (line, text) in wrap(&note, style.width() - 6).into_iter().enumerate() {
            let indent = if line == 0 { "" } else { "      " };
            writeln!(out, "{indent}{text}")?;
        }
    }
    Ok(())
}
