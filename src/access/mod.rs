//! Who may connect to a socket, and who may replace it: what the kernel would answer, worked out
//! from facts, with the step that decides.
//!
//! ```text
//! class ── one inode, one subject: which class fits, and what it has ─┐
//! trail ── all steps of a way ─────────────────────────────────────── answers
//! people ─ everybody on the host, each asked ──────────────────────── who
//! change ─ one change of rights, made on the facts alone ──┐
//! fixes ── the least changes that turn an answer ──────────┘
//! entrances ── by what one gets in, worked out from the facts of the way ──┐
//! outsiders ── who of those that it is open to is not meant to be let in ──┘
//! notes ── what is true and not to be seen at a glance
//! ```
//!
//! Pure: the facts come from elsewhere. Linux security modules are not judged.

mod change;
mod class;
mod entrances;
mod fixes;
mod notes;
mod outsiders;
mod people;
mod report;
#[cfg(test)]
mod tests;
mod trail;
mod words;

pub use change::{Change, Spot, set_entry};
pub use class::{By, Class, Grant, Verdict};
pub use entrances::{Entrances, Named};
pub use fixes::{Fix, Others, bits_with, fixes};
pub use notes::{Note, Whose, notes};
pub use outsiders::{Insiders, Outsiders, outsiders};
pub use people::{People, Person, Who};
pub use report::{Answer, May, Report};
pub use trail::{Check, Need, Passage, Swap, answer, checks, swaps};
pub use words::{called, rwx, swapped, unmistakable};
