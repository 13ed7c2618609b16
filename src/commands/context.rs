//! What every command is given: the global options, resolved once.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;

use crate::cli::{ColorChoice, Format, Global};
use crate::output::style::Style;
use crate::sys;

use super::exit::UsageError;
use super::logging;
use super::results::Results;

/// The global options, resolved once.
pub(super) struct Context<'a> {
    pub(super) global: &'a Global,
    color: bool,
}

impl<'a> Context<'a> {
    /// Decides about colours, and sets up diagnostics.
    pub(super) fn new(global: &'a Global) -> anyhow::Result<Context<'a>> {
        let color = |is_terminal| wants_color(global.color, is_terminal);
        logging::start(global, color(std::io::stderr().is_terminal()))?;
        Ok(Context { global, color: color(std::io::stdout().is_terminal()) })
    }

    pub(super) fn format(&self) -> Format {
        self.global.format()
    }

    /// How results for people look on standard output.
    pub(super) fn style(&self) -> Style {
        Style::new(self.color, sys::terminal::width_of_stdout())
    }

    /// Prints one JSON document, or one line of JSON lines.
    pub(super) fn print_json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        Results::write(|out| {
            if self.format() == Format::Jsonl {
                serde_json::to_writer(&mut *out, value)?;
            } else {
                serde_json::to_writer_pretty(&mut *out, value)?;
            }
            out.write_all(b"\n")
        })
    }

    /// Refuses a format that the command does not have.
    pub(super) fn only_for_people(&self, command: &str) -> anyhow::Result<()> {
        match self.format() {
            Format::Human => Ok(()),
            _ => Err(UsageError(format!("{command} prints text; leave -f out")).into()),
        }
    }

    /// Whether stderr is to stay as it is.
    pub(super) fn is_quiet(&self) -> bool {
        self.global.quiet > 0
    }
}

fn wants_color(choice: Option<ColorChoice>, is_terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match choice.unwrap_or(ColorChoice::Auto) {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE") => {
            std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0")
        }
        ColorChoice::Auto => is_terminal && std::env::var_os("TERM").is_some_and(|t| t != "dumb"),
    }
}
