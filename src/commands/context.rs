//! What every command is given: the global options, resolved once.

use std::io::IsTerminal;

use serde::Serialize;

use crate::cli::{ColorChoice, Format, Global};
use crate::output::json;
use crate::output::style::{Color, Style};
use crate::sys;

use super::exit::UsageError;
use super::logging;
use super::results::Results;

/// The global options, resolved once.
pub(super) struct Context<'a> {
    pub(super) global: &'a Global,
}

impl<'a> Context<'a> {
    /// Sets up diagnostics.
    pub(super) fn new(global: &'a Global) -> anyhow::Result<Context<'a>> {
        let context = Context { global };
        logging::start(global)?;
        Ok(context)
    }

    /// Whether to colour what goes to a stream.
    pub(super) fn colors(&self, stream: &impl IsTerminal) -> bool {
        let choice = match self.global.color {
            Some(ColorChoice::Always) => Color::Always,
            Some(ColorChoice::Never) => Color::Never,
            Some(ColorChoice::Auto) | None => Color::Auto,
        };
        let variable = std::env::var_os;
        let (no_color, forced) = (variable("NO_COLOR"), variable("CLICOLOR_FORCE"));
        choice.is_on(no_color.as_deref(), forced.as_deref(), stream.is_terminal())
    }

    pub(super) fn format(&self) -> Format {
        self.global.format()
    }

    /// How results for people look on standard output.
    pub(super) fn style(&self) -> Style {
        Style::new(
            self.colors(&std::io::stdout()),
            sys::terminal::width_of(std::io::stdout()),
        )
    }

    /// Prints one JSON document, or one line of JSON lines.
    pub(super) fn print_json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        Results::write(|out| {
            if self.format() == Format::Jsonl {
                json::write_compact(&mut *out, value)?;
            } else {
                json::write_pretty(&mut *out, value)?;
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
