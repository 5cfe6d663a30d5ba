//! Connection quality and one's own picture, from counters to what is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod ladder;
mod meter;
mod monitor;
mod rating;
