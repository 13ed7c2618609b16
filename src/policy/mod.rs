//! Policies: from text to rules, and from rules to what is expected of one path.
//!
//! Pure: files and the host are asked for through traits ([`Files`], [`crate::model::Host`]).
//!
//! ```text
//! text ─ yaml ─ decode ─┐
//!                       ├─ load (include, trust of ids) ─ Policy ─ index ─ effective(path)
//! compiled in (builtin)─┘
//! ```

pub mod decode;
pub mod effective;
pub(crate) mod keys;
pub mod rule;
pub(crate) mod sink;
pub mod words;
pub mod yaml;

pub use decode::{Unit, decode};
pub use effective::{Effective, Needs, Set};
pub use rule::{At, Keys, Owner, OwnerAlternative, Rule, Waiver, Who};
pub use sink::Source;
