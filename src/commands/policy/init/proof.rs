//! The draft, read back as an audit would read it.

use std::path::{Path, PathBuf};

use crate::commands::context::Context;
use crate::commands::policies::{self, PolicyFiles};
use crate::policy::draft::Draft;
use crate::policy::{self, FileProblem, Files, Policy, SourceFile, Sources};
use crate::sys::host::SystemHost;

/// A name that nothing in the file system has: no path is empty.
const NAME: &str = "";

/// What was loaded before, and the draft on top of it.
///
/// # Errors
///
/// Where the draft is no policy, which has been said then.
pub(super) fn policy(
    context: &Context<'_>,
    sources: &Sources,
    draft: &Draft,
) -> anyhow::Result<Policy> {
    let files = WithDraft {
        files: policies::trusting(context),
        text: &draft.text,
    };
    let mut sources = sources.clone();
    sources.explicit.push(PathBuf::from(NAME));
    policy::load(&sources, &files, &SystemHost)
        .map_err(|problems| policies::refused(context, &problems))
}

struct WithDraft<'a> {
    files: PolicyFiles,
    text: &'a str,
}

impl Files for WithDraft<'_> {
    fn read(&self, path: &Path) -> Result<SourceFile, FileProblem> {
        if path == Path::new(NAME) {
            return Ok(SourceFile {
                text: self.text.to_owned(),
                real: PathBuf::from(NAME),
            });
        }
        self.files.read(path)
    }

    fn list_yaml(&self, directory: &Path) -> Result<Option<Vec<PathBuf>>, FileProblem> {
        if directory == Path::new(NAME) {
            return Ok(None);
        }
        self.files.list_yaml(directory)
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.exists(path)
    }
}
