//! Arbitrary bytes as operations: what the fuzz targets share.

pub mod ledger;
pub mod machine;

/// What the ledger's own tests hold each step against.
#[path = "../../core/protocol/tests/ledger/invariants.rs"]
mod invariants;

/// What `invariants` takes from the tests' bench.
mod bench {
    pub(crate) const URL: &str = "wss://livekit.example";
}
