//! What becomes of one's own picture on a bad connection.
//!
//! ```text
//!             poor 8 s               poor 12 s
//!   ┌──────┐ ─────────► ┌─────────┐ ──────────► ┌─────┐
//!   │ Full │            │ Lowered │             │ Off │
//!   └──────┘ ◄───────── └─────────┘ ◄────────── └─────┘
//!             good 15 s              good 15 s
//! ```
//!
//! Sound first: a picture that is lowered leaves room for it. A picture that has to go down again
//! within a minute came back too early: the wait for good doubles with each time, up to two
//! minutes, and is 15 s again after a minute without.
//!
//! A picture that is off beside a muted microphone leaves nothing to judge the connection by: then
//! the same wait brings it back, and what it meets decides.

use serde::Serialize;

use super::{GAP_MS, Quality};

/// Poor for so long lowers the picture.
pub const LOWER_AFTER_MS: u64 = 8_000;
/// Poor for so long with a lowered picture turns it off.
pub const OFF_AFTER_MS: u64 = 12_000;
/// Good for so long brings a picture one step back, the first time.
pub const FIRST_CLIMB_MS: u64 = 15_000;
/// The longest that good must last.
pub const LONGEST_CLIMB_MS: u64 = 120_000;
/// A step back that holds for so long was none too early.
pub const STEADY_MS: u64 = 60_000;

/// How much of one's own picture is sent; a later one is more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Picture {
    /// None.
    Off,
    /// Small and slow.
    Lowered,
    /// As the camera gives it.
    #[default]
    Full,
}

/// Where on the ladder the picture is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ladder {
    picture: Picture,
    /// Poor, or good, without a break since then.
    trend: Option<(Trend, u64)>,
    taken_at_ms: u64,
    climb_ms: u64,
    climbed_at_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Trend {
    Down,
    Up,
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            picture: Picture::Full,
            trend: None,
            taken_at_ms: 0,
            climb_ms: FIRST_CLIMB_MS,
            climbed_at_ms: None,
        }
    }
}

impl Ladder {
    /// What is sent now.
    pub fn picture(&self) -> Picture {
        self.picture
    }

    /// Takes the shown quality of one's own connection, about every [`super::SAMPLE_MS`]; returns
    /// what is sent from now on. After [`GAP_MS`] without one nothing from before counts.
    pub fn take(&mut self, now_ms: u64, quality: Quality) -> Picture {
        if self.taken_at_ms + GAP_MS < now_ms {
            self.trend = None;
        }
        self.taken_at_ms = now_ms;
        let trend = match quality {
            Quality::Lost | Quality::Poor => Trend::Down,
            Quality::Fair => {
                self.trend = None;
                return self.picture;
            }
            Quality::Good => Trend::Up,
        };
        let since_ms = match self.trend {
            Some((before, since_ms)) if before == trend => since_ms,
            Some(_) | None => now_ms,
        };
        self.trend = Some((trend, since_ms));
        let lasted_ms = now_ms.saturating_sub(since_ms);
        match (trend, self.picture) {
            (Trend::Down, Picture::Full) if lasted_ms >= LOWER_AFTER_MS => {
                self.go_down(now_ms, Picture::Lowered);
            }
            (Trend::Down, Picture::Lowered) if lasted_ms >= OFF_AFTER_MS => {
                self.go_down(now_ms, Picture::Off);
            }
            (Trend::Up, Picture::Off) if lasted_ms >= self.climb_ms => {
                self.climb(now_ms, Picture::Lowered);
            }
            (Trend::Up, Picture::Lowered) if lasted_ms >= self.climb_ms => {
                self.climb(now_ms, Picture::Full);
            }
            (Trend::Down | Trend::Up, Picture::Off | Picture::Lowered | Picture::Full) => {}
        }
        self.picture
    }

    fn go_down(&mut self, now_ms: u64, to: Picture) {
        let too_early = self.climbed_at_ms.take().map(|at| now_ms < at + STEADY_MS);
        match too_early {
            Some(true) => self.climb_ms = (self.climb_ms * 2).min(LONGEST_CLIMB_MS),
            Some(false) => self.climb_ms = FIRST_CLIMB_MS,
            // On the way down already.
            None => {}
        }
        self.step(now_ms, Trend::Down, to);
    }

    fn climb(&mut self, now_ms: u64, to: Picture) {
        self.climbed_at_ms = Some(now_ms);
        self.step(now_ms, Trend::Up, to);
    }

    /// Each step waits anew.
    fn step(&mut self, now_ms: u64, trend: Trend, to: Picture) {
        self.picture = to;
        self.trend = Some((trend, now_ms));
    }
}
