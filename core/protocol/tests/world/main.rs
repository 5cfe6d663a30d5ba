//! Real machines against the real ledger, in the simulated world of `faithcall-sim`.
//!
//! What one machine makes of one input, and the ledger of one command, is pinned in the tests
//! beside these. Here is what only shows when all of them meet: the races row by row, and scenes
//! that nobody thought of, judged by the invariants that the world looks at after every step. The
//! same scenes are played by the hundred thousand with `cargo xtask sim`; what is here is this
//! crate's own share, so that a rule that is broken does not pass this crate's own tests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod arbitrary;
mod races;
mod seeds;
