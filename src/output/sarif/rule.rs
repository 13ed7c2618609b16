//! A finding code as a rule.

use serde::Serialize;
use serde_json::{Value, json};

use super::text::Text;
use crate::model::{Code, Severity};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Value,
    properties: Value,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

impl Rule {
    /// With its published page, which is ours and is Markdown.
    pub(super) fn new(code: Code, page: &'static str) -> Rule {
        let severity = code.default_severity();
        let what = if is_security(code) {
            "security"
        } else {
            "reliability"
        };
        let mut properties = json!({ "tags": [what, "unix-socket"], "precision": "very-high" });
        if let Some(score) = security_severity(code, severity) {
            properties["security-severity"] = score.into();
        }
        Rule {
            id: code,
            name: in_one_word(code),
            short_description: Text::plain(code.meaning()),
            full_description: Text::plain(first_paragraph(page)),
            help: Help {
                text: page.to_owned(),
                markdown: page.to_owned(),
            },
            default_configuration: json!({ "level": level(severity) }),
            properties,
        }
    }
}

/// What SARIF and its readers make of a severity.
pub(super) const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A number between 0 and 10 as GitHub reads it: critical above 9.0, high from 7.0, medium from
/// 4.0, low below. `None` where the code is no matter of security, or there is nothing to do.
pub(super) const fn security_severity(code: Code, severity: Severity) -> Option<&'static str> {
    if !is_security(code) {
        return None;
    }
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

const fn is_security(code: Code) -> bool {
    code.is_about_access() || matches!(code, Code::ForbiddenPresent | Code::ListenerMismatch)
}

/// `ModeTooWide`; `None` where that says no more than the code does (section 3.49.7).
fn in_one_word(code: Code) -> Option<String> {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let words = code.as_str().split('-');
    (words.clone().count() > 1).then(|| words.map(capital).collect())
}

/// The text below the first heading of a page.
fn first_paragraph(page: &str) -> &str {
    let paragraphs = page.split("\n\n").map(str::trim);
    let mut paragraphs = paragraphs.filter(|it| !it.starts_with('#') && !it.is_empty());
    paragraphs.next().unwrap_or(page)
}
