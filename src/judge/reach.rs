//! Which part of the host a pattern speaks of, and whether an audit looked there.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::model::{Pattern, SocketName, Survey};

/// The beginning of a pattern up to the first character with a meaning.
pub(super) fn literal_prefix(pattern: &Pattern) -> &str {
    let text = pattern.as_str();
    let end = text
        .find(['*', '?', '[', '{', '<', '\\'])
        .unwrap_or(text.len());
    &text[..end]
}

/// Whether the pattern is one name and nothing else.
pub(super) fn is_literal(pattern: &Pattern) -> bool {
    literal_prefix(pattern).len() == pattern.as_str().len()
}

/// Whether the pattern speaks of abstract names.
pub(super) fn is_abstract(pattern: &Pattern) -> bool {
    pattern.as_str().starts_with('@')
}

/// The path itself where the pattern is one, else the directory below which all of its matches are.
pub(super) fn base(pattern: &Pattern) -> &Path {
    let prefix = literal_prefix(pattern);
    if is_literal(pattern) {
        return Path::new(prefix);
    }
    match prefix.rfind('/') {
        Some(0) => Path::new("/"),
        Some(slash) => Path::new(&prefix[..slash]),
        None => Path::new(""),
    }
}

/// Whether the pattern can match anything that the audit was asked to look at.
pub(super) fn may_reach(pattern: &Pattern, survey: &Survey) -> bool {
    if is_abstract(pattern) {
        return survey.abstract_names;
    }
    let prefix = literal_prefix(pattern);
    let below = |root: &Path| {
        let root_is_matched = root.as_os_str().as_bytes().starts_with(prefix.as_bytes());
        Path::new(prefix).starts_with(root) || (!is_literal(pattern) && root_is_matched)
    };
    survey
        .roots
        .iter()
        .any(|root| below(&root.given) || below(&root.real))
}

/// Whether the audit saw every socket that the pattern could match.
pub(super) fn saw_all_of(pattern: &Pattern, survey: &Survey) -> bool {
    if is_abstract(pattern) {
        return survey.abstract_names;
    }
    let base = base(pattern);
    survey.covers(base) && !survey.is_blind_to(base)
}

/// A pattern as the subject of a finding.
pub(super) fn subject(pattern: &Pattern) -> SocketName {
    match pattern.as_str().strip_prefix('@') {
        Some(name) => SocketName::Abstract(name.as_bytes().to_vec()),
        None => SocketName::from(OsStr::new(pattern.as_str())),
    }
}

/// Whether the pattern matches this name, or the path that it really is.
pub(super) fn matches(pattern: &Pattern, name: &SocketName, resolved: Option<&Path>) -> bool {
    let is_path = matches!(name, SocketName::Path(_));
    if is_path == is_abstract(pattern) {
        return false;
    }
    let misleads = resolved.is_some() && name.goes_up();
    (!misleads && pattern.matches(&name.to_bytes()))
        || resolved.is_some_and(|path| pattern.matches(path.as_os_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Root, SkipReason, Skipped};

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    fn survey(root: &str) -> Survey {
        Survey {
            roots: vec![Root {
                given: root.into(),
                real: root.into(),
            }],
            ..Survey::default()
        }
    }

    #[test]
    fn a_pattern_reaches_what_can_be_below_a_root() {
        let reaches = |glob: &str, root: &str| may_reach(&pattern(glob), &survey(root));
        assert!(reaches("/run/app/*.sock", "/run"));
        assert!(reaches("/run/app/*.sock", "/run/app"));
        assert!(reaches("/run/**/a.sock", "/run/deep/down"));
        assert!(reaches("/run/a.sock", "/run/a.sock"));
        assert!(reaches("**/a.sock", "/tmp"));
        assert!(!reaches("/run/application.sock", "/run/app"));
        assert!(!reaches("/run", "/run/app"));
        assert!(!reaches("/srv/*.sock", "/run"));
        assert!(!reaches("@name", "/run"));
    }

    #[test]
    fn absence_is_proved_only_where_everything_was_seen() {
        let sees = |glob: &str, root: &str| saw_all_of(&pattern(glob), &survey(root));
        assert!(sees("/run/app/*.sock", "/run"));
        assert!(sees("/run/a.sock", "/run"));
        assert!(!sees("/run/**/a.sock", "/run/deep"));
        assert!(!sees("@name", "/run"));

        let mut blind = survey("/run");
        blind.skipped.push(Skipped {
            path: "/run/app/mount".into(),
            reason: SkipReason::OtherFileSystem,
        });
        assert!(!saw_all_of(&pattern("/run/app/*"), &blind));
        assert!(saw_all_of(&pattern("/run/app/a.sock"), &blind));
        assert!(saw_all_of(&pattern("/run/web/*"), &blind));
    }
}
