//! Makes text of what was found: for people, and for programs.
//!
//! Pure: it returns text, or writes to what it is given; whether there is a terminal and how wide
//! it is, the caller knows. Names from the host are untrusted: every format escapes its own
//! specials.

mod access;
pub mod audit;
pub mod escape;
pub mod human;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod nagios;
pub mod problem;
pub mod prometheus;
pub mod sarif;
pub mod style;
pub(crate) mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
