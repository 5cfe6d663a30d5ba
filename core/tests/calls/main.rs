//! Phones against real parts: an MQTT broker, the reference server, a media server.

// What a test may do; clippy knows only functions marked `#[test]` by itself.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[allow(dead_code)] // shared with the rooms' suite, which needs more of them
#[path = "../rooms/devices.rs"]
mod devices;
mod links;
mod logs;
mod one_to_one;
mod phone;
mod proxy;
mod recovery;
mod world;
