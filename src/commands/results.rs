//! Where results go, and nothing else: standard output, or what `--output` names.

use std::cell::RefCell;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};

use crate::output::escape::escape;

use super::destination::Destination;

/// What the results of a run are written to, all at once.
pub(super) struct Results {
    /// `None` when they have been.
    destination: RefCell<Option<Destination>>,
    path: Option<PathBuf>,
}

impl Results {
    /// Opens what `--output` names, else standard output.
    pub(super) fn open(output: Option<&Path>) -> anyhow::Result<Results> {
        let destination = match output {
            Some(path) => Destination::open(path)?,
            None => Destination::Stdout,
        };
        let is_stdout = matches!(destination, Destination::Stdout);
        Ok(Results {
            destination: RefCell::new(Some(destination)),
            path: output.filter(|_| !is_stdout).map(Path::to_owned),
        })
    }

    /// Whether they go to standard output, whatever that is.
    pub(super) fn are_on_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Lets `writer` write all of them, then sees to it that everything has really been taken. A
    /// run does that once.
    pub(super) fn write(
        &self,
        writer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let destination = self.destination.take();
        let destination = destination.ok_or_else(|| anyhow!("the results were written before"))?;
        let whole = matches!(destination, Destination::New(_));
        match destination {
            Destination::Stdout => stream(io::stdout().lock(), writer),
            Destination::Open(file) => stream(file, writer),
            Destination::New(mut file) => {
                let mut out = BufWriter::new(&mut file);
                let written = writer(&mut out).and_then(|()| out.flush());
                // What it could not write is not tried again.
                drop(out.into_parts());
                written.and_then(|()| file.publish())
            }
        }
        .with_context(|| self.failed(whole))
    }

    fn failed(&self, whole: bool) -> String {
        let path = self.path.as_ref().map(|path| path.as_os_str());
        let path = path.map_or("standard output".into(), |path| {
            escape(path.as_encoded_bytes())
        });
        if whole {
            format!("cannot write the results to {path}, which is left as it was")
        } else {
            format!("cannot write to {path}, so the results are incomplete")
        }
    }

    /// Ends a run that came to an answer: a file is there then, if only an empty one.
    pub(super) fn finish(&self) -> anyhow::Result<()> {
        if self.destination.borrow().is_some() && !self.are_on_stdout() {
            return self.write(|_| Ok(()));
        }
        Ok(())
    }
}

fn stream(
    out: impl Write,
    writer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = Stream {
        out: BufWriter::new(out),
        reader_gone: false,
    };
    writer(&mut out).and_then(|()| out.flush())
}

/// Falls silent when its reader goes away: `sockctl audit | head` ends like any filter, and still
/// says by its exit status what it found.
struct Stream<W: Write> {
    out: BufWriter<W>,
    reader_gone: bool,
}

impl<W: Write> Stream<W> {
    fn unless_reader_gone<T>(&mut self, outcome: io::Result<T>, otherwise: T) -> io::Result<T> {
        match outcome {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.reader_gone = true;
                Ok(otherwise)
            }
            outcome => outcome,
        }
    }
}

impl<W: Write> Write for Stream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.reader_gone {
            return Ok(bytes.len());
        }
        let outcome = self.out.write(bytes);
        self.unless_reader_gone(outcome, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.reader_gone {
            return Ok(());
        }
        let outcome = self.out.flush();
        self.unless_reader_gone(outcome, ())
    }
}
