//! One participant's connection: its counters, the media server's word, what is shown.

use serde::{Deserialize, Serialize};

use super::Quality;
use super::counters::{Counters, Stretch, Window};
use super::meter::Meter;
use super::rating::Rating;

/// What LiveKit says of a participant's connection. It sees both ways of every participant, judges
/// by loss, jitter and round trip, and tells changes only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerWord {
    /// Nothing to complain about.
    Excellent,
    /// Something.
    Good,
    /// Much.
    Poor,
    /// Nothing comes from it.
    Lost,
}

/// Watches one participant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Monitor {
    window: Window,
    meter: Meter,
    word: Option<ServerWord>,
    is_judged: bool,
}

impl Monitor {
    /// What is shown; nothing until there was enough to judge.
    pub fn quality(&self) -> Option<Quality> {
        self.is_judged.then(|| self.meter.shown())
    }

    /// A new session begins, and counts from nothing.
    pub fn begin_session(&mut self) {
        self.window = Window::default();
        self.word = None;
    }

    /// The media server has spoken; it counts from the next counters on.
    pub fn heard(&mut self, word: ServerWord) {
        self.word = Some(word);
    }

    /// Takes what was counted; returns whether there was enough to judge by. `is_due`: something of
    /// it is on, and should come; silence is lost media only then.
    pub fn take(
        &mut self,
        now_ms: u64,
        counters: Counters,
        round_trip_ms: Option<u32>,
        is_due: bool,
    ) -> bool {
        let rating = match self.window.take(now_ms, counters, round_trip_ms) {
            Stretch::Sample(sample) => Some(Rating::of(&sample)),
            Stretch::Silent if is_due => Some(Rating::NOTHING),
            Stretch::Silent | Stretch::Unclear => None,
        };
        let rating = match (rating, self.ceiling()) {
            (Some(rating), Some(ceiling)) => Some(rating.at_most(ceiling)),
            // Where nothing can be counted the server's word is all there is.
            (None, Some(Quality::Lost)) => Some(Rating::NOTHING),
            (rating, _) => rating,
        };
        if let Some(rating) = rating {
            self.is_judged = true;
            self.meter.take(now_ms, rating);
        }
        rating.is_some()
    }

    fn ceiling(&self) -> Option<Quality> {
        Some(match self.word? {
            ServerWord::Excellent => Quality::Good,
            ServerWord::Good => Quality::Fair,
            ServerWord::Poor => Quality::Poor,
            ServerWord::Lost => Quality::Lost,
        })
    }
}
