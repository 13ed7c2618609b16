//! Prepares what is compiled in.
fn main() {}
