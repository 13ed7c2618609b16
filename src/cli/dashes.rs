//! Where the `--` in front of a wrapped command is missing, or was taken for a value.

use std::ffi::{OsStr, OsString};

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::{definition, leaf_of_name};
use crate::model::shell::quote;

const DASHES: &str = "--";

/// What a command line of `wrap` that was not understood lacks, where it is that.
pub fn misplaced(arguments: &[OsString], error: &clap::Error) -> Option<String> {
    if let Some((option, before)) = taken(arguments) {
        let line = line(
            &[
                &arguments[..before],
                &["VALUE".into()],
                &arguments[before..],
            ]
            .concat(),
        );
        return Some(format!(
            "{} has taken -- for its value: write {line}",
            option.display()
        ));
    }
    let Some(ContextValue::String(unexpected)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    if error.kind() != ErrorKind::UnknownArgument || unexpected.starts_with('-') {
        return None;
    }
    // The same word may be the value of an option before it, where no command can begin.
    let mut places = (1..arguments.len()).filter(|&at| arguments[at] == unexpected.as_str());
    let line = places.find_map(|at| with_dashes(arguments, at));
    let line = line.map_or_else(
        || "sockctl wrap [OPTIONS] -- COMMAND".to_owned(),
        |words| self::line(&words),
    );
    Some(format!("put -- before the command: {line}"))
}

/// The first `--`, where the option in front of it wants a value; and its place.
fn taken(arguments: &[OsString]) -> Option<(&OsStr, usize)> {
    let at = arguments.iter().position(|word| word == DASHES)?;
    let option = arguments[..at].last()?;
    let mut wrap = leaf_of_name("wrap")?;
    wrap.build();
    let takes = wrap.get_arguments().any(|argument| {
        let long = argument.get_long().map(|name| format!("--{name}"));
        let short = argument.get_short().map(|letter| format!("-{letter}"));
        let names = [long, short];
        let is_it = names.iter().flatten().any(|name| option == name.as_str());
        is_it && argument.get_action().takes_values()
    });
    takes.then_some((option, at))
}

/// Where that is a command line that is understood.
fn with_dashes(arguments: &[OsString], at: usize) -> Option<Vec<OsString>> {
    let dashes = [OsString::from(DASHES)];
    let words = [&arguments[..at], &dashes, &arguments[at..]].concat();
    let is_good = definition().try_get_matches_from(&words).is_ok();
    is_good.then_some(words)
}

/// Without the directory that the program was called in.
fn line(words: &[OsString]) -> String {
    let words = words.iter().skip(1);
    let words: Vec<String> = words.map(|word| quote(word.as_encoded_bytes())).collect();
    format!("sockctl {}", words.join(" "))
}
