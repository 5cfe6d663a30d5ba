//! What a transport counts, and what a stretch of it says.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// The stretch that a rating is about. As long as RTCP receivers take to report at most (RFC 3550:
/// 5 s, give or take), so that every stretch holds a report.
const WINDOW_MS: u64 = 6_000;
/// Fewer packets than these say nothing of loss: a silent microphone sends two or three a second.
const FEWEST_PACKETS: u64 = 10;

/// What one session in a room has counted since it began.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Statistics {
    /// From here to the media server and back, where it was measured, in milliseconds.
    pub round_trip_ms: Option<u32>,
    /// What went out, as far as the media server has said what came.
    pub sent: Counters,
    /// What came, of each of the others.
    pub received: Vec<Received>,
}

/// What came of one participant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Received {
    /// As LiveKit knows it.
    pub identity: String,
    /// All its tracks.
    pub counters: Counters,
}

impl std::ops::AddAssign for Counters {
    /// Adds another track or participant; of the jitters the worse one counts.
    fn add_assign(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.lost += other.lost;
        self.jitter_ms = self.jitter_ms.max(other.jitter_ms);
        self.frozen_ms += other.frozen_ms;
    }
}

/// One way of media: all tracks of one participant, summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Counters {
    /// RTP packets that arrived.
    pub arrived: u64,
    /// RTP packets that did not.
    pub lost: u64,
    /// The worst track's jitter now, in milliseconds.
    pub jitter_ms: u32,
    /// For how long in all a picture stood still that should have moved, in milliseconds.
    pub frozen_ms: u64,
}

/// What a stretch of time was like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sample {
    /// Of 1 000 packets so many did not arrive.
    pub loss_permille: u32,
    /// The worst track's jitter, in milliseconds.
    pub jitter_ms: u32,
    /// To the media server and back, in milliseconds.
    pub round_trip_ms: u32,
    /// Of 1 000 ms the picture stood still for so many.
    pub frozen_permille: u32,
}

/// What was counted in the last [`WINDOW_MS`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Window {
    counted: VecDeque<(u64, Counters)>,
}

/// What is new since the last time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// Too little to judge.
    Unclear,
    /// Nothing has arrived since the last time.
    Silent,
    /// Enough to judge.
    Sample(Sample),
}

impl Window {
    /// Takes what was counted at `now_ms`, and judges the stretch that ends there.
    pub(super) fn take(
        &mut self,
        now_ms: u64,
        now: Counters,
        round_trip_ms: Option<u32>,
    ) -> Stretch {
        let newest = self.counted.back().map(|(_, counted)| *counted);
        let went_back = newest.is_some_and(|was| {
            was.arrived > now.arrived || was.lost > now.lost || was.frozen_ms > now.frozen_ms
        });
        if went_back {
            // A track is gone, and its counters with it.
            self.counted.clear();
        }
        let is_first = self.counted.is_empty();
        self.counted.push_back((now_ms, now));
        while self.counted.len() > 2
            && self
                .counted
                .front()
                .is_some_and(|(at, _)| at + WINDOW_MS < now_ms)
        {
            self.counted.pop_front();
        }
        if is_first {
            return Stretch::Unclear;
        }
        if newest.is_some_and(|was| was.arrived == now.arrived) {
            return Stretch::Silent;
        }
        self.judged(now_ms, now, round_trip_ms)
            .map_or(Stretch::Unclear, Stretch::Sample)
    }

    fn judged(&self, now_ms: u64, now: Counters, round_trip_ms: Option<u32>) -> Option<Sample> {
        let (since_ms, since) = self.counted.front()?;
        let lost = now.lost - since.lost;
        let all = now.arrived - since.arrived + lost;
        if all < FEWEST_PACKETS {
            return None;
        }
        Some(Sample {
            loss_permille: permille(lost, all),
            jitter_ms: now.jitter_ms,
            round_trip_ms: round_trip_ms.unwrap_or(0),
            frozen_permille: permille(now.frozen_ms - since.frozen_ms, now_ms - since_ms),
        })
    }
}

fn permille(part: u64, whole: u64) -> u32 {
    let share = u128::from(part) * 1_000 / u128::from(whole.max(1));
    u32::try_from(share.min(1_000)).unwrap_or(1_000)
}
