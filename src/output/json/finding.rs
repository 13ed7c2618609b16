//! A finding as every document has it.

use serde::{Serialize, Serializer};

use super::socket::Text;
use crate::model::{Code, Finding, Severity, Waived};

/// All findings; each is made when its turn comes.
pub(super) struct Findings<'a>(pub(super) &'a [Finding]);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(FindingJson::new))
    }
}

#[derive(Serialize)]
pub(in crate::output) struct FindingJson<'a> {
    code: Code,
    severity: Severity,
    #[serde(flatten)]
    path: Text<'a>,
    message: &'a str,
    actual: Option<&'a str>,
    expected: Option<&'a str>,
    rule: Option<&'a str>,
    source: Option<String>,
    fix: Option<&'a str>,
    waived: Option<WaivedJson<'a>>,
    because: Option<&'a str>,
}

impl<'a> FindingJson<'a> {
    pub(in crate::output) fn new(finding: &'a Finding) -> FindingJson<'a> {
        FindingJson {
            code: finding.code,
            severity: finding.severity,
            path: Text::of_name(&finding.subject),
            message: &finding.message,
            actual: finding.actual.as_deref(),
            expected: finding.expected.as_deref(),
            rule: finding.rule.as_deref(),
            source: finding.source.as_ref().map(ToString::to_string),
            fix: finding.fix.as_deref(),
            waived: finding.waived.as_ref().map(WaivedJson::new),
            because: finding.because.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WaivedJson<'a> {
    reason: &'a str,
    until: Option<&'a str>,
    source: String,
}

impl<'a> WaivedJson<'a> {
    fn new(waived: &'a Waived) -> WaivedJson<'a> {
        WaivedJson {
            reason: &waived.reason,
            until: waived.until.as_deref(),
            source: waived.source.to_string(),
        }
    }
}
