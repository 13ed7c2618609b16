//! Lifecycle and permissions toolkit for Unix domain sockets on Linux.
//!
//! The tiers, each using only those to its right:
//!
//! ```text
//! commands → cli → model
//!            wrap → change → observe → sys → model
//!            judge → policy → model     pure
//!            access → model             pure
//!            output → access → model    pure
//! ```

pub mod access;
pub mod change;
pub mod cli;
pub mod commands;
pub mod judge;
pub mod model;
pub mod observe;
pub mod output;
pub mod policy;
pub mod sys;
pub mod wrap;
