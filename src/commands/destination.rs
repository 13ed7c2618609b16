//! Where `--output` leads to: decided, and opened, before anything is looked at or changed.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::change::name::Named;
use crate::output::escape::escape;
use crate::sys::dir::{Dir, Facts, Kind, Pinned};
use crate::sys::new_file::NewFile;
use crate::sys::way::is_trustworthy;

use super::exit::UsageError;

/// As many links as the kernel follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// What results are written to.
#[derive(Debug)]
pub(super) enum Destination {
    Stdout,
    /// A FIFO, a terminal, or a descriptor that somebody passed on (`/dev/fd/63`).
    Open(File),
    /// A file that is there when it is whole.
    New(NewFile),
}

impl Destination {
    /// Opens what `path` leads to; `-` is standard output.
    ///
    /// # Errors
    ///
    /// [`UsageError`] for what results cannot be written to, or should not.
    pub(super) fn open(path: &Path) -> anyhow::Result<Destination> {
        if path == "-" {
            return Ok(Destination::Stdout);
        }
        let shown = || escape(path.as_os_str().as_encoded_bytes());
        follow(path).with_context(|| format!("cannot write results to {}", shown()))
    }
}

fn follow(path: &Path) -> anyhow::Result<Destination> {
    let mut place = path.to_owned();
    for _ in 0..=MOST_LINKS {
        match step(&place)? {
            Step::There(destination) => return Ok(destination),
            Step::Link(target) => place = target,
        }
    }
    Err(refused("too many links lead from one to the next"))
}

enum Step {
    There(Destination),
    Link(PathBuf),
}

fn step(path: &Path) -> anyhow::Result<Step> {
    let named = Named::new(path).map_err(|bad| refused(bad.to_string()))?;
    let dir = named.open_parent()?;
    let facts = match dir.facts_of(&named.name) {
        Ok(facts) => facts,
        Err(failure) if failure.is_missing() => return Ok(Step::There(new(dir, &named)?)),
        Err(failure) => return Err(failure.into()),
    };
    let there = match facts.kind {
        Kind::Regular => new(dir, &named)?,
        Kind::Other("symbolic link") => return link(path, &dir, &named, &facts),
        Kind::Other("FIFO" | "character device") => {
            let is_sticky = dir.facts()?.mode.bits() & 0o1000 != 0;
            if is_sticky && !is_trustworthy(facts.uid) {
                let why = "somebody else has put it there, where everyone can";
                return Err(refused(why));
            }
            Destination::Open(dir.pin(&named.name)?.open_to_write()?)
        }
        kind => return Err(refused(format!("it is a {}", kind.as_str()))),
    };
    Ok(Step::There(there))
}

fn new(dir: Dir, named: &Named) -> anyhow::Result<Destination> {
    Ok(Destination::New(NewFile::begin(dir, &named.name)?))
}

/// What a link leads to. One in /proc is a descriptor, whose file is not to be replaced but
/// written to, as `>&1` does.
fn link(path: &Path, dir: &Dir, named: &Named, facts: &Facts) -> anyhow::Result<Step> {
    if !is_trustworthy(facts.uid) {
        let why = "it is a link that belongs to somebody else; name what it leads to";
        return Err(refused(why));
    }
    if !dir.is_of_proc()? {
        let target = dir.read_link(&named.name)?;
        return Ok(Step::Link(named.parent.join(target)));
    }
    Ok(Step::There(if named.name.as_c_str() == c"1" {
        Destination::Stdout
    } else {
        Destination::Open(Pinned::open(path)?.open_to_write()?)
    }))
}

fn refused(why: impl Into<String>) -> anyhow::Error {
    UsageError(why.into()).into()
}
