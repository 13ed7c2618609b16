//! (to be written)
pub mod dir;
pub mod limits;
pub mod mounts;
pub mod silent;
