//! Standard output, where results go and nothing else.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use anyhow::Context as _;

/// A buffered standard output that falls silent when its reader goes away: `sockctl audit | head`
/// ends like any filter, and still says by its exit status what it found.
pub(super) struct Results {
    out: BufWriter<StdoutLock<'static>>,
    reader_gone: bool,
}

impl Results {
    pub(super) fn new() -> Results {
        Results {
            out: BufWriter::new(io::stdout().lock()),
            reader_gone: false,
        }
    }

    /// Prints `text` and what is still in the buffer.
    pub(super) fn print(text: &str) -> anyhow::Result<()> {
        Results::write(|results| results.write_all(text.as_bytes()))
    }

    /// Lets `writer` write, then sees to it that everything has really been taken.
    pub(super) fn write(
        writer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        let mut results = Results::new();
        writer(&mut results)
            .and_then(|()| results.flush())
            .context("cannot write to standard output, so the results are incomplete")
    }

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

impl Write for Results {
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
