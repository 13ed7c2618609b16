//! Operands that mean something else where an option is given.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt::Display;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
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

/// Refuses what is hardly meant as the path of a file.
pub(super) fn checked(paths: &[PathBuf]) -> Result<(), String> {
    paths.iter().try_for_each(|path| check(path))
}

/// The same for one.
pub(super) fn check(path: &Path) -> Result<(), String> {
    let path = path.as_os_str().as_bytes();
    let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if path.is_empty() {
        return Err("a PATH is empty".to_owned());
    }
    if path == b"-" {
        return Err("`-` is no path here; write ./- for a file of that name".to_owned());
    }
    if path.starts_with(b"@") {
        return Err(format!(
            "`{0}`: an abstract socket has no file, and so no mode and no owner (everybody in its \
             network namespace can connect), and leaves nothing behind; write ./{0} for a file of \
             that name",
            shown(path)
        ));
    }
    match path.strip_prefix(b"unix:") {
        Some(rest) => Err(format!(
            "`{0}`: give the path itself, {1}; ./{0} for a file of that name",
            shown(path),
            shown(rest)
        )),
        None => Ok(()),
    }
}

/// Refuses a path that is given twice: the second one could only find what the first has made.
pub(super) fn each_once(paths: &[PathBuf]) -> Result<(), String> {
    let plain = |path: &Path| -> PathBuf {
        let parts = path.components();
        parts.filter(|part| *part != Component::CurDir).collect()
    };
    let mut seen = HashSet::with_capacity(paths.len());
    match paths.iter().find(|path| !seen.insert(plain(path))) {
        Some(twice) => Err(format!("{}: it is given twice", twice.display())),
        None => Ok(()),
    }
}

/// Refuses a word that was meant as the value of an option which takes one only behind a `=`.
pub(super) fn no_value_of<'a>(
    option: &str,
    is_value: impl Fn(&str) -> bool,
    mut words: impl Iterator<Item = &'a OsStr>,
) -> Result<(), String> {
    match words.find_map(|word| word.to_str().filter(|word| is_value(word))) {
        Some(word) => Err(format!(
            "`{word}` stands by itself: write {option}={word}, or ./{word} for a file of that name"
        )),
        None => Ok(()),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hardly_meant_as_a_path() {
        let refused = |path: &str| checked(&[PathBuf::from(path)]).err();
        for path in ["", "-", "@a", "unix:/run/a", "unix:@a"] {
            assert!(refused(path).is_some(), "{path:?}");
        }
        assert!(refused("unix:/run/a").unwrap().contains(", /run/a;"));
        for path in ["./-", "./@a", "./unix:a", "a@b", "/unix:a", "--"] {
            assert_eq!(refused(path), None, "{path:?}");
        }
    }

    #[test]
    fn each_path_is_given_once() {
        let given = |paths: &[&str]| {
            let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
            each_once(&paths)
        };
        assert!(given(&["a", "b", "./c", "/a"]).is_ok());
        for twice in [["a", "a"], ["./a", "a"], ["/x//a", "/x/./a"]] {
            assert!(given(&twice).is_err(), "{twice:?}");
        }
    }
}
