//! The wire types against what a deployed server really sends, and snapshots of what we send.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod part_a;
mod part_b;
