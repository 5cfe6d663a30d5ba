//! Worse quickly, better slowly, never back and forth.

use faithcall_protocol::quality::{
    BETTER_AFTER_MS, GAP_MS, MARGIN, Meter, Quality, Rating, SAMPLE_MS, Sample, WORSE_AFTER_MS,
};
use proptest::prelude::*;

fn rating(loss_permille: u32) -> Rating {
    Rating::of(&Sample {
        loss_permille,
        ..Sample::default()
    })
}

fn good() -> Rating {
    rating(0)
}

fn poor() -> Rating {
    rating(300)
}

/// Gives ratings, one every [`SAMPLE_MS`], and says what was shown after each.
struct Shown {
    meter: Meter,
    now: u64,
}

impl Shown {
    fn new() -> Self {
        Self {
            meter: Meter::new(),
            now: 0,
        }
    }

    fn after(&mut self, rating: Rating) -> Quality {
        self.now += SAMPLE_MS;
        self.meter.take(self.now, rating)
    }

    /// How long it takes until the shown quality is another.
    fn until_it_changes(&mut self, rating: Rating) -> u64 {
        let (before, began) = (self.meter.shown(), self.now + SAMPLE_MS);
        while self.after(rating) == before {
            assert!(self.now < began + 60_000, "it never changes");
        }
        self.now - began
    }
}

#[test]
fn worse_after_four_seconds_and_better_after_ten() {
    let mut shown = Shown::new();
    assert_eq!(shown.until_it_changes(poor()), WORSE_AFTER_MS);
    assert_eq!(shown.meter.shown(), Quality::Poor);
    assert_eq!(shown.until_it_changes(good()), BETTER_AFTER_MS);
    assert_eq!(shown.meter.shown(), Quality::Good);
    assert_eq!(shown.until_it_changes(Rating::NOTHING), WORSE_AFTER_MS);
    assert_eq!(shown.meter.shown(), Quality::Lost);
}

#[test]
fn a_moment_changes_nothing() {
    let mut shown = Shown::new();
    for _ in 0..20 {
        assert_eq!(shown.after(poor()), Quality::Good);
        assert_eq!(shown.after(poor()), Quality::Good);
        assert_eq!(shown.after(good()), Quality::Good);
    }
}

#[test]
fn of_what_is_worse_the_mildest_is_shown() {
    let mut shown = Shown::new();
    shown.after(Rating::NOTHING);
    shown.after(rating(60));
    assert_eq!(shown.after(Rating::NOTHING), Quality::Fair);
}

#[test]
fn a_pause_of_the_statistics_is_no_trend() {
    let mut shown = Shown::new();
    shown.after(poor());
    shown.now += GAP_MS;
    assert_eq!(shown.after(poor()), Quality::Good);
}

/// Losses whose ratings lie within the margin around this limit's loss.
fn around(limit: Quality) -> Vec<Rating> {
    let at = (0..1_000)
        .find(|loss| rating(*loss).quality() < limit)
        .unwrap();
    (at.saturating_sub(8)..at + 8)
        .map(rating)
        .filter(|r| r.quality() < limit || surely(*r) < limit)
        .collect()
}

/// As the meter judges improvement.
fn surely(rating: Rating) -> Quality {
    let mut meter = Meter::new();
    for turn in 0..3 {
        meter.take(turn * SAMPLE_MS, Rating::NOTHING);
    }
    for turn in 3..20 {
        meter.take(turn * SAMPLE_MS, rating);
    }
    meter.shown()
}

fn changes(shown: &[Quality]) -> Vec<usize> {
    let pairs = shown.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| pair[0] != pair[1])
        .map(|(at, _)| at + 1)
        .collect()
}

fn anything() -> impl Strategy<Value = Rating> {
    prop_oneof![
        1 => Just(Rating::NOTHING),
        6 => (0..400_u32).prop_map(rating),
    ]
}

proptest! {
    #[test]
    fn a_value_that_swings_around_a_limit_changes_what_is_shown_once_at_most(
        limit in prop::sample::select(vec![Quality::Good, Quality::Fair]),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 300),
    ) {
        let close = around(limit);
        prop_assert!(close.iter().any(|r| r.quality() >= limit), "{MARGIN}");
        prop_assert!(close.iter().any(|r| r.quality() < limit));
        let mut shown = Shown::new();
        while shown.meter.shown() > limit {
            shown.after(close[close.len() / 2]);
        }
        let all: Vec<_> = picks.iter().map(|pick| shown.after(*pick.get(&close))).collect();
        prop_assert!(changes(&all).len() <= 1, "{all:?}");
    }

    #[test]
    fn what_is_shown_turns_back_four_seconds_after_better_and_ten_after_worse_at_the_earliest(
        ratings in prop::collection::vec(anything(), 200),
    ) {
        let mut shown = Shown::new();
        let all: Vec<_> = ratings.iter().map(|r| shown.after(*r)).collect();
        let at = changes(&all);
        for pair in at.windows(2) {
            let apart = (pair[1] - pair[0]) as u64 * SAMPLE_MS;
            let was_better = all[pair[0]] > all[pair[0] - 1];
            match (was_better, all[pair[1]] > all[pair[1] - 1]) {
                (true, false) => prop_assert!(apart >= WORSE_AFTER_MS, "{apart} ms"),
                (false, true) => prop_assert!(apart >= BETTER_AFTER_MS, "{apart} ms"),
                (true, true) | (false, false) => {}
            }
        }
    }

    #[test]
    fn who_loses_more_is_never_shown_as_better(
        losses in prop::collection::vec((0..400_u32, 0..200_u32), 200),
    ) {
        let (mut one, mut worse) = (Shown::new(), Shown::new());
        for (loss, more) in losses {
            prop_assert!(worse.after(rating(loss + more)) <= one.after(rating(loss)));
        }
    }
}
