//! What policies ask of the file system. `sys` answers on a real one, with the rule of whom to
//! trust; tests answer from a table.

use std::path::{Path, PathBuf};

/// A policy file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// All of it.
    pub text: String,
    /// What tells it from every other file, by whatever name it is reached: the path with all
    /// links resolved.
    pub real: PathBuf,
}

/// Why a policy file or directory could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// Nothing is there.
    #[error("it does not exist")]
    Missing,
    /// More than [`super::yaml::LARGEST`] bytes.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// Not text.
    #[error("it is not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// The first byte that is wrong, counted from 0.
        offset: usize,
    },
    /// Something that is no regular file: a directory, a FIFO, a device.
    #[error("it is {0}, not a file")]
    NotAFile(String),
    /// The system said no.
    #[error("{0}")]
    Io(String),
    /// Somebody else can write to it, or to what leads to it.
    #[error("`{}` is not to be trusted: {why}", path.display())]
    Untrusted {
        /// The file or directory that is not.
        path: PathBuf,
        /// Who can write to it, and what to type.
        why: String,
    },
}

/// The file system, as far as policies are concerned.
pub trait Files {
    /// Reads a whole file, at most [`super::yaml::LARGEST`] bytes.
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem>;

    /// The `*.yaml` files in a directory, sorted by name, with the directory before them;
    /// `None` where the path is no directory.
    fn list_yaml(&self, directory: &Path) -> Result<Option<Vec<PathBuf>>, FileProblem>;

    /// Whether there is anything of that name, be it a link that leads nowhere.
    fn exists(&self, path: &Path) -> bool;
}
