//! Phones as processes of their own, as a script uses them: with each other on our own server and
//! on a stand-in for a deployed part-A one, and with a scripted part-A app.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod media_app;
mod media_calls;
mod mosquitto;
mod ours;
mod phone;
mod tone;
