//! How far a walk goes, and with how many hands.

use std::num::NonZeroUsize;

use clap::{ArgAction, Args};

use crate::model::Pattern;

/// What every command has that walks.
#[derive(Debug, Clone, Args)]
pub struct Reach {
    /// Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash
    #[arg(long, value_name = "GLOB", action = ArgAction::Append)]
    pub exclude: Vec<Pattern>,

    /// Do not enter other file systems
    #[arg(long)]
    pub one_file_system: bool,

    /// Look at N places at a time [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,
}

pub(super) fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "a number from 1 on is wanted".to_owned())
}
