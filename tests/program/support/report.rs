use std::path::Path;

use serde_json::Value;

/// The JSON report of an audit.
pub(crate) struct Report {
    pub(crate) value: Value,
}

impl Report {
    pub(super) fn new(value: Value) -> Report {
        Report { value }
    }

    /// The findings of one path, in the order reported.
    pub(crate) fn findings(&self, path: &Path) -> Vec<&Value> {
        self.all()
            .filter(|finding| finding["path"].as_str() == path.to_str())
            .collect()
    }

    /// Exactly these codes are said of the path, in any order.
    #[track_caller]
    pub(crate) fn says(&self, path: &Path, expected: &[&str]) {
        let text = path.to_str();
        assert!(text.is_some(), "{} is no text", path.display());
        let mut codes: Vec<_> = self.findings(path).iter().map(|it| code(it)).collect();
        codes.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{}\n{:#}", path.display(), self.value);
    }

    /// Exactly these codes are said, of whatever path.
    #[track_caller]
    pub(crate) fn says_in_all(&self, expected: &[&str]) {
        let mut codes: Vec<_> = self.all().map(code).collect();
        codes.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{:#}", self.value);
    }

    /// The one finding of that code.
    #[track_caller]
    pub(crate) fn finding(&self, wanted: &str) -> &Value {
        let found: Vec<_> = self.all().filter(|it| code(it) == wanted).collect();
        assert_eq!(found.len(), 1, "{wanted}\n{:#}", self.value);
        found[0]
    }

    /// The socket of that path.
    #[track_caller]
    pub(crate) fn socket(&self, path: &Path) -> &Value {
        self.value["sockets"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|socket| socket["path"].as_str() == path.to_str())
            .unwrap_or_else(|| panic!("{} is not in\n{:#}", path.display(), self.value))
    }

    #[track_caller]
    pub(crate) fn verdict(&self, expected: &str) {
        let verdict = &self.value["summary"]["verdict"];
        assert_eq!(verdict, expected, "{:#}", self.value);
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.value["findings"].as_array().into_iter().flatten()
    }
}

fn code(finding: &Value) -> &str {
    finding["code"].as_str().expect("a code is text")
}
