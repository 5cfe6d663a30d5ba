//! The reference server.

pub mod broker;
