//! (to be written)
pub mod probe;
pub mod walk;
