//! The server's side of a call: each rule by its name, the races that it alone decides, and
//! what holds after any sequence of commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod answering;
mod bench;
mod claims;
mod ending;
mod group;
mod group_ends;
mod history;
mod hold;
mod invariants;
mod invite;
mod messages;
mod presence;
mod properties;
mod push;
mod races;
mod responses;
mod revoked;
mod ringing;
mod room;
mod waiting;
