//! The directory in which a socket file is made, and the name under which the kernel lists it.

use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::change::name::Named;
use crate::change::way;
use crate::model::Outcome;
use crate::sys::bind::{LONGEST, Under};
use crate::sys::dir::Dir;

/// The directory, open, and what is known of the way to it.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) dir: Rc<Dir>,
    /// Of the directory, links resolved.
    real: PathBuf,
    missing: Vec<CString>,
    unsteady: Option<PathBuf>,
    /// Of the file, as it was given, from the root directory on.
    given: PathBuf,
    name: CString,
}

/// Under which name the kernel lists it, and why it is not a path.
pub(super) enum Listed {
    As(PathBuf),
    ByName(String),
}

impl Place {
    pub(super) fn find(named: &Named) -> Result<Place, Outcome> {
        let absolute = |path: &Path| {
            std::path::absolute(path)
                .map_err(|error| Outcome::Failed(format!("cannot tell where that is: {error}")))
        };
        let way = way::to(&absolute(&named.parent)?)?;
        let dir = way::open(&way)?;
        Ok(Place {
            dir: Rc::new(dir),
            real: way.path,
            missing: way.missing,
            unsteady: way.unsteady,
            given: absolute(&named.path)?,
            name: named.name.clone(),
        })
    }

    /// Directories that are not there, in order.
    pub(super) fn missing(&self) -> &[CString] {
        &self.missing
    }

    /// The same as paths.
    pub(super) fn missing_paths(&self) -> Vec<PathBuf> {
        let mut path = self.real.clone();
        let below = |name: &CString| {
            path.push(OsStr::from_bytes(name.to_bytes()));
            path.clone()
        };
        self.missing.iter().map(below).collect()
    }

    /// One step further down, into what was missing.
    pub(super) fn step_into(&mut self, dir: Dir) {
        if !self.missing.is_empty() {
            let name = self.missing.remove(0);
            self.real.push(OsStr::from_bytes(name.to_bytes()));
        }
        self.dir = Rc::new(dir);
    }

    /// The directory's path, links resolved.
    pub(super) fn path(&self) -> &Path {
        &self.real
    }

    /// In that directory somebody else can swap the next one on the way.
    pub(super) fn mark_unsteady(&mut self) {
        self.unsteady.get_or_insert_with(|| self.real.clone());
    }

    /// Nobody but root and us can swap a directory on the way.
    pub(super) fn is_steady(&self) -> bool {
        self.unsteady.is_none()
    }

    /// A path, if it has room in an address and nobody can lead bind(2), which looks it up once
    /// more, to another directory; the name alone otherwise.
    pub(super) fn listed(&self) -> Listed {
        if let Some(unsteady) = &self.unsteady {
            return Listed::ByName(format!(
                "others than root can swap what lies in {}",
                unsteady.display()
            ));
        }
        let real = self.real.join(OsStr::from_bytes(self.name.to_bytes()));
        let plain = !self
            .given
            .components()
            .any(|part| part == Component::ParentDir);
        let paths = [plain.then(|| self.given.clone()), Some(real)];
        let fits = |path: &PathBuf| path.as_os_str().len() <= LONGEST;
        match paths.into_iter().flatten().find(fits) {
            Some(path) => Listed::As(path),
            None => Listed::ByName(format!("an address has room for {LONGEST} bytes")),
        }
    }
}

impl Listed {
    pub(super) fn under(&self) -> Under<'_> {
        match self {
            Listed::As(path) => Under::Path(path),
            Listed::ByName(_) => Under::Name,
        }
    }
}
