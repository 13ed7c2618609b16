//! What an earlier report says already: the same code, of the same path, with the same actual value.
//!
//! Any other actual value is new, a better one too: it is not what somebody once looked at. What
//! was waived in that report is not known by it, or a waiver would go on for ever.

use std::collections::HashSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::Finding;

/// The version of the schema of reports that is understood.
const SCHEMA: u64 = 1;

/// The findings of an earlier report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(HashSet<Known>);

/// What makes two findings the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Known {
    code: String,
    subject: Vec<u8>,
    actual: Option<String>,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum NoBaseline {
    /// At the line and column that it names.
    #[error("it is no report of `sockctl audit -f json`: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Of another version of the program.
    #[error("its schema is {0}, and this version understands {SCHEMA}")]
    Schema(serde_json::Value),
    /// A summary, or the report of another command.
    #[error("it has no findings; a baseline is made by `sockctl audit -f json` without --summary")]
    NoFindings,
    /// It was made against a baseline itself.
    #[error(
        "it was made with --baseline, and leaves out {0} that were known then; \
         make one without"
    )]
    LeavesOut(usize),
}

impl Baseline {
    /// Reads a report.
    ///
    /// # Errors
    ///
    /// [`NoBaseline`]
    pub fn parse(text: &str) -> Result<Baseline, NoBaseline> {
        let head: Head = serde_json::from_str(text)?;
        if head.schema != SCHEMA {
            return Err(NoBaseline::Schema(head.schema));
        }
        let report: Report = serde_json::from_str(text)?;
        match report.summary.and_then(|summary| summary.known) {
            None | Some(0) => {}
            Some(known) => return Err(NoBaseline::LeavesOut(known)),
        }
        let findings = report.findings.ok_or(NoBaseline::NoFindings)?;
        let counting = findings.into_iter().filter(|it| it.waived.is_none());
        let known = counting.map(|entry| Known {
            code: entry.code,
            subject: entry.path_hex.unwrap_or(entry.path.into_bytes()),
            actual: entry.actual,
        });
        Ok(Baseline(known.collect()))
    }

    /// Takes away what is known, and says how many that were. What is waived stays: it is told as
    /// such.
    pub fn take_known(&self, findings: &mut Vec<Finding>) -> usize {
        let before = findings.len();
        findings.retain(|finding| finding.waived.is_some() || !self.knows(finding));
        before - findings.len()
    }

    fn knows(&self, finding: &Finding) -> bool {
        self.0.contains(&Known {
            code: finding.code.as_str().to_owned(),
            subject: finding.subject.to_bytes(),
            actual: finding.actual.clone(),
        })
    }
}

#[derive(Deserialize)]
struct Head {
    schema: serde_json::Value,
}

#[derive(Deserialize)]
struct Report {
    summary: Option<Summary>,
    findings: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
struct Summary {
    known: Option<usize>,
}

#[derive(Deserialize)]
struct Entry {
    code: String,
    path: String,
    #[serde(default, deserialize_with = "from_hex")]
    path_hex: Option<Vec<u8>>,
    actual: Option<String>,
    waived: Option<serde::de::IgnoredAny>,
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let Some(hex) = Option::<String>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let digits: Option<Vec<u8>> = hex.chars().map(digit).collect();
    match digits {
        Some(digits) if digits.len() % 2 == 0 => {
            let byte = |pair: &[u8]| pair[0] << 4 | pair[1];
            Ok(Some(digits.chunks_exact(2).map(byte).collect()))
        }
        _ => Err(D::Error::custom("path_hex is not bytes in hex")),
    }
}

fn digit(character: char) -> Option<u8> {
    u8::try_from(character.to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;
    use crate::model::{Code, Place, Severity, SocketName, Waived};

    fn finding(code: Code, path: &[u8], actual: Option<&str>) -> Finding {
        Finding {
            code,
            severity: Severity::High,
            subject: SocketName::from(OsStr::from_bytes(path)),
            message: String::new(),
            actual: actual.map(str::to_owned),
            expected: None,
            rule: None,
            source: None,
            because: None,
            fix: None,
            waived: None,
        }
    }

    fn baseline(findings: &str) -> Baseline {
        let text = format!(r#"{{"schema":1,"sockets":[{{"path":"/x"}}],"findings":[{findings}]}}"#);
        Baseline::parse(&text).unwrap()
    }

    #[test]
    fn another_code_path_or_actual_value_is_new() {
        let baseline = baseline(
            r#"{"code":"mode-too-wide","severity":"low","path":"/a","actual":"0666","waived":null},
               {"code":"not-probed","path":"/a","actual":null},
               {"code":"stale","path":"/\ufffd","path_hex":"2fFf","actual":"stale"}"#,
        );
        let known = [
            finding(Code::ModeTooWide, b"/a", Some("0666")),
            finding(Code::NotProbed, b"/a", None),
            finding(Code::Stale, b"/\xff", Some("stale")),
        ];
        let new = [
            finding(Code::ModeTooWide, b"/a", Some("0777")),
            finding(Code::ModeTooWide, b"/b", Some("0666")),
            finding(Code::ModeMismatch, b"/a", Some("0666")),
            finding(Code::NotProbed, b"/a", Some("0666")),
            finding(Code::Stale, b"/\xfe", Some("stale")),
            finding(Code::Stale, "/\u{fffd}".as_bytes(), Some("stale")),
        ];
        let mut all = [known.as_slice(), &new].concat();
        assert_eq!(baseline.take_known(&mut all), known.len());
        assert_eq!(all, new);
    }

    #[test]
    fn a_waiver_ends_when_it_ends() {
        let baseline = baseline(
            r#"{"code":"stale","path":"/a","actual":"stale","waived":{"reason":"r"}},
               {"code":"stale","path":"/b","actual":"stale","waived":null}"#,
        );
        let waived = Finding {
            waived: Some(Waived {
                reason: "r".to_owned(),
                until: None,
                source: Place {
                    file: "f".into(),
                    line: 1,
                },
            }),
            ..finding(Code::Stale, b"/b", Some("stale"))
        };
        let mut all = vec![finding(Code::Stale, b"/a", Some("stale")), waived];
        assert_eq!(baseline.take_known(&mut all), 0);
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn what_is_no_baseline() {
        for (text, why) in [
            ("", "line 1 column 0"),
            ("[]", "line 1 column"),
            ("{\n\"schema\": 1,\n\"findings\": [{}]}", "line 3 column"),
            (
                r#"{"schema":1,"findings":[{"code":"stale","path":"/","path_hex":"2"}]}"#,
                "hex",
            ),
            (r#"{"findings":[]}"#, "schema"),
            (r#"{"schema":2,"findings":[]}"#, "schema is 2"),
            (r#"{"schema":1,"codes":[]}"#, "no findings"),
            (
                r#"{"schema":1,"summary":{"known":3},"findings":[]}"#,
                "leaves out 3",
            ),
            ("{\"schema\":1}\n{\"schema\":1}", "line 2 column 1"),
        ] {
            let said = Baseline::parse(text).unwrap_err().to_string();
            assert!(said.contains(why), "{text}: {said}");
        }
    }
}
