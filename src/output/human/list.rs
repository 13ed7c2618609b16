//! The inventory as a table.

use std::io;

use super::table::{self, Cell};
use crate::model::{Names, Process, Socket, Survey};
use crate::output::escape::escape;
use crate::output::style::{Style, Tone};
use crate::output::words::{count, program};

/// Writes a line for each socket, sorted as the survey is. A column for the network namespace is
/// there only where one is another than ours. What could not be looked at is not in it: see
/// [`super::places`].
pub fn write(
    out: &mut dyn io::Write,
    survey: &Survey,
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    if survey.sockets.is_empty() {
        return writeln!(out, "{}", nothing_found(survey));
    }
    let with_netns = survey.sockets.iter().any(|socket| socket.netns.is_some());
    let mut headings = vec!["TYPE", "STATE", "MODE", "OWNER", "QUEUE", "LISTENER"];
    if with_netns {
        headings.push("NETNS");
    }
    headings.push("PATH");
    let rows: Vec<Vec<Cell>> = survey
        .sockets
        .iter()
        .map(|socket| row(socket, names, with_netns))
        .collect();
    let mut out = io::BufWriter::new(out);
    table::write(&mut out, style, &headings, &rows)?;
    io::Write::flush(&mut out)
}

/// Says plainly that there was nothing, and where.
pub(super) fn nothing_found(survey: &Survey) -> String {
    let roots: Vec<_> = survey
        .roots
        .iter()
        .map(|root| escape(root.given.as_os_str().as_encoded_bytes()))
        .collect();
    if roots.is_empty() {
        return "no socket found".to_owned();
    }
    let entries = usize::try_from(survey.entries).unwrap_or(usize::MAX);
    format!(
        "no socket found below {} ({} seen)",
        roots.join(", "),
        count(entries, "entry", "entries")
    )
}

fn row(socket: &Socket, names: &dyn Names, with_netns: bool) -> Vec<Cell> {
    let absent = || Cell::toned(Tone::Faint, "-");
    let text = |text: Option<String>| text.map_or_else(absent, Cell::plain);
    let mut cells = vec![
        text(socket.kind.map(|kind| kind.to_string())),
        Cell::toned(Tone::State(socket.state), socket.state.as_str()),
        text(mode(socket)),
        text(owner(socket, names)),
        Cell::right(queue(socket).unwrap_or_else(|| "-".to_owned())),
        text(socket.listener().map(|process| listener(process, names))),
    ];
    if with_netns {
        cells.push(text(socket.netns.map(|netns| netns.to_string())));
    }
    cells.push(Cell::plain(escape(&socket.name.to_bytes())));
    cells
}

/// As `ls -l` has it, with a `+` where the ACL says more.
pub(super) fn mode(socket: &Socket) -> Option<String> {
    let acl = if socket.acl.more().is_some() { "+" } else { "" };
    Some(format!("{}{acl}", socket.mode?.to_ls('s')))
}

/// `user:group`, by number where there is no name.
pub(super) fn owner(socket: &Socket, names: &dyn Names) -> Option<String> {
    let user = socket
        .uid
        .map(|uid| names.user_name(uid).unwrap_or_else(|| uid.to_string()))?;
    let group = socket
        .gid
        .map(|gid| names.group_name(gid).unwrap_or_else(|| gid.to_string()))?;
    Some(format!(
        "{}:{}",
        escape(user.as_bytes()),
        escape(group.as_bytes())
    ))
}

/// `waiting/backlog`; a datagram socket has no backlog.
fn queue(socket: &Socket) -> Option<String> {
    match (socket.queue, socket.backlog) {
        (Some(queue), Some(backlog)) => Some(format!("{queue}/{backlog}")),
        (Some(queue), None) => Some(queue.to_string()),
        (None, _) => None,
    }
}

/// `pid/user/program`.
pub(super) fn listener(process: &Process, names: &dyn Names) -> String {
    let user = names
        .user_name(process.uid)
        .unwrap_or_else(|| process.uid.to_string());
    format!(
        "{}/{}/{}",
        process.pid,
        escape(user.as_bytes()),
        escape(program(process))
    )
}
