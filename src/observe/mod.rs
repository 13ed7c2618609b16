//! (to be written)
pub mod walk;
