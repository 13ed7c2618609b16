//! What the caller wants left out.

use crate::model::Pattern;

/// The patterns, by what they are held against.
#[derive(Debug)]
pub(super) struct Exclude<'a> {
    names: Vec<&'a Pattern>,
    paths: Vec<&'a Pattern>,
}

impl<'a> Exclude<'a> {
    pub(super) fn new(patterns: &'a [Pattern]) -> Exclude<'a> {
        let (paths, names) = patterns
            .iter()
            .partition(|pattern| pattern.as_str().contains('/'));
        Exclude { names, paths }
    }

    /// The pattern that leaves it out. The path is only made where a pattern needs it.
    pub(super) fn covers(
        &self,
        name: &[u8],
        path: impl FnOnce() -> Vec<u8>,
    ) -> Option<&'a Pattern> {
        let by_name = self.names.iter().find(|pattern| pattern.matches(name));
        if by_name.is_some() || self.paths.is_empty() {
            return by_name.copied();
        }
        let path = path();
        let by_path = self.paths.iter().find(|pattern| pattern.matches(&path));
        by_path.copied()
    }
}
