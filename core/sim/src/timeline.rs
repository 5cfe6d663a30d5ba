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

/// Between an invariant's name and what was seen.
pub(crate) const BROKEN: &str = " BROKEN: ";

impl Entry {
    /// An invariant did not hold.
    pub(crate) fn is_violation(&self) -> bool {
        self.who == "world" && self.what.contains(BROKEN)
    }
}

/// Something as `Debug` shows it, ids as they are: `call-1` instead of `CallId("call-1")`.
pub(crate) fn plain(what: &impl fmt::Debug) -> String {
    let shown = format!("{what:?}");
    let (mut text, mut rest) = (String::with_capacity(shown.len()), shown.as_str());
    while let Some((before, (id, after))) = rest
        .split_once("Id(\"")
        .and_then(|(before, id)| Some((before, id.split_once("\")")?)))
    {
        text.push_str(before.trim_end_matches(char::is_alphabetic));
        text.push_str(id);
        rest = after;
    }
    text + rest
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, ms) = (self.at_ms / 1_000, self.at_ms % 1_000);
        write!(f, "{seconds:>6}.{ms:03}  {:<14} {}", self.who, self.what)
    }
}
