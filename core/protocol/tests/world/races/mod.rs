//! The race catalogue, row by row.
//!
//! Each test brings its race about on purpose and checks that it really happened
//! ([`faithcall_sim::World::races`]).

mod crossing;
mod devices;
mod found;
mod kit;
mod order;
mod outages;
mod rooms;
