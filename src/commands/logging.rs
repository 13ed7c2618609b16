//! Diagnostics on stderr: how much of them, and in which form.

use std::ffi::OsStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::cli::{Global, LogFormat};

use super::exit::UsageError;

/// Sets up diagnostics for the rest of the run. `$SOCKCTL_LOG` goes before `-q` and `-v`.
pub(super) fn start(global: &Global, color: bool) -> anyhow::Result<()> {
    let builder = fmt()
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .with_target(false);
    let json = global.log_format == Some(LogFormat::Json);
    match std::env::var_os("SOCKCTL_LOG") {
        Some(filter) if !filter.is_empty() => {
            let builder = builder.with_env_filter(parse(&filter)?);
            if json {
                builder.json().init();
            } else {
                builder.without_time().init();
            }
        }
        _ => {
            let builder = builder.with_max_level(level(global));
            if json {
                builder.json().init();
            } else {
                builder.without_time().init();
            }
        }
    }
    Ok(())
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

fn parse(filter: &OsStr) -> anyhow::Result<EnvFilter> {
    let text = filter.to_string_lossy();
    EnvFilter::try_new(&*text).map_err(|error| {
        UsageError(format!(
            "$SOCKCTL_LOG is no filter ({error}); an example: sockctl=debug"
        ))
        .into()
    })
}
