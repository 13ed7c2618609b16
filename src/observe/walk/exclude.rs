//! What the caller wants left out.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::model::Pattern;

/// The patterns, by what they are held against.
#[derive(Debug)]
pub(in crate::observe) struct Exclude<'a> {
    names: Vec<&'a Pattern>,
    paths: Vec<&'a Pattern>,
}

impl<'a> Exclude<'a> {
    pub(in crate::observe) fn new(patterns: &'a [Pattern]) -> Exclude<'a> {
        let (paths, names) = patterns
            .iter()
            .partition(|pattern| pattern.as_str().contains('/'));
        Exclude { names, paths }
    }

    /// The pattern that leaves it out. The path as given, and the real one where that differs, are
    /// only made where a pattern needs them.
    pub(super) fn covers(
        &self,
        name: &[u8],
        given: impl FnOnce() -> Vec<u8>,
        real: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<&'a Pattern> {
        let by_name = self.names.iter().find(|pattern| pattern.matches(name));
        if by_name.is_some() || self.paths.is_empty() {
            return by_name.copied();
        }
        let by_path = |path: Vec<u8>| self.paths.iter().find(|pattern| pattern.matches(&path));
        by_path(given()).or_else(|| by_path(real()?)).copied()
    }

    /// The pattern that leaves out what has this path.
    pub(in crate::observe) fn covers_path(&self, path: &Path) -> Option<&'a Pattern> {
        // Without slashes at its end.
        let path = path.components().as_path();
        let whole = path.as_os_str().as_bytes();
        let name = path.file_name().map_or(whole, OsStrExt::as_bytes);
        self.covers(name, || whole.to_vec(), || None)
    }
}
