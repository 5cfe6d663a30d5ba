//! How good a participant's connection is, and what becomes of one's own picture when it is bad.
//!
//! ```text
//!   Statistics ──► Monitor, one a participant ──► Quality ──► Ladder, of one's own camera
//!   (every 2 s)    window ► Rating ► Meter         (shown)     Full · Lowered · Off
//! ```
//!
//! A transport's counters become a [`Rating`] over the last 6 s; a [`Meter`] lets the
//! shown [`Quality`] get worse quickly and better slowly. Time is an argument, in milliseconds of
//! a clock that only goes forward.

mod counters;
mod ladder;
mod meter;
mod monitor;
mod rating;

pub use counters::{Counters, Received, Sample, Statistics};
pub use ladder::{
    FIRST_CLIMB_MS, LONGEST_CLIMB_MS, LOWER_AFTER_MS, Ladder, OFF_AFTER_MS, Picture, STEADY_MS,
};
pub use meter::{BETTER_AFTER_MS, GAP_MS, Meter, WORSE_AFTER_MS};
pub use monitor::{Monitor, ServerWord};
pub use rating::{MARGIN, Rating};

use serde::Serialize;

/// How often a transport is asked what it has counted.
pub const SAMPLE_MS: u64 = 2_000;

/// How good a connection is, as shown; a later one is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Nothing comes although something should.
    Lost,
    /// Hard to talk with: R below 60.
    Poor,
    /// Some will complain: R from 60 to 80.
    Fair,
    /// Nobody should complain: R of 80 and more.
    Good,
}
