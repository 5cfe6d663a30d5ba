//! Real machines against the real ledger, in memory and in virtual time: two members with two
//! devices each, a server, a broker and a media server, and links that delay, repeat, reorder
//! and lose.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod calls;
mod checks;
mod device;
mod races;
mod random;
mod room;
mod server;
mod world;
