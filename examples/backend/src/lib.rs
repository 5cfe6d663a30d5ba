//! The reference server: REST, signals over MQTT, rooms at LiveKit, calls in SQLite.
//!
//! A request loads a call, [`faithcall_protocol::ledger`] decides, one write stores the call with
//! what is to be published and done, and workers carry that out (`publish`, `push`, `rooms`).
//! What comes of its own accord (`deadlines`, `room_watch`, `ringing`) goes the way of a request.
//! No task holds call state that the store does not.

pub mod auth;
pub mod broker;
mod bursts;
mod calls;
mod clock;
pub mod config;
mod deadlines;
pub mod directory;
mod gate;
mod http;
mod json_fault;
pub mod livekit;
mod publish;
mod push;
mod readiness;
mod ringing;
mod room_watch;
mod rooms;
mod running;
#[cfg(test)]
mod sample;
mod service;
mod spans;
mod store;

pub use running::{Running, StartError, start};
pub use store::OpenError;
