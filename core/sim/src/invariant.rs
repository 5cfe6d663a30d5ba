//! What must always be true, and the news that it is not.

use std::fmt;

use crate::timeline::Entry;

/// The invariants of the race catalogue. Each is checked after every step of a world, but for
/// those that only hold when messages have stopped ([`crate::World::check`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// Nothing is forwarded before the first accept; after it, to and from nobody who did not
    /// accept. No device plays anybody else.
    I1,
    /// One accept wins, for each invitee.
    I2,
    /// All devices tell the same confirmed end. When messages have stopped.
    I3,
    /// One ring a call and device, none after the end, none without a deadline.
    I4,
    /// Over is over.
    I5,
    /// Every call that is not over has a deadline, and none outlives its own.
    I6,
    /// A member is engaged in one call that is not held.
    I7,
    /// No room outlives its call by more than 20 s.
    I8,
    /// What a device shows is what the server has. When messages have stopped.
    I9,
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When, in virtual milliseconds.
    pub at_ms: u64,
    /// What was seen.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            at_ms,
            what,
        } = self;
        write!(f, "{invariant:?} at {at_ms} ms: {what}")
    }
}

/// A world in which something is wrong. Shows its seed, by which all of it can be had again, and
/// the last of what happened.
#[derive(Clone)]
pub struct Broken {
    /// The world's seed.
    pub seed: u64,
    /// What was wrong, in the order in which it was seen.
    pub violations: Vec<Violation>,
    /// What had happened, if the world kept it.
    pub timeline: Vec<Entry>,
}

/// How many lines of the timeline a failure shows.
const LINES: usize = 60;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}:", self.seed)?;
        for violation in &self.violations {
            writeln!(f, "  {violation}")?;
        }
        let skipped = self.timeline.len().saturating_sub(LINES);
        for entry in self.timeline.iter().skip(skipped) {
            writeln!(f, "{entry}")?;
        }
        Ok(())
    }
}

/// As it is shown: a failed `unwrap` prints this.
impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Broken {}
