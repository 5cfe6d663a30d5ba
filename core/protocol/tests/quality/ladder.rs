//! One's own picture on a bad connection.

use faithcall_protocol::quality::{
    FIRST_CLIMB_MS, GAP_MS, LONGEST_CLIMB_MS, LOWER_AFTER_MS, Ladder, OFF_AFTER_MS, Picture,
    Quality, SAMPLE_MS, STEADY_MS,
};
use proptest::prelude::*;

#[derive(Default)]
struct Sent {
    ladder: Ladder,
    now: u64,
}

impl Sent {
    fn after(&mut self, quality: Quality) -> Picture {
        self.now += SAMPLE_MS;
        self.ladder.take(self.now, quality)
    }

    /// How long until it changes, and to what.
    fn next(&mut self, quality: Quality) -> (u64, Picture) {
        let (before, began) = (self.ladder.picture(), self.now);
        while self.after(quality) == before {
            assert!(self.now < began + 300_000, "it never changes");
        }
        (self.now - began, self.ladder.picture())
    }

    fn stay(&mut self, quality: Quality, ms: u64) -> Picture {
        for _ in 0..ms / SAMPLE_MS {
            self.after(quality);
        }
        self.ladder.picture()
    }

    fn off() -> Self {
        let mut sent = Self::default();
        sent.stay(Quality::Poor, 40_000);
        assert_eq!(sent.ladder.picture(), Picture::Off);
        sent
    }
}

/// The first sample only begins a wait.
fn about(ms: u64) -> u64 {
    ms.next_multiple_of(SAMPLE_MS)
}

#[test]
fn poor_lowers_the_picture_and_then_turns_it_off() {
    let mut sent = Sent::default();
    let (lowered, picture) = sent.next(Quality::Poor);
    assert_eq!(
        (lowered, picture),
        (about(LOWER_AFTER_MS) + SAMPLE_MS, Picture::Lowered)
    );
    assert_eq!(
        sent.next(Quality::Lost),
        (about(OFF_AFTER_MS), Picture::Off)
    );
    assert_eq!(sent.stay(Quality::Poor, 600_000), Picture::Off);
}

#[test]
fn good_for_a_while_brings_it_back_step_by_step() {
    let mut sent = Sent::off();
    let (waited, picture) = sent.next(Quality::Good);
    assert_eq!(
        (waited, picture),
        (about(FIRST_CLIMB_MS) + SAMPLE_MS, Picture::Lowered)
    );
    assert_eq!(
        sent.next(Quality::Good),
        (about(FIRST_CLIMB_MS), Picture::Full)
    );
}

#[test]
fn fair_is_no_reason_for_anything() {
    let mut sent = Sent::default();
    assert_eq!(sent.stay(Quality::Fair, 100_000), Picture::Full);
    assert_eq!(Sent::off().stay(Quality::Fair, 100_000), Picture::Off);
    let mut broken = Sent::default();
    for _ in 0..20 {
        broken.stay(Quality::Poor, LOWER_AFTER_MS);
        assert_eq!(broken.after(Quality::Fair), Picture::Full);
    }
}

#[test]
fn who_comes_back_too_early_waits_longer_each_time() {
    let mut sent = Sent::off();
    let mut waits = Vec::new();
    for _ in 0..6 {
        let (waited, picture) = sent.next(Quality::Good);
        assert_eq!(picture, Picture::Lowered);
        waits.push(waited - SAMPLE_MS);
        assert_eq!(sent.next(Quality::Poor).1, Picture::Off);
    }
    let doubled = [15_000, 30_000, 60_000, 120_000, 120_000, 120_000].map(about);
    assert_eq!(waits, doubled);
    assert_eq!(LONGEST_CLIMB_MS, 120_000);
}

#[test]
fn a_step_back_that_held_is_forgotten() {
    let mut sent = Sent::off();
    sent.next(Quality::Good);
    sent.next(Quality::Poor);
    sent.next(Quality::Good);
    sent.stay(Quality::Fair, STEADY_MS);
    sent.next(Quality::Poor);
    assert_eq!(
        sent.next(Quality::Good).0,
        about(FIRST_CLIMB_MS) + SAMPLE_MS
    );
}

fn qualities() -> impl Strategy<Value = Vec<Quality>> {
    let quality = prop::sample::select(vec![
        Quality::Lost,
        Quality::Poor,
        Quality::Fair,
        Quality::Good,
    ]);
    // As a meter shows them: each for a while.
    prop::collection::vec((quality, 1..40_usize), 1..60)
        .prop_map(|runs| runs.into_iter().flat_map(|(q, n)| vec![q; n]).collect())
}

proptest! {
    #[test]
    fn each_step_is_to_a_neighbour_and_has_waited(all in qualities()) {
        let mut sent = Sent::default();
        let (mut before, mut changed_ms) = (Picture::Full, 0);
        for quality in all {
            let picture = sent.after(quality);
            if picture == before {
                continue;
            }
            let waited = sent.now - changed_ms;
            if picture > before {
                prop_assert_eq!(quality, Quality::Good);
                prop_assert!(waited >= FIRST_CLIMB_MS);
            } else {
                prop_assert!(quality <= Quality::Poor);
                prop_assert!(waited >= LOWER_AFTER_MS);
            }
            let far = (picture == Picture::Off) == (before == Picture::Full);
            prop_assert!(!far || picture == Picture::Lowered || before == Picture::Lowered);
            (before, changed_ms) = (picture, sent.now);
        }
    }

    #[test]
    fn a_camera_goes_on_and_off_less_than_once_in_a_minute(all in qualities()) {
        let mut sent = Sent::default();
        let mut shown = Vec::new();
        for quality in all {
            shown.push(sent.after(quality) != Picture::Off);
        }
        let changes = shown.windows(2).filter(|pair| pair[0] != pair[1]).count() as u64;
        prop_assert!(changes <= 2 + 2 * sent.now / (FIRST_CLIMB_MS + OFF_AFTER_MS));
    }
}

#[test]
fn a_pause_begins_the_wait_anew() {
    let mut sent = Sent::default();
    sent.stay(Quality::Poor, LOWER_AFTER_MS);
    assert_eq!(sent.ladder.picture(), Picture::Full);
    sent.now += GAP_MS;
    assert_eq!(sent.after(Quality::Poor), Picture::Full);
    assert_eq!(
        sent.next(Quality::Poor),
        (about(LOWER_AFTER_MS), Picture::Lowered)
    );
    let mut sent = Sent::off();
    sent.stay(Quality::Good, 10_000);
    sent.now += GAP_MS;
    assert_eq!(sent.after(Quality::Good), Picture::Off);
}
