//! Policies: from text to rules, and from rules to what is expected of one path.
//!
//! Pure: files and the host are asked for through traits ([`Files`], [`crate::model::Host`]).
//!
//! ```text
//! text ─ yaml ─ decode ─┐
//!                       ├─ load (include, trust of ids) ─ Policy ─ index ─ effective(path)
//! compiled in (builtin)─┘
//! ```

pub mod about;
pub mod builtin;
mod cascade;
mod choose;
pub mod decode;
#[cfg(test)]
pub(crate) mod doubles;
pub mod draft;
pub mod effective;
pub mod explain;
pub mod files;
mod index;
pub(crate) mod keys;
pub(crate) mod link;
mod links;
mod lint;
pub mod load;
pub mod locate;
pub(crate) mod packed;
#[allow(clippy::module_inception)] // the tier, and what it makes
mod policy;
pub mod rule;
pub mod schema;
pub(crate) mod sink;
#[cfg(test)]
mod tests;
pub mod words;
pub mod yaml;

pub use cascade::Required;
pub use choose::Choice;
pub use decode::{BadName, Unit, check_name, decode};
pub use effective::{Asks, Effective, Needs, Set};
pub use files::{FileProblem, Files, SourceFile};
pub use links::real_directory;
pub use load::{Checked, check, load, load_about, load_for_tests};
pub use locate::Sources;
pub use policy::Policy;
pub use rule::{At, Keys, Owner, OwnerAlternative, Presence, Rule, Waiver, Who};
pub use sink::Source;
