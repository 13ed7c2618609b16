//! Tests of single addresses, one line each.

use std::io::{self, Write as _};
use std::time::Duration;

use super::list::listener;
use super::wrap::count;
use crate::model::{Figures, Names, Peer, Probed, Socket, State};
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};

/// Writes `PATH: STATE, TYPE, LATENCY, peer PID/USER`, or why there is no more to say.
pub fn write(
    out: &mut dyn io::Write,
    probed: &[Probed],
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for probed in probed {
        write_one(&mut out, probed, names, style)?;
    }
    out.flush()
}

fn write_one(
    out: &mut impl io::Write,
    probed: &Probed,
    names: &dyn Names,
    style: Style,
) -> io::Result<()> {
    let socket = &probed.socket;
    write!(out, "{}", escape(&socket.name.to_bytes()))?;
    if let Some(real) = elsewhere(socket) {
        write!(out, " -> {}", escape(real))?;
    }
    let state = style.paint(Tone::State(socket.state), socket.state);
    write!(out, ": {state}")?;
    if let Some(kind) = socket.kind {
        write!(out, ", {kind}")?;
    }
    match probed.figures {
        Some(figures) => write_figures(out, figures)?,
        None => {
            if let Some(latency) = probed.latency {
                write!(out, ", {}", time(latency))?;
            }
        }
    }
    if let Some(status) = probed.http_status {
        write!(out, ", HTTP {status}")?;
    }
    if let Some(peer) = probed.peer {
        write!(out, ", peer {}", who(peer, names))?;
    }
    if let Some(process) = probed.true_listener() {
        write!(out, ", held by {}", listener(process, names))?;
    }
    // A silent test has nothing else to say of who is there.
    if let (Some(queue), Some(backlog), None) = (socket.queue, socket.backlog, probed.peer) {
        write!(out, ", queue {queue}/{backlog}")?;
    }
    // That somebody answered needs no reason.
    if let Some(why) = socket.why.as_ref().filter(|_| socket.state != State::Live) {
        write!(out, ": {}", style.paint(Tone::Faint, escape_prose(why)))?;
    }
    if let Some(error) = &probed.error {
        write!(out, ": {}", style.paint(Tone::Bad, escape_prose(error)))?;
    }
    writeln!(out)
}

/// Where the path leads to, where that is another one.
fn elsewhere(socket: &Socket) -> Option<&[u8]> {
    let real = socket.resolved.as_deref()?;
    let given = socket.name.as_path()?;
    // A relative path is the end of an absolute one.
    let given = given.strip_prefix(".").unwrap_or(given);
    (!real.ends_with(given)).then_some(real.as_os_str().as_encoded_bytes())
}

fn write_figures(out: &mut impl io::Write, figures: Figures) -> io::Result<()> {
    let tests = usize::try_from(figures.count).unwrap_or(usize::MAX);
    write!(out, ", {}", count(tests, "test", "tests"))?;
    if figures.failed > 0 {
        write!(out, ", {} failed", figures.failed)?;
    }
    let Some(latencies) = figures.latencies else {
        return Ok(());
    };
    for (name, latency) in [
        ("min", latencies.min),
        ("p50", latencies.p50),
        ("p90", latencies.p90),
        ("p99", latencies.p99),
        ("max", latencies.max),
    ] {
        write!(out, ", {name} {}", time(latency))?;
    }
    Ok(())
}

/// `pid/user`; the kernel shows no pid of a process that is in no pid namespace of ours.
fn who(peer: Peer, names: &dyn Names) -> String {
    let user = peer.uid.map(|uid| {
        names
            .user_name(uid)
            .map_or_else(|| uid.to_string(), |name| escape(name.as_bytes()).into())
    });
    let pid = peer.pid.map(|pid| pid.to_string());
    let unknown = || "?".to_owned();
    format!(
        "{}/{}",
        pid.unwrap_or_else(unknown),
        user.unwrap_or_else(unknown)
    )
}

/// With a unit that leaves one to three digits before the point.
fn time(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    if micros < 1e3 {
        format!("{micros:.0} µs")
    } else if micros < 1e6 {
        format!("{:.1} ms", micros / 1e3)
    } else {
        format!("{:.2} s", micros / 1e6)
    }
}
