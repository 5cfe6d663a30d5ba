//! What LiveKit holds back from clients that honour no rule: invariants I1 and I8, checked with a foreign client
//! that takes and gives all that its token lets it.

// The helpers of a test may stop it, as the test itself may.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

// The wire tests' own; here they are used in part.
#[allow(dead_code)]
#[path = "../wire/backend.rs"]
mod backend;
mod hooks;
#[allow(dead_code)]
#[path = "../wire/livekit_peer.rs"]
mod livekit_peer;
mod losing;
mod over;
mod participant;
mod ringing;
mod world;
