//! `audit -f nagios` where there is no answer: whoever runs it reads standard output and knows four
//! exit statuses, of which 2 is an alarm and not a wrong option.

use std::ffi::OsString;
use std::io::{self, Write as _};

use crate::cli::{Cli, Command, Format, Global};
use crate::output::nagios::{self, Service};

use super::exit::Exit;

/// Whether this is such a run.
pub(super) fn is_plugin(cli: &Cli) -> bool {
    matches!(cli.command, Command::Audit(_)) && is_meant(&cli.global)
}

/// Whether the options ask for that.
pub(super) fn is_meant(global: &Global) -> bool {
    global.format() == Format::Nagios
}

/// The same of a command line that could not be understood.
pub(super) fn looks_like_plugin(arguments: &[OsString]) -> bool {
    let words: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    let is_short = |word: &str| word.starts_with('-') && !word.starts_with("--");
    let is_pair = |pair: &[&str]| {
        pair[1] == "nagios"
            && (pair[0] == "--format" || is_short(pair[0]) && pair[0].ends_with('f'))
    };
    let is_one =
        |word: &&str| *word == "--format=nagios" || is_short(word) && word.ends_with("fnagios");
    words.contains(&"audit") && (words.windows(2).any(is_pair) || words.iter().any(is_one))
}

/// Says on standard output why there is no answer; it has been said on stderr.
pub(super) fn unknown(why: &str) -> Exit {
    let mut out = io::stdout().lock();
    // Nobody is left to be told that nobody reads this.
    drop(nagios::unknown(&mut out, why).and_then(|()| out.flush()));
    Exit::Plugin(Service::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_known_by_its_words() {
        let looks = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            looks_like_plugin(&words)
        };
        for line in [
            "sockctl audit -f nagios --oops",
            "sockctl -qf nagios audit",
            "sockctl audit -fnagios",
            "sockctl --format nagios audit",
            "sockctl audit --format=nagios",
        ] {
            assert!(looks(line), "{line}");
        }
        for line in [
            "sockctl list -f nagios",
            "sockctl audit -f json nagios",
            "sockctl audit --of nagios",
            "sockctl audit",
        ] {
            assert!(!looks(line), "{line}");
        }
    }
}
