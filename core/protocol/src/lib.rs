//! The wire contract of FaithCall and, on top of it, the rules of calling.
//!
//! This crate is pure: no I/O, no clock, no randomness, no async. Time is always an argument.
//! The wire types live in [`id`], [`media`], [`end`], [`snapshot`], [`rest`], [`signal`] and
//! [`push`], made of [`timestamp`], [`redact`] and [`trace_id`]; the server's side of a call is the
//! [`ledger`], a device's side is the [`machine`], and [`trace`] records and replays one. What a
//! device's machine makes of a transport's counters is in [`quality`], how long it waits before it
//! tries again in [`backoff`]. What both sides keep to is in [`bounds`].
//!
//! Readers tolerate what they do not know: unknown fields, unknown signal types, unknown words
//! in fields that may grow. Writers send exactly the contract.

pub mod backoff;
pub mod bounds;
pub mod end;
pub mod id;
pub mod ledger;
pub mod machine;
pub mod media;
pub mod push;
pub mod quality;
pub mod redact;
pub mod rest;
pub mod signal;
pub mod snapshot;
pub mod timestamp;
pub mod trace;
pub mod trace_id;
