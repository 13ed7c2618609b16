//! `audit --baseline`: an earlier report, read before anything is looked at.

use std::path::Path;

use crate::judge::baseline::Baseline;
use crate::output::escape::{escape, escape_lines};
use crate::sys::policy_files;

use super::context::Context;
use super::exit::UsageError;
use super::policies;

/// The largest report that is read, in bytes: some hundred thousand sockets.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Reads a report. It decides what is not told, so it is trusted by the rule for policies.
///
/// # Errors
///
/// [`UsageError`] with the file, and the line where there is one.
pub(super) fn read(context: &Context<'_>, path: &Path) -> anyhow::Result<Baseline> {
    let refused = |why: &str| {
        let path = escape(path.as_os_str().as_encoded_bytes());
        UsageError(format!(
            "cannot use the baseline {path}: {}; nothing was looked at",
            escape_lines(why)
        ))
    };
    let trust = policies::trust(context);
    let (text, _) = policy_files::read_trusted(path, &trust, LARGEST)
        .map_err(|problem| refused(&problem.to_string()))?;
    Ok(Baseline::parse(&text).map_err(|why| refused(&why.to_string()))?)
}
