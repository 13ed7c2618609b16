//! For people: grouped, aligned, coloured, wrapped.

pub mod access;
pub mod actions;
pub mod audit;
pub mod explain;
pub mod list;
pub mod places;
pub mod plan;
pub mod policy;
pub mod probe;
mod table;
mod wrap;
