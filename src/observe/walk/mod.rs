//! The walk (soon).
