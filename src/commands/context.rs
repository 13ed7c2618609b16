//! What every command is given: the global options, resolved once.

use std::io::IsTerminal;

use serde::Serialize;

use crate::cli::{Cli, ColorChoice, Command, CommonFormat, Format, Global};
use crate::output::json;
use crate::output::style::{Color, Style};
use crate::sys;

use super::exit::UsageError;
use super::logging;
use super::results::Results;

/// The global options, resolved once.
pub(super) struct Context<'a> {
    pub(super) global: &'a Global,
    pub(super) results: Results,
}

impl<'a> Context<'a> {
    /// Sets up diagnostics, and opens what results are written to.
    ///
    /// # Errors
    /// Also where the command does not have the format asked for.
    pub(super) fn new(cli: &'a Cli) -> anyhow::Result<Context<'a>> {
        let global = &cli.global;
        logging::start(global)?;
        refuse_format(&cli.command, global.format())?;
        let results = Results::open(global.output.as_deref())?;
        Ok(Context { global, results })
    }

    /// Whether to colour what goes to a terminal, or to something else.
    pub(super) fn colors(&self, is_terminal: bool) -> bool {
        let choice = match self.global.color {
            Some(ColorChoice::Always) => Color::Always,
            Some(ColorChoice::Never) => Color::Never,
            Some(ColorChoice::Auto) | None => Color::Auto,
        };
        let variable = std::env::var_os;
        let (no_color, forced) = (variable("NO_COLOR"), variable("CLICOLOR_FORCE"));
        choice.is_on(no_color.as_deref(), forced.as_deref(), is_terminal)
    }

    /// The format, for a command that has no others than those that all have.
    pub(super) fn format(&self) -> CommonFormat {
        self.global.format().common().unwrap_or(CommonFormat::Human)
    }

    /// How results for people look where they go.
    pub(super) fn style(&self) -> Style {
        let on_stdout = self.results.are_on_stdout();
        let width = on_stdout
            .then(|| sys::terminal::width_of(std::io::stdout()))
            .flatten();
        let is_terminal = on_stdout && std::io::stdout().is_terminal();
        Style::new(self.colors(is_terminal), width)
    }

    /// Prints a text.
    pub(super) fn print(&self, text: &str) -> anyhow::Result<()> {
        self.results.write(|out| out.write_all(text.as_bytes()))
    }

    /// Prints JSON lines.
    pub(super) fn print_lines<T: Serialize>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> anyhow::Result<()> {
        self.results.write(|out| {
            values.into_iter().try_for_each(|value| {
                json::write_compact(&mut *out, &value)?;
                out.write_all(b"\n")
            })
        })
    }

    /// Prints one JSON document, or one line of JSON lines.
    pub(super) fn print_json(&self, value: &impl Serialize) -> anyhow::Result<()> {
        self.results.write(|out| {
            if self.format() == CommonFormat::Jsonl {
                json::write_compact(&mut *out, value)?;
            } else {
                json::write_pretty(&mut *out, value)?;
            }
            out.write_all(b"\n")
        })
    }

    /// Whether stderr is to stay as it is.
    pub(super) fn is_quiet(&self) -> bool {
        self.global.quiet > 0
    }
}

/// Refuses a format that the command does not have, with those that it has.
fn refuse_format(command: &Command, format: Format) -> Result<(), UsageError> {
    let (name, formats) = (command.name(), command.formats());
    if formats.contains(&format) {
        return Ok(());
    }
    let words: Vec<&str> = formats.iter().map(|format| format.as_str()).collect();
    let (words, format) = (words.join(", "), format.as_str());
    Err(UsageError(format!(
        "{name} has no format {format}; -f takes here: {words}"
    )))
}
