//! One user: yes or no, the way step by step, and what would turn the answer.

use std::io;

use super::shown;
use crate::access::{self, Answer, Change, Check, Fix, Need, Report};
use crate::output::access::Called;
use crate::output::escape::{escape, escape_prose};
use crate::output::human::table::{self, Cell};
use crate::output::human::wrap::wrap;
use crate::output::style::{Style, Tone};

pub(super) fn write(
    out: &mut dyn io::Write,
    report: &Report,
    answer: &Answer,
    called: &Called<'_>,
    style: Style,
) -> io::Result<()> {
    let trail = report.trail_of(answer);
    let (tone, may) = if answer.connect {
        (Tone::Good, "may connect")
    } else {
        (Tone::Bad, "may not connect")
    };
    let who = escape_prose(&who(answer, called));
    let path = shown(&trail.socket);
    writeln!(out, "{who} {} to {path}", style.paint(tone, may))?;
    let checks: Vec<Check<'_>> =
        access::checks(&answer.subject, &trail.way, &trail.socket).collect();
    let decides = checks.iter().position(|check| !check.verdict.allowed);
    let decides = decides.unwrap_or(checks.len().saturating_sub(1));
    let rows: Vec<Vec<Cell>> = checks
        .iter()
        .enumerate()
        .map(|(index, check)| row(check, index == decides, called))
        .collect();
    table::write_body(out, style, &rows)?;
    let mut swaps = access::swaps(&answer.subject, &trail.way, &trail.socket);
    match swaps.find(|swap| swap.verdict.allowed) {
        Some(swap) => writeln!(
            out,
            "{} {}: {} of {}",
            style.paint(Tone::Warning, "may replace"),
            shown(swap.node),
            escape_prose(&access::swapped(&swap, &answer.subject, called.0)),
            shown(swap.directory)
        )?,
        None => writeln!(out, "may not replace it, nor anything on the way")?,
    }
    write_fixes(out, report, answer, called, style)
}

fn who(answer: &Answer, called: &Called<'_>) -> String {
    let uid = answer.subject.uid;
    let user = match &answer.user {
        Some(name) => format!("{name} ({uid})"),
        None => uid.to_string(),
    };
    let groups = called.groups(&answer.subject.gids);
    let groups = match groups.len() {
        0 => "no group".to_owned(),
        1 => format!("group {}", groups[0]),
        _ => format!("groups {}", super::listed(&groups)),
    };
    match answer.pid {
        Some(pid) => format!("process {pid} of {user}, {groups},"),
        None => format!("{user}, {groups},"),
    }
}

/// `yes  x  drwxr-xr-x root:root  /run  others: r-x`
fn row(check: &Check<'_>, decides: bool, called: &Called<'_>) -> Vec<Cell> {
    let node = check.node;
    let kind = match check.need {
        Need::Search => 'd',
        Need::Follow => 'l',
        Need::Write => 's',
    };
    let (tone, word) = if check.verdict.allowed {
        (Tone::Good, "yes")
    } else {
        (Tone::Bad, "no")
    };
    let mark = if decides { "  <- decides" } else { "" };
    let target = check.target.map_or_else(String::new, |target| {
        format!(" -> {}", escape(target.as_encoded_bytes()))
    });
    vec![
        Cell::toned(tone, format!("  {word}")),
        Cell::plain(check.need.as_str()),
        Cell::plain(super::mode(node, kind)),
        Cell::plain(escape(called.owner(node).as_bytes())),
        Cell::plain(format!("{}{target}", shown(node))),
        Cell::plain(format!(
            "{}{mark}",
            escape_prose(&called.by(check.verdict.by))
        )),
    ]
}

fn write_fixes(
    out: &mut dyn io::Write,
    report: &Report,
    answer: &Answer,
    called: &Called<'_>,
    style: Style,
) -> io::Result<()> {
    let wish = if answer.connect {
        "to shut them out"
    } else {
        "to let them in"
    };
    if answer.fixes.is_empty() {
        let trail = report.trail_of(answer);
        let is_read_only = trail.judged().any(|node| node.read_only);
        let why = if is_read_only {
            "; its mount is read-only here, and no right can be changed there"
        } else {
            ""
        };
        return writeln!(
            out,
            "{wish}: no right that could be given or taken does it{why}"
        );
    }
    writeln!(out, "{wish}, the least change first:")?;
    for (index, fix) in answer.fixes.iter().enumerate() {
        if index > 0 {
            writeln!(out, "{}", style.paint(Tone::Faint, "or"))?;
        }
        let effect = escape_prose(&effect(fix, report, answer, called));
        for line in called.commands(fix, answer, report.trail_of(answer)) {
            writeln!(out, "  {}", style.paint(Tone::Command, line))?;
        }
        for text in wrap(&effect, style.width().saturating_sub(6)) {
            writeln!(out, "      {}", style.paint(Tone::Faint, text))?;
        }
    }
    Ok(())
}

fn effect(fix: &Fix, report: &Report, answer: &Answer, called: &Called<'_>) -> String {
    let mut parts = Vec::new();
    let let_in = called.people(report, &fix.lets_in.users);
    if fix.lets_in.everyone {
        parts.push("lets everyone in".to_owned());
    } else if !let_in.is_empty() {
        parts.push(format!("lets in besides: {}", super::listed(&let_in)));
    } else {
        parts.push("lets nobody else in".to_owned());
    }
    let shut_out = called.people(report, &fix.shuts_out.users);
    if !shut_out.is_empty() {
        let whom = if fix.shuts_out.everyone {
            "everyone else who comes in as others"
        } else {
            "too"
        };
        parts.push(format!("shuts out {whom}: {}", super::listed(&shut_out)));
    }
    let replacing = called.replacing(fix, report, answer);
    if !replacing.is_empty() {
        parts.push(format!(
            "may then replace it, too: {}",
            super::listed(&replacing)
        ));
    } else if answer.connect && fix.replaces {
        parts.push("may still put a socket of their own there".to_owned());
    }
    let joins = |change: &Change| matches!(change, Change::Join(_));
    if fix.changes.iter().any(joins) {
        parts.push("gives them all else that the group may do".to_owned());
    }
    let is_entry = |change: &Change| matches!(change, Change::Entry { .. });
    if !answer.connect && fix.changes.iter().any(is_entry) {
        parts.push("an audit finds the ACL (acl-grants) until a rule says `acl: allow`".to_owned());
    }
    let lasts = if fix.durable {
        "outlives the socket file"
    } else {
        "is gone when the socket file is made anew"
    };
    parts.push(lasts.to_owned());
    if fix.changes.iter().any(|change| change.spot().is_none()) {
        parts.push("programs that run have to be started again".to_owned());
    }
    parts.join("; ")
}
