//! The race catalogue, row by row, in a simulated world: real machines, the real ledger.
//!
//! Each test brings its race about on purpose and checks that it really happened
//! ([`faithcall_sim::World::races`]).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod crossing;
mod devices;
mod found;
mod kit;
mod order;
mod outages;
mod rooms;
