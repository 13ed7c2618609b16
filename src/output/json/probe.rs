//! Tests of single addresses, with the field names that every document has for a socket.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Head;
use super::socket::{SocketJson, Text, hex_unless_text};
use crate::model::{Figures, Latencies, Names, Peer, Probed, Run, Survey};

/// Writes `probe -f json`.
pub fn write(
    out: &mut dyn io::Write,
    run: &Run,
    probed: &[Probed],
    names: &dyn Names,
) -> io::Result<()> {
    let document = Document {
        head: Head::new(run, &Survey::default()),
        sockets: All { probed, names },
    };
    super::write(out, &document)
}

/// Writes `probe -f jsonl`: a line for each address, and a `summary`.
pub fn write_lines(
    out: &mut dyn io::Write,
    run: &Run,
    probed: &[Probed],
    names: &dyn Names,
) -> io::Result<()> {
    let mut out = io::BufWriter::new(out);
    for probed in probed {
        super::write_line(&mut out, &Line::Socket(ProbedJson::new(probed, names)))?;
    }
    let head = Head::new(run, &Survey::default());
    super::write_line(&mut out, &Line::Summary(head))?;
    out.flush()
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    sockets: All<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[allow(clippy::large_enum_variant)] // one at a time, on the stack
enum Line<'a> {
    Socket(ProbedJson<'a>),
    Summary(Head<'a>),
}

/// Each is made when its turn comes.
struct All<'a> {
    probed: &'a [Probed],
    names: &'a dyn Names,
}

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.probed.iter();
        serializer.collect_seq(all.map(|probed| ProbedJson::new(probed, self.names)))
    }
}

#[derive(Serialize)]
struct ProbedJson<'a> {
    #[serde(flatten)]
    socket: SocketJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<Resolved<'a>>,
    latency_us: Option<f64>,
    peer: Option<PeerJson>,
    error: Option<&'a str>,
    #[serde(flatten)]
    received: Option<Received<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<FiguresJson>,
}

/// Where the address really leads.
#[derive(Serialize)]
struct Resolved<'a> {
    #[serde(flatten)]
    path: Text<'a>,
}

/// What came in place of the answer expected.
#[derive(Serialize)]
struct Received<'a> {
    received: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_hex: Option<String>,
}

impl<'a> Received<'a> {
    fn new(bytes: &'a [u8]) -> Received<'a> {
        Received {
            received: String::from_utf8_lossy(bytes),
            received_hex: hex_unless_text(bytes),
        }
    }
}

#[derive(Serialize)]
struct PeerJson {
    pid: Option<u32>,
    uid: Option<u32>,
    user: Option<String>,
}

#[derive(Serialize)]
struct FiguresJson {
    count: u32,
    failed: u32,
    #[serde(flatten)]
    latencies: Option<LatenciesJson>,
}

#[derive(Serialize)]
#[allow(clippy::struct_field_names)] // a unit is part of each name
struct LatenciesJson {
    min_us: f64,
    p50_us: f64,
    p90_us: f64,
    p99_us: f64,
    max_us: f64,
}

impl<'a> ProbedJson<'a> {
    fn new(probed: &'a Probed, names: &dyn Names) -> ProbedJson<'a> {
        let resolved = probed.socket.resolved.as_deref();
        ProbedJson {
            socket: SocketJson::new(&probed.socket, None, names),
            resolved: resolved.map(|path| Resolved {
                path: Text::of_path(path),
            }),
            latency_us: probed.latency.map(micros),
            peer: probed.peer.map(|peer| PeerJson::new(peer, names)),
            error: probed.error.as_deref(),
            received: probed.received.as_deref().map(Received::new),
            http_status: probed.http_status,
            figures: probed.figures.map(FiguresJson::new),
        }
    }
}

impl PeerJson {
    fn new(peer: Peer, names: &dyn Names) -> PeerJson {
        PeerJson {
            pid: peer.pid,
            uid: peer.uid.map(crate::model::Uid::as_raw),
            user: peer.uid.and_then(|uid| names.user_name(uid)),
        }
    }
}

impl FiguresJson {
    fn new(figures: Figures) -> FiguresJson {
        let latencies = |latencies: Latencies| LatenciesJson {
            min_us: micros(latencies.min),
            p50_us: micros(latencies.p50),
            p90_us: micros(latencies.p90),
            p99_us: micros(latencies.p99),
            max_us: micros(latencies.max),
        };
        FiguresJson {
            count: figures.count,
            failed: figures.failed,
            latencies: figures.latencies.map(latencies),
        }
    }
}

/// Microseconds with one digit behind the point.
fn micros(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e7).round() / 10.0
}
