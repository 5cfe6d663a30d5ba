//! The number of a stretch.

use faithcall_protocol::quality::{Quality, Rating, Sample};
use proptest::prelude::*;

fn lossy(loss_permille: u32) -> Quality {
    let sample = Sample {
        loss_permille,
        ..Sample::default()
    };
    Rating::of(&sample).quality()
}

fn far(round_trip_ms: u32) -> Quality {
    let sample = Sample {
        round_trip_ms,
        ..Sample::default()
    };
    Rating::of(&sample).quality()
}

#[test]
fn the_limits_are_where_the_e_model_has_them() {
    // R = 93.2 - 0.6 - 95 P / (P + 25.1).
    assert_eq!([lossy(0), lossy(30)], [Quality::Good; 2]);
    assert_eq!([lossy(50), lossy(120)], [Quality::Fair; 2]);
    assert_eq!([lossy(150), lossy(1_000)], [Quality::Poor; 2]);
    assert_eq!([far(20), far(150)], [Quality::Good; 2]);
    assert_eq!(far(300), Quality::Fair);
    assert_eq!(far(500), Quality::Poor);
}

#[test]
fn a_picture_that_stands_still_is_no_good_connection() {
    let frozen = |frozen_permille| {
        let sample = Sample {
            frozen_permille,
            ..Sample::default()
        };
        Rating::of(&sample).quality()
    };
    assert_eq!(frozen(50), Quality::Good);
    assert_eq!(frozen(100), Quality::Fair);
    assert_eq!(frozen(600), Quality::Poor);
}

#[test]
fn only_nothing_is_lost() {
    let worst = Sample {
        loss_permille: u32::MAX,
        jitter_ms: u32::MAX,
        round_trip_ms: u32::MAX,
        frozen_permille: u32::MAX,
    };
    assert_eq!(Rating::of(&worst).quality(), Quality::Poor);
    assert_eq!(Rating::NOTHING.quality(), Quality::Lost);
}

pub(crate) fn samples() -> impl Strategy<Value = Sample> {
    let parts = (0..=1_000_u32, 0..500_u32, 0..1_500_u32, 0..=1_000_u32);
    parts.prop_map(
        |(loss_permille, jitter_ms, round_trip_ms, frozen_permille)| Sample {
            loss_permille,
            jitter_ms,
            round_trip_ms,
            frozen_permille,
        },
    )
}

proptest! {
    #[test]
    fn whatever_gets_worse_the_rating_never_gets_better(
        sample in samples(),
        more in (0..400_u32, 0..200_u32, 0..600_u32, 0..400_u32),
    ) {
        let (loss, jitter, delay, frozen) = more;
        let rating = Rating::of(&sample);
        for worse in [
            Sample { loss_permille: sample.loss_permille + loss, ..sample },
            Sample { jitter_ms: sample.jitter_ms + jitter, ..sample },
            Sample { round_trip_ms: sample.round_trip_ms + delay, ..sample },
            Sample { frozen_permille: sample.frozen_permille + frozen, ..sample },
        ] {
            prop_assert!(Rating::of(&worse) <= rating, "{worse:?}");
        }
    }
}
