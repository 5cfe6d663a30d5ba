//! A whole phone for scripts and tests.
fn main() {}
