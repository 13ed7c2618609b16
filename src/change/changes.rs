//! What a change came to.

use std::path::{Path, PathBuf};

use crate::model::{Action, ActionKind, Outcome};

/// Actions in the order done, and what else people should know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// For the report.
    pub actions: Vec<Action>,
    /// For the diagnostics: of which path, and what.
    pub notes: Vec<(PathBuf, String)>,
}

impl Changes {
    pub(super) fn add(
        &mut self,
        kind: ActionKind,
        path: &Path,
        from: Option<&str>,
        outcome: Outcome,
    ) {
        self.actions.push(Action {
            path: path.to_owned(),
            kind,
            from: from.map(str::to_owned),
            to: None,
            outcome,
        });
    }

    pub(super) fn note(&mut self, path: &Path, text: impl Into<String>) {
        self.notes.push((path.to_owned(), text.into()));
    }

    /// Adds what came later.
    pub fn extend(&mut self, later: Changes) {
        self.actions.extend(later.actions);
        self.notes.extend(later.notes);
    }
}
