use std::process::{Command, ExitStatus, Output};
use std::time::Duration;

use super::Report;

/// A run that has ended. Each check shows the whole of it when it fails.
pub(crate) struct Done {
    line: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) took: Duration,
}

impl Done {
    pub(super) fn new(command: &Command, output: Output, took: Duration) -> Done {
        Done {
            line: format!("{command:?}"),
            status: output.status,
            stdout: output.stdout,
            stderr: output.stderr,
            took,
        }
    }

    /// Everything there is to know about the run, for a failing test.
    pub(crate) fn shown(&self) -> String {
        format!(
            "{}\n{} after {:?}\n--- stdout\n{}--- stderr\n{}",
            self.line,
            self.status,
            self.took,
            self.out(),
            self.err(),
        )
    }

    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Done {
        assert_eq!(self.status.code(), Some(expected), "{}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn stdout_has(self, text: &str) -> Done {
        assert!(
            self.out().contains(text),
            "no {text:?} in\n{}",
            self.shown()
        );
        self
    }

    #[track_caller]
    pub(crate) fn stderr_has(self, text: &str) -> Done {
        assert!(
            self.err().contains(text),
            "no {text:?} in\n{}",
            self.shown()
        );
        self
    }

    #[track_caller]
    pub(crate) fn no_stdout(self) -> Done {
        assert!(self.stdout.is_empty(), "{}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn no_stderr(self) -> Done {
        assert!(self.stderr.is_empty(), "{}", self.shown());
        self
    }

    #[track_caller]
    pub(crate) fn report(&self) -> Report {
        let value = serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON ({error}):\n{}", self.shown()));
        Report::new(value)
    }
}
