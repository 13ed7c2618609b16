//! Tests of single addresses, one line each.

use std::io::{self, Write as _};
use std::time::Duration;

use super::list::listener;
use crate::model::{Figures, Names, Peer, Probed, Socket, State};
use crate::output::escape::{escape, escape_prose};
use crate::output::style::{Style, Tone};
use crate::output::words::count;

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
    if let Some(received) = &probed.received {
        write!(out, ": {}", escape(received))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Inode, Latencies, Process, SocketName, SocketType, Uid};
    use crate::output::fixture::TestNames;

    fn probed(path: &str) -> Probed {
        let mut socket = Socket::named(SocketName::Path(path.into()));
        socket.inode = Some(Inode { dev: 1, ino: 2 });
        socket.kind = Some(SocketType::Stream);
        socket.state = State::Live;
        Probed {
            latency: Some(Duration::from_nanos(12_400)),
            peer: Some(Peer {
                pid: Some(1),
                uid: Uid::new(0),
            }),
            ..Probed::of(socket)
        }
    }

    fn line(probed: Probed) -> String {
        let mut out = Vec::new();
        write(&mut out, &[probed], &TestNames, Style::new(false, None)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_live_one_with_its_true_listener() {
        let mut activated = probed("/run/a.sock");
        activated.socket.holders = vec![
            Process {
                pid: 4121,
                uid: Uid::ROOT,
                exe: Some("/usr/bin/a\u{1b}pp".into()),
                comm: "app".to_owned(),
                unit: None,
            }
            .into(),
        ];
        assert_eq!(
            line(activated),
            "/run/a.sock: live, stream, 12 µs, peer 1/root, held by 4121/root/a\\x1bpp\n"
        );
    }

    #[test]
    fn where_a_link_leads() {
        let mut linked = probed("/run/link");
        linked.socket.resolved = Some("/run/a.sock".into());
        linked.latency = Some(Duration::from_micros(1500));
        assert_eq!(
            line(linked),
            "/run/link -> /run/a.sock: live, stream, 1.5 ms, peer 1/root\n"
        );
        let mut relative = probed("./app/a.sock");
        relative.socket.resolved = Some("/run/app/a.sock".into());
        assert!(line(relative).starts_with("./app/a.sock: live, "));
    }

    #[test]
    fn reasons_and_errors_are_one_line() {
        let mut failed = probed("/run/a\n.sock");
        failed.socket.state = State::Saturated;
        failed.socket.why = Some("its backlog\nis full".into());
        failed.error = Some("2 of 3 tests failed".to_owned());
        let micros = Duration::from_micros;
        failed.figures = Some(Figures {
            count: 3,
            failed: 2,
            latencies: Some(Latencies {
                min: micros(1),
                p50: micros(2),
                p90: micros(999),
                p99: micros(1000),
                max: micros(2_000_000),
            }),
        });
        assert_eq!(
            line(failed),
            "/run/a\\n.sock: saturated, stream, 3 tests, 2 failed, min 1 µs, p50 2 µs, p90 999 µs, \
             p99 1.0 ms, max 2.00 s, peer 1/root: its backlog is full: 2 of 3 tests failed\n"
        );
    }
}
