//! Phones against real parts: an MQTT broker, the reference server, a media server.

// What a test may do; clippy knows only functions marked `#[test]` by itself.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod links;
mod media;
mod phone;
mod races;
mod sign_out;
mod voice;
