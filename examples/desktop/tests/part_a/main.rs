//! Our phones and part A: two of them on a stand-in for a deployed server, and one with a scripted
//! part-A app on our own server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod media_backend;
mod mosquitto;
mod phone;
mod tone;
