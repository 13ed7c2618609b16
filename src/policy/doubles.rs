//! A file system and a host made of tables, for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::files::{FileProblem, Files, SourceFile};
use super::links::real_directory;
use crate::model::{Host, Inode};

/// Files by path; a text that begins with `->` is a link to another one.
#[derive(Debug, Default)]
pub(crate) struct TableFiles(pub(crate) BTreeMap<PathBuf, String>);

impl TableFiles {
    pub(crate) fn new(files: &[(&str, &str)]) -> TableFiles {
        let owned = |(path, text): &(&str, &str)| (PathBuf::from(path), (*text).to_owned());
        TableFiles(files.iter().map(owned).collect())
    }
}

impl Files for TableFiles {
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem> {
        let text = self.0.get(path).ok_or(FileProblem::Missing)?;
        match text.strip_prefix("->") {
            Some(target) => self.read(Path::new(target)),
            None => Ok(SourceFile {
                text: text.clone(),
                real: path.to_path_buf(),
            }),
        }
    }

    fn list_yaml(&self, directory: &Path) -> Result<Option<Vec<PathBuf>>, FileProblem> {
        if self.0.contains_key(directory) {
            return Ok(None);
        }
        let mut below = self
            .0
            .keys()
            .filter(|path| path.starts_with(directory))
            .peekable();
        below.peek().ok_or(FileProblem::Missing)?;
        let yaml = below.filter(|path| {
            path.parent() == Some(directory) && path.extension().is_some_and(|end| end == "yaml")
        });
        Ok(Some(yaml.cloned().collect()))
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }
}

/// A host of that name, with these paths and links.
#[derive(Debug, Default)]
pub(crate) struct TableHost {
    pub(crate) name: &'static str,
    pub(crate) existing: BTreeSet<&'static str>,
    pub(crate) links: BTreeMap<&'static str, &'static str>,
}

impl Host for TableHost {
    fn exists(&self, path: &Path) -> bool {
        path.to_str()
            .is_some_and(|path| self.existing.contains(path))
    }

    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn read_link(&self, path: &Path) -> Option<PathBuf> {
        self.links.get(path.to_str()?).map(PathBuf::from)
    }

    /// Every directory is there, and is known by the hash of its path without links.
    fn directory(&self, path: &Path) -> Option<Inode> {
        let real = real_directory(path, self);
        let mut hasher = DefaultHasher::new();
        real.hash(&mut hasher);
        Some(Inode {
            dev: 1,
            ino: hasher.finish(),
        })
    }
}
