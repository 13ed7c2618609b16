//! Diagnostics on stderr: how much of them, and in which form.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;

use crate::cli::{Global, LogFormat};
use crate::model::untrusted::is_showable;
use crate::output::json;
use crate::sys::fds;

use super::clock;
use super::exit::UsageError;

/// The target of text that is fit for a terminal already, and stands there as it is.
pub(super) const RENDERED: &str = "sockctl::rendered";

/// Sets up diagnostics for the rest of the run. `$SOCKCTL_LOG` goes before `-q` and `-v`.
///
/// # Errors
///
/// Where that is no filter. It can then be said all the same.
pub(super) fn start(global: &Global) -> anyhow::Result<()> {
    let (filter, mistake) = match std::env::var_os("SOCKCTL_LOG") {
        Some(filter) if !filter.is_empty() => match parse(&filter) {
            Ok(targets) => (Filter::Targets(targets), None),
            Err(mistake) => (Filter::Level(level(global)), Some(mistake)),
        },
        _ => (Filter::Level(level(global)), None),
    };
    let json = is_json(global);
    tracing::subscriber::set_global_default(Diagnostics { filter, json })?;
    mistake.map_or(Ok(()), Err)
}

/// From here on nobody waits for whoever reads stderr: a parent has signals to pass on, and its
/// command may have stopped their common terminal.
pub(super) fn never_wait() {
    NEVER_WAIT.store(true, Ordering::Relaxed);
}

static NEVER_WAIT: AtomicBool = AtomicBool::new(false);

/// How many lines there was no room for.
static LOST: AtomicU64 = AtomicU64::new(0);

/// As much as a pipe takes at once where there is room at all (PIPE_BUF).
const PIECE: usize = 4096;

struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !NEVER_WAIT.load(Ordering::Relaxed) {
            return io::stderr().write(line);
        }
        if !fds::has_room(io::stderr()) {
            LOST.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        match LOST.swap(0, Ordering::Relaxed) {
            0 => {}
            lost => {
                let what = format!("sockctl: warning: {lost} lines were lost: nobody read them\n");
                io::stderr().write_all(what.as_bytes())?;
                return self.write(line);
            }
        }
        io::stderr().write(&line[..line.len().min(PIECE)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether diagnostics are for machines.
pub(super) fn is_json(global: &Global) -> bool {
    global.log_format == Some(LogFormat::Json)
}

fn level(global: &Global) -> LevelFilter {
    match i16::from(global.verbose) - i16::from(global.quiet) {
        ..=-2 => LevelFilter::OFF,
        -1 => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

fn parse(filter: &OsStr) -> anyhow::Result<Targets> {
    let text = filter.to_string_lossy();
    text.parse().map_err(|error| {
        UsageError(format!(
            "$SOCKCTL_LOG is no filter ({error}); an example: sockctl=debug"
        ))
        .into()
    })
}

/// Writes events as they come: `sockctl: what happened key=value`, or an object of JSON on a line.
/// There are no spans.
struct Diagnostics {
    filter: Filter,
    json: bool,
}

enum Filter {
    Level(LevelFilter),
    Targets(Targets),
}

impl Subscriber for Diagnostics {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        match &self.filter {
            Filter::Level(most) => metadata.level() <= most,
            Filter::Targets(targets) => targets.would_enable(metadata.target(), metadata.level()),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        match &self.filter {
            Filter::Level(most) => Some(*most),
            Filter::Targets(_) => None,
        }
    }

    fn event(&self, event: &Event<'_>) {
        let mut told = Told::default();
        event.record(&mut told);
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        let line = if self.json {
            as_json(level, target, told)
        } else if target == RENDERED {
            Ok(told.message)
        } else {
            as_text(level, &told)
        };
        // Where stderr is gone there is nowhere to say so.
        let _ = line.map(|line| Stderr.write_all((line + "\n").as_bytes()));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What an event says.
#[derive(Default)]
struct Told {
    message: String,
    /// In the order in which they stand in the source.
    fields: Vec<(&'static str, Value)>,
}

impl Told {
    fn add(&mut self, field: &Field, value: Value) {
        self.fields.push((field.name(), value));
    }
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        } else {
            self.add(field, format!("{value:?}").into());
        }
    }
}

/// An error is a line as every program writes it.
fn as_text(level: Level, told: &Told) -> Result<String, fmt::Error> {
    let mut out = String::from(match level {
        Level::ERROR => "sockctl: ",
        Level::WARN => "sockctl: warning: ",
        Level::INFO => "sockctl: info: ",
        Level::DEBUG => "sockctl: debug: ",
        Level::TRACE => "sockctl: trace: ",
    });
    write_safely(&mut out, &told.message)?;
    for (name, value) in &told.fields {
        write!(out, " {name}=")?;
        match value {
            Value::String(text) => write_safely(&mut out, text)?,
            other => write!(out, "{other}")?,
        }
    }
    Ok(out)
}

/// Whatever is quoted in it, it stays one line and moves no cursor.
fn write_safely(out: &mut String, text: &str) -> fmt::Result {
    for character in text.chars() {
        match character {
            '\n' => out.write_str("\\n")?,
            _ if is_showable(character) => out.write_char(character)?,
            _ if character.is_ascii() => write!(out, "\\x{:02x}", u32::from(character))?,
            _ => write!(out, "{}", character.escape_unicode())?,
        }
    }
    Ok(())
}

fn as_json(level: Level, target: &str, told: Told) -> Result<String, fmt::Error> {
    let level = level.as_str().to_lowercase();
    let mut object = Object(vec![
        ("time", clock::now().into()),
        ("level", level.into()),
        ("target", target.into()),
        ("message", told.message.into()),
    ]);
    object.0.extend(told.fields);
    let mut line = Vec::new();
    json::write_compact(&mut line, &object).map_err(|_| fmt::Error)?;
    String::from_utf8(line).map_err(|_| fmt::Error)
}

/// A JSON object that keeps its order.
struct Object(Vec<(&'static str, Value)>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
