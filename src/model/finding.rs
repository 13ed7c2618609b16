//! One broken expectation of a policy about one path.

use super::{Code, Place, Severity, SocketName};

/// A finding, complete enough to be printed in every format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// How much it matters here.
    pub severity: Severity,
    /// The socket, the pattern that matched nothing, or the place that could not be read.
    pub subject: SocketName,
    /// One line, without the path: `0777 is wider than 0660`. May hold untrusted bytes.
    pub message: String,
    /// What is there, in the policy's own words.
    pub actual: Option<String>,
    /// What should be there, in the policy's own words.
    pub expected: Option<String>,
    /// The id of the rule that decided.
    pub rule: Option<String>,
    /// Where that rule says so.
    pub source: Option<Place>,
    /// Why that rule says so (`because`).
    pub because: Option<String>,
    /// A line to paste, quoted for the shell.
    pub fix: Option<String>,
    /// The waiver that covers it; it then counts for nothing.
    pub waived: Option<Waived>,
}

/// Why a finding counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// As the waiver says.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`, UTC.
    pub until: Option<String>,
    /// Where the waiver stands.
    pub source: Place,
}
