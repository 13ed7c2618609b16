//! Colours and the width of the line.

use std::ffi::OsStr;
use std::fmt;

use anstyle::{AnsiColor, Style as Ansi};

use crate::model::{Severity, State};

/// What `--color` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Whether to colour. The option goes before `NO_COLOR`, that before `CLICOLOR_FORCE`, and an
    /// empty variable says nothing (no-color.org, bixense.com/clicolors).
    pub fn is_on(
        self,
        no_color: Option<&OsStr>,
        clicolor_force: Option<&OsStr>,
        is_terminal: bool,
    ) -> bool {
        let says = |value: Option<&OsStr>| value.is_some_and(|value| !value.is_empty());
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if says(no_color) => false,
            Color::Auto => {
                let forced = says(clicolor_force) && clicolor_force != Some(OsStr::new("0"));
                forced || is_terminal
            }
        }
    }
}

/// How text for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    color: bool,
    width: usize,
}

impl Style {
    /// Columns where the width is not known.
    pub const DEFAULT_WIDTH: usize = 80;
    /// Narrower than this nothing is wrapped any further.
    const MIN_WIDTH: usize = 40;

    /// `width`: the columns of the terminal, `None` where there is none.
    pub fn new(color: bool, width: Option<usize>) -> Style {
        let width = width
            .filter(|&width| width > 0)
            .unwrap_or(Style::DEFAULT_WIDTH);
        Style {
            color,
            width: width.max(Style::MIN_WIDTH),
        }
    }

    /// Columns of a line.
    pub fn width(self) -> usize {
        self.width
    }

    /// The text in a colour, if colours are on. The text is escaped already.
    pub fn paint<T: fmt::Display>(self, tone: Tone, text: T) -> Painted<T> {
        let ansi = if self.color { tone.ansi() } else { Ansi::new() };
        Painted { ansi, text }
    }
}

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A path that things are said about, a heading.
    Heading,
    /// Less important than the rest.
    Faint,
    /// A line to paste.
    Command,
    /// As it should be.
    Good,
    /// Not as it should be, or not known.
    Warning,
    /// Bad.
    Bad,
    /// As the severity has it.
    Severity(Severity),
    /// As the state has it.
    State(State),
}

impl Tone {
    fn ansi(self) -> Ansi {
        let color = |color: AnsiColor| Ansi::new().fg_color(Some(color.into()));
        match self {
            Tone::Heading => Ansi::new().bold(),
            Tone::Good | Tone::State(State::Live) => color(AnsiColor::Green),
            Tone::Command | Tone::Severity(Severity::Low) => color(AnsiColor::Cyan),
            Tone::Warning | Tone::Severity(Severity::Medium) => color(AnsiColor::Yellow),
            Tone::Bad | Tone::Severity(Severity::Critical) => color(AnsiColor::Red).bold(),
            Tone::Severity(Severity::High) => color(AnsiColor::Red),
            Tone::State(State::Saturated | State::NotListening | State::Stale) => {
                color(AnsiColor::Yellow)
            }
            Tone::State(State::Ghost | State::Foreign) => color(AnsiColor::Magenta),
            Tone::Faint | Tone::Severity(Severity::Info) | Tone::State(_) => Ansi::new().dimmed(),
        }
    }
}

/// Text with its colour round it.
#[derive(Debug, Clone, Copy)]
pub struct Painted<T> {
    ansi: Ansi,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}{}",
            self.ansi.render(),
            self.text,
            self.ansi.render_reset()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_then_the_environment_then_the_terminal() {
        let on = |color: Color, no: Option<&str>, force: Option<&str>, terminal| {
            color.is_on(no.map(OsStr::new), force.map(OsStr::new), terminal)
        };
        assert!(on(Color::Auto, None, None, true));
        assert!(!on(Color::Auto, None, None, false));
        assert!(!on(Color::Auto, Some("1"), Some("1"), true));
        assert!(on(Color::Auto, Some(""), None, true));
        assert!(on(Color::Auto, None, Some("1"), false));
        assert!(!on(Color::Auto, None, Some("0"), false));
        assert!(on(Color::Auto, None, Some("0"), true));
        assert!(on(Color::Always, Some("1"), None, false));
        assert!(!on(Color::Never, None, Some("1"), true));
    }

    #[test]
    fn no_colour_leaves_no_trace() {
        let plain = Style::new(false, None).paint(Tone::Bad, "text").to_string();
        assert_eq!(plain, "text");
        let red = Style::new(true, None).paint(Tone::Bad, "text").to_string();
        assert!(red.starts_with('\u{1b}') && red.ends_with("\u{1b}[0m"));
    }
}
