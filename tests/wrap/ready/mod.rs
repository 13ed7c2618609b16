//! When a command is ready, and who is told what it says of itself.

mod expected;
mod modes;
mod place;
mod refused;
mod relay;
mod scene;
mod speakers;
