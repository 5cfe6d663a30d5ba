//! What must always be true, and the news that it is not.

use std::fmt;

use crate::timeline::Entry;
use crate::world::World;

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
    /// One ring a call and device, none after the end, none without a deadline, and none that a
    /// device's own clock stops while the server leaves it time.
    I4,
    /// Over is over.
    I5,
    /// Every call that is not over has a deadline, and none outlives its own.
    I6,
    /// A member is engaged in one call that is not held, and only that one has the microphone and
    /// the camera of its device.
    I7,
    /// No room outlives its call by more than 20 s.
    I8,
    /// What a device shows is what the server has. When messages have stopped. And at once: what
    /// the server was told to be off, or on hold, stays so in a new process of the device's app.
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

/// A world in which something is wrong. Shows what, what happened before it, and how to have all of
/// it again.
#[derive(Clone)]
pub struct Broken {
    /// The world's seed.
    pub seed: u64,
    /// What was wrong, in the order in which it was seen.
    pub violations: Vec<Violation>,
    /// It was a scene by chance ([`crate::scene::play`]): the seed is all that there is to it.
    pub by_chance: bool,
    /// What had happened, if the world kept it.
    pub timeline: Vec<Entry>,
}

/// How many lines of the timeline a failure shows.
const LINES: usize = 60;
/// How many of the violations.
const VIOLATIONS: usize = 10;

impl Broken {
    /// The first that was wrong, in a line.
    pub fn first(&self) -> String {
        let mut violations = self.violations.iter();
        violations
            .next()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    /// A script has panicked beside this world.
    pub(crate) fn in_a_panic(world: &World) -> Self {
        world.so_far(Vec::new())
    }

    /// The lines until the first thing that was wrong, and how many there are before and after.
    fn until_it_broke(&self) -> (usize, &[Entry], usize) {
        let all = self.timeline.len();
        let broke = self.timeline.iter().position(Entry::is_violation);
        let end = broke.map_or(all, |at| at + 1);
        let begin = end.saturating_sub(LINES);
        let lines = self.timeline.get(begin..end).unwrap_or_default();
        (begin, lines, all - end)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}:", self.seed)?;
        for violation in self.violations.iter().take(VIOLATIONS) {
            writeln!(f, "  {violation}")?;
        }
        let more = self.violations.len().saturating_sub(VIOLATIONS);
        if more > 0 {
            writeln!(f, "  and {more} more")?;
        }
        let (before, lines, after) = self.until_it_broke();
        if before > 0 {
            writeln!(f, "  … {before} lines before")?;
        }
        for entry in lines {
            writeln!(f, "{entry}")?;
        }
        if after > 0 {
            writeln!(f, "  … {after} lines after")?;
        }
        let seed = self.seed;
        if self.by_chance {
            write!(f, "line by line: cargo xtask sim --seed {seed}")
        } else {
            write!(f, "seed {seed} and the same script bring it about again")
        }
    }
}

/// As it is shown: a failed `unwrap` prints this.
impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Broken {}
