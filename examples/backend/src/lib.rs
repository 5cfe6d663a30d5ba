//! The reference server.

pub mod broker;
pub mod livekit;
