//! `sockctl explain`

use clap::Args;

use super::{Documented, Example};
use crate::model::Code;

/// Say what a finding means, why it matters, and how to mend it.
#[derive(Debug, Clone, Args)]
pub struct Explain {
    /// A finding's code, such as mode-too-wide; without it, all of them are listed
    #[arg(value_name = "CODE", value_parser = code(), hide_possible_values = true)]
    pub code: Option<Code>,
}

fn code() -> impl clap::builder::TypedValueParser<Value = Code> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    let words = Code::ALL.iter().map(|code| code.as_str());
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Code>())
}

impl Documented for Explain {
    const EXAMPLES: &'static [Example] = &[
        Example::new(
            "sockctl explain mode-too-wide",
            "What the finding means and how to mend it",
        ),
        Example::new("sockctl explain", "Every code, with its severity"),
    ];
}
