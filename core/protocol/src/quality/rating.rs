//! One number for a stretch of a call: the R factor of the E-model (ITU-T G.107), computed simply.
//!
//! `R = 93.2 − Id − Ie,eff`, with G.107's defaults for all that a network does not change, no
//! advantage factor, and
//! - `Id = 0.024·d + 0.11·(d − 177.3)` (the second part only where it is positive): the usual
//!   approximation of G.107's delay impairment, `d` being milliseconds from mouth to ear;
//! - `Ie,eff = 95·P / (P + Bpl)`, `P` being per cent of packets lost at random, with G.113's
//!   `Ie = 0`, `Bpl = 25.1` for a codec of full quality that conceals losses. Opus has no entry
//!   there; it conceals no worse.
//!
//! The shown limits are those of G.107's table B.1: from R = 80 users are satisfied, below R = 60
//! nearly all are dissatisfied. What comes out is close to what others publish: more than 500 ms
//! round trip, or about 13 % loss, is poor.
//!
//! G.107 knows no pictures. One that stands still is unpleasant long before the sound is: the two
//! limits for that are our own.

use super::Quality;
use super::counters::Sample;

/// R without any impairment by the network.
const BEST: u32 = 932;
/// From here on: users are satisfied.
const GOOD: u16 = 800;
/// Below: nearly all users are dissatisfied.
const FAIR: u16 = 600;
/// By so much a limit must be passed before a shown quality gets better.
pub const MARGIN: u16 = 30;
/// A frame of 20 ms and Opus' look-ahead of 6.5 ms.
const CODEC_MS: u32 = 27;
/// A jitter buffer holds about twice the jitter.
const BUFFERED_JITTERS: u32 = 2;
/// From here on speakers fall into each other's words.
const NOTICED_DELAY_MS: u32 = 177;
/// Per mille of packets; G.113.
const LOSS_ROBUSTNESS: u32 = 251;
/// A picture that stands still for a tenth of the time is no better than fair.
const STUTTERS_PERMILLE: u32 = 100;
/// One that stands still for half of it is poor.
const STANDS_PERMILLE: u32 = 500;

/// The R factor in tenths, from 0 to 932; 0 is kept for a stretch in which nothing came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rating(u16);

impl Rating {
    /// Nothing came.
    pub const NOTHING: Self = Self(0);
    /// As bad as it gets while something comes.
    const LEAST: Self = Self(1);

    /// Rates a stretch.
    pub fn of(sample: &Sample) -> Self {
        // The server lies between the two; the other's half of the way is taken to be as long as
        // this one's.
        let jitter = sample.jitter_ms.min(10_000);
        let delay = sample.round_trip_ms.min(10_000) + BUFFERED_JITTERS * jitter + CODEC_MS;
        let by_delay = delay * 24 / 100 + delay.saturating_sub(NOTICED_DELAY_MS) * 11 / 10;
        let loss = sample.loss_permille.min(1_000);
        let by_loss = 950 * loss / (loss + LOSS_ROBUSTNESS);
        let r = BEST.saturating_sub(by_delay).saturating_sub(by_loss);
        let r = Self(u16::try_from(r).unwrap_or(u16::MAX)).max(Self::LEAST);
        match sample.frozen_permille {
            0..STUTTERS_PERMILLE => r,
            STUTTERS_PERMILLE..STANDS_PERMILLE => r.at_most(Quality::Fair),
            STANDS_PERMILLE.. => r.at_most(Quality::Poor),
        }
    }

    /// The same, or the best of this quality where that is worse.
    #[must_use]
    pub fn at_most(self, quality: Quality) -> Self {
        self.min(match quality {
            Quality::Lost => Self::NOTHING,
            Quality::Poor => Self(FAIR - 1),
            Quality::Fair => Self(GOOD - 1),
            Quality::Good => Self(u16::MAX),
        })
    }

    /// What it is called.
    pub fn quality(self) -> Quality {
        match self.0 {
            0 => Quality::Lost,
            1..FAIR => Quality::Poor,
            FAIR..GOOD => Quality::Fair,
            GOOD.. => Quality::Good,
        }
    }

    /// What it is called where a limit counts only when it is passed by [`MARGIN`].
    pub(super) fn surely(self) -> Quality {
        Self(self.0.saturating_sub(MARGIN)).quality()
    }
}
