//! Phones as processes, with real media through real servers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod phone;
mod servers;
mod video;
mod voice;
