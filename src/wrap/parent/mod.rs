//! The resident parent of a command.
//!
//! ```text
//! signals, children, sources
//!        | events
//!        v
//!     machine    what is to be done about it; pure
//!        | actions
//!        v
//!     kernel, command, sources
//! ```
//!
//! Whoever adds something to listen to writes a [`Source`]; whoever adds something to decide
//! extends the [`machine`].

pub mod event;
pub mod machine;
pub mod source;

pub use machine::Machine;
pub use source::Source;
