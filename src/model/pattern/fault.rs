//! What can be wrong with a glob.

/// Why a text is no pattern, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct BadPattern {
    /// What is wrong.
    pub fault: Fault,
    /// The byte at which it is, counted from 0.
    pub offset: usize,
    /// How many bytes it concerns.
    pub len: usize,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the messages say it
pub enum Fault {
    #[error("an empty pattern matches nothing")]
    Empty,
    #[error("a pattern has at most 4096 bytes")]
    TooLong,
    #[error("no path holds a NUL byte")]
    Nul,
    #[error("`\\` at the end escapes nothing")]
    TrailingBackslash,
    #[error("`[` without its `]`; write `\\[` for the character itself")]
    OpenBracket,
    #[error("`[]` holds no character")]
    EmptyClass,
    #[error("`[...]` never matches `/`")]
    SlashInClass,
    #[error("negation is written `[!...]`")]
    Caret,
    #[error("`[:...:]` is not understood; write the characters, as in `[a-z]`")]
    NamedClass,
    #[error("`[...]` takes single bytes, and this character has more")]
    WideInClass,
    #[error("this range is the wrong way round")]
    RangeOrder,
    #[error("`{{` without its `}}`; write `\\{{` for the character itself")]
    OpenBrace,
    #[error("`{{...}}` never matches `/`; write two patterns")]
    SlashInBraces,
    #[error("`**` cannot stand in `{{...}}`")]
    DeepInBraces,
    #[error("a capture cannot stand in `{{...}}`, where it could stay empty")]
    CaptureInBraces,
    #[error("`{{` more than 8 deep")]
    DeepBraces,
    #[error("`<` without its `>`; write `\\<` for the character itself")]
    OpenCapture,
    #[error("a capture's name is letters, digits, `_` and `-`, a letter first")]
    CaptureName,
    #[error("a pattern has at most 8 captures")]
    ManyCaptures,
    #[error(
        "a capture that is used again needs, where it is first used, a component with nothing \
         but plain text beside it"
    )]
    LooseCapture,
}
