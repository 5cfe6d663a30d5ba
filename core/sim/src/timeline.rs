//! What happened in a world, for people to read.

use std::fmt;

/// One line: when, where, what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Virtual milliseconds since the world began.
    pub at_ms: u64,
    /// The device (`ann/phone`), `server`, `broker`, `media` or `world`.
    pub who: String,
    /// What it did or met.
    pub what: String,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.at_ms / 1_000, self.at_ms % 1_000);
        write!(f, "{seconds:>6}.{ms:03}  {:<14} {}", self.who, self.what)
    }
}
