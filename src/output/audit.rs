//! An audit as the formats for other programs see it.

use crate::model::{Finding, Report, Run, Severity, Summary, Unreadable};

/// All that such a format is made of.
#[derive(Clone, Copy)]
pub struct Audit<'a> {
    /// What ran, where and when.
    pub run: &'a Run,
    /// The outcome.
    pub report: &'a Report,
    /// Its figures.
    pub summary: &'a Summary,
    /// The threshold that the verdict was made with.
    pub fail_on: Severity,
    /// Whether a place that could not be looked at is fine.
    pub allow_unreadable: bool,
}

impl<'a> Audit<'a> {
    /// Findings that make the audit fail, the worst first.
    pub(super) fn failing(&self) -> impl Iterator<Item = &'a Finding> + use<'a> {
        let fail_on = self.fail_on;
        let findings = self.report.findings.iter();
        findings.filter(move |finding| finding.waived.is_none() && finding.severity >= fail_on)
    }

    /// Places that make it incomplete.
    pub(super) fn missed(&self) -> &'a [Unreadable] {
        if self.allow_unreadable {
            &[]
        } else {
            &self.report.survey.unreadable
        }
    }
}
