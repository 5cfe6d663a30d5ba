//! From ratings to what is shown: worse quickly, better slowly, never back and forth.

use std::collections::VecDeque;

use super::Quality;
use super::rating::Rating;

/// No better than the best of so long is shown.
pub const WORSE_AFTER_MS: u64 = 4_000;
/// No worse than the worst of so long is shown, where it passed its limit by a margin.
pub const BETTER_AFTER_MS: u64 = 10_000;
/// After a silence of so long (a sleep, a pause of the statistics) nothing from before counts.
pub const GAP_MS: u64 = 10_000;

/// What is shown, and what led to it.
///
/// `shown = max(floor, min(shown, ceiling))`: the ceiling is the best of the last
/// [`WORSE_AFTER_MS`], the floor the worst of the last [`BETTER_AFTER_MS`], rated a margin lower.
/// So a worse quality is shown after 4 s at the earliest, a better one 10 s after a worse one, a
/// value within the margin of a limit changes nothing twice, and whoever's ratings are worse is
/// never shown as better.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Meter {
    shown: Quality,
    /// Of the last [`BETTER_AFTER_MS`], oldest first.
    ratings: VecDeque<(u64, Rating)>,
}

impl Meter {
    /// Shows [`Quality::Good`] until ratings say otherwise.
    pub fn new() -> Self {
        Self {
            shown: Quality::Good,
            ratings: VecDeque::new(),
        }
    }

    /// What is shown.
    pub fn shown(&self) -> Quality {
        self.shown
    }

    /// Takes a rating; returns what is shown from now on.
    pub fn take(&mut self, now_ms: u64, rating: Rating) -> Quality {
        if self
            .ratings
            .back()
            .is_some_and(|(at, _)| at + GAP_MS < now_ms)
        {
            self.ratings.clear();
        }
        self.ratings.push_back((now_ms, rating));
        let since = |ms: u64| now_ms.saturating_sub(ms);
        let ceiling = self.since(since(WORSE_AFTER_MS)).map(Rating::quality).max();
        let floor = self.since(since(BETTER_AFTER_MS)).map(Rating::surely).min();
        if let Some(ceiling) = ceiling.filter(|_| self.reaches_back_to(since(WORSE_AFTER_MS))) {
            self.shown = self.shown.min(ceiling);
        }
        if let Some(floor) = floor.filter(|_| self.reaches_back_to(since(BETTER_AFTER_MS))) {
            self.shown = self.shown.max(floor);
        }
        // One that is older than the floor's stretch is kept, to know that it is covered.
        while self
            .ratings
            .get(1)
            .is_some_and(|(at, _)| *at <= since(BETTER_AFTER_MS))
        {
            self.ratings.pop_front();
        }
        self.shown
    }

    fn since(&self, at_ms: u64) -> impl Iterator<Item = Rating> {
        let ratings = self.ratings.iter();
        ratings
            .filter(move |(at, _)| *at >= at_ms)
            .map(|(_, rating)| *rating)
    }

    fn reaches_back_to(&self, at_ms: u64) -> bool {
        self.ratings.front().is_some_and(|(at, _)| *at <= at_ms)
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}
