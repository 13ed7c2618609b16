//! Operands that mean something else where an option is given.

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

/// `VALUE PATH...`, or with `--from-policy` paths alone. `what` is the name of the value.
pub(super) fn value_and_paths<T: FromStr>(
    what: &str,
    from_policy: bool,
    first: Option<&OsStr>,
    rest: &[PathBuf],
) -> Result<(Option<T>, Vec<PathBuf>), String>
where
    T::Err: Display,
{
    let mut paths = rest.to_vec();
    let value = if from_policy {
        paths.splice(0..0, first.map(PathBuf::from));
        None
    } else {
        first
    };
    if paths.is_empty() {
        return Err("no PATH is given".to_owned());
    }
    checked(&paths)?;
    let value = value.map(|value| parsed(what, value)).transpose()?;
    Ok((value, paths))
}

/// Refuses what is hardly meant as a path.
pub(super) fn checked(paths: &[PathBuf]) -> Result<(), String> {
    for path in paths {
        if path.as_os_str().is_empty() {
            return Err("a PATH is empty".to_owned());
        }
        if path.as_os_str() == "-" {
            return Err("`-` is no path here; write ./- for a file of that name".to_owned());
        }
    }
    Ok(())
}

/// A value that is text.
fn parsed<T: FromStr>(what: &str, value: &OsStr) -> Result<T, String>
where
    T::Err: Display,
{
    let text = value
        .to_str()
        .ok_or_else(|| format!("{what} {}: it is not UTF-8", value.display()))?;
    text.parse()
        .map_err(|error| format!("{what} {text:?}: {error}"))
}
