//! The parent that stays with a command.

mod failing;
mod orphans;
mod rights;
pub(crate) mod running;
mod signals;
mod starts;
mod status;
mod stop;
mod terminal;
