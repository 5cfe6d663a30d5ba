//! Many scenes, on every processor.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::play;
use crate::fault::Fault;
use crate::race::Race;

/// How many seeds a thread takes at a time.
const AT_A_TIME: u64 = 64;

/// What came of many scenes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many were played.
    pub seeds: u64,
    /// How often each kind of trouble happened.
    pub faults: BTreeMap<Fault, u64>,
    /// In how many scenes each race happened.
    pub races: BTreeMap<Race, u64>,
    /// The scenes in which something was wrong, the shortest first.
    pub failed: Vec<Failed>,
}

/// A scene in which something was wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Play it again with this.
    pub seed: u64,
    /// What was wrong first.
    pub what: String,
    /// How many steps the scene has: one with fewer is read sooner.
    pub steps: u64,
}

/// Plays the scene of every seed, one thread a processor. `played` counts along.
pub fn play_many(seeds: Range<u64>, played: &AtomicU64) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut summary = Summary::default();
    thread::scope(|scope| {
        let work = || {
            let mut part = Summary::default();
            loop {
                let from = next.fetch_add(AT_A_TIME, Ordering::Relaxed);
                if from >= seeds.end {
                    return part;
                }
                for seed in from..(from + AT_A_TIME).min(seeds.end) {
                    part.add(seed);
                    played.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Ok(part) = worker.join() {
                summary.merge(part);
            }
        }
    });
    summary
        .failed
        .sort_by_key(|failed| (failed.steps, failed.seed));
    summary
}

impl Summary {
    /// Plays one more.
    fn add(&mut self, seed: u64) {
        self.seeds += 1;
        // A machine that panics is a failure like any other, and must not hide the seed.
        let Ok(world) = catch_unwind(AssertUnwindSafe(|| play(seed, false))) else {
            let what = "it panicked: see above".to_owned();
            self.failed.push(Failed {
                seed,
                what,
                steps: 0,
            });
            return;
        };
        for (fault, count) in world.faults() {
            *self.faults.entry(*fault).or_default() += count;
        }
        for race in world.races() {
            *self.races.entry(*race).or_default() += 1;
        }
        if let Err(broken) = world.check() {
            self.failed.push(Failed {
                seed,
                what: broken.first(),
                steps: world.steps(),
            });
        }
    }

    fn merge(&mut self, other: Self) {
        self.seeds += other.seeds;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        for (race, count) in other.races {
            *self.races.entry(race).or_default() += count;
        }
        self.failed.extend(other.failed);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<26} {:>12}", "fault", "times")?;
        for (fault, count) in &self.faults {
            writeln!(f, "{:<26} {count:>12}", format!("{fault:?}"))?;
        }
        writeln!(f, "\n{:<26} {:>12}", "race", "scenes")?;
        for race in Race::ALL {
            let count = self.races.get(&race).copied().unwrap_or_default();
            writeln!(f, "{:<26} {count:>12}", format!("{race:?}"))?;
        }
        Ok(())
    }
}
