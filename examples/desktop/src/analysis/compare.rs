//! Finding a known sound in a received one.

use super::features::{BAND_COUNT, Features, HOPS_PER_SECOND, WAVE_RATE};

/// How well a received sound matches a reference, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Normalised correlation of the bands' energies at the best place, -1 to 1.
    pub envelope: f32,
    /// Median over half seconds of the normalised correlation of the waveforms there, -1 to 1.
    pub waveform: f32,
    /// Where in the reference the received sound begins, in milliseconds.
    pub offset_ms: i64,
}

const NOTHING: Match = Match {
    envelope: 0.0,
    waveform: 0.0,
    offset_ms: 0,
};

/// Length of a piece whose waveforms are compared, in samples at [`WAVE_RATE`].
const PIECE: usize = WAVE_RATE / 2;
/// How far a piece may lie from where the envelope says, in samples: a hop, and what a jitter
/// buffer stretches and squeezes.
const SLACK: usize = WAVE_RATE / 40;

/// Finds the place of the reference at which `received` fits best.
///
/// The whole of `received` is compared, at every offset of the reference where all of it lies
/// inside; nothing received, or more than the reference is long, matches nothing.
pub fn find(received: &Features, reference: &Features) -> Match {
    let Some((hop, envelope)) = best_hop(&received.hops, &reference.hops) else {
        return NOTHING;
    };
    Match {
        envelope,
        waveform: waveform(&received.wave, &reference.wave, hop),
        offset_ms: (hop * 1000 / HOPS_PER_SECOND) as i64,
    }
}

type Hop = [f32; BAND_COUNT];

fn best_hop(received: &[Hop], reference: &[Hop]) -> Option<(usize, f32)> {
    let length = received.len();
    if length == 0 || reference.len() < length {
        return None;
    }
    let mean = mean(received);
    let centred: Vec<Hop> = received
        .iter()
        .map(|hop| std::array::from_fn(|band| at(hop, band) - at(&mean, band)))
        .collect();
    let energy: f32 = centred.iter().flatten().map(|v| v * v).sum();
    let windows = reference.windows(length).enumerate();
    windows
        .map(|(start, window)| (start, correlation(&centred, energy, window)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn at(hop: &Hop, band: usize) -> f32 {
    hop.get(band).copied().unwrap_or(0.0)
}

fn mean(hops: &[Hop]) -> Hop {
    let mut sum = [0.0; BAND_COUNT];
    for hop in hops {
        for (sum, value) in sum.iter_mut().zip(hop) {
            *sum += value;
        }
    }
    sum.map(|sum| sum / hops.len() as f32)
}

/// `centred` has no mean, so the window's mean falls out of the product by itself.
fn correlation(centred: &[Hop], energy: f32, window: &[Hop]) -> f32 {
    let mean = mean(window);
    let (mut product, mut window_energy) = (0.0, 0.0);
    for (ours, theirs) in centred.iter().zip(window) {
        for band in 0..BAND_COUNT {
            let value = at(theirs, band) - at(&mean, band);
            product += at(ours, band) * value;
            window_energy += value * value;
        }
    }
    normalised(product, energy, window_energy)
}

fn normalised(product: f32, one: f32, other: f32) -> f32 {
    let scale = (one * other).sqrt();
    if scale < 1e-3 { 0.0 } else { product / scale }
}

/// Each half second looks for its own place near the common one, so that a jitter buffer that
/// moved in between does no harm.
fn waveform(received: &[f32], reference: &[f32], hop: usize) -> f32 {
    let start = hop * WAVE_RATE / HOPS_PER_SECOND;
    let mut scores: Vec<f32> = received
        .chunks_exact(PIECE)
        .enumerate()
        .filter_map(|(n, piece)| {
            let expected = start + n * PIECE;
            let from = expected.saturating_sub(SLACK);
            let to = (expected + PIECE + SLACK).min(reference.len());
            let energy = piece.iter().map(|v| v * v).sum();
            reference
                .get(from..to)?
                .windows(PIECE)
                .map(|window| {
                    let (mut product, mut window_energy) = (0.0, 0.0);
                    for (ours, theirs) in piece.iter().zip(window) {
                        product += ours * theirs;
                        window_energy += theirs * theirs;
                    }
                    normalised(product, energy, window_energy)
                })
                .max_by(f32::total_cmp)
        })
        .collect();
    scores.sort_by(f32::total_cmp);
    scores.get(scores.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::random::Random;
    use crate::media::samples_in_ms;
    use crate::media::speech::babble;

    /// Half as loud, duller, noisy, and with a piece of 10 ms squeezed out in the middle.
    fn degraded(samples: &[i16]) -> Vec<i16> {
        let mut random = Random::new(11);
        let mut smooth = 0.0;
        let mut worse: Vec<i16> = samples
            .iter()
            .map(|s| {
                smooth += 0.45 * (f32::from(*s) - smooth);
                (0.5 * smooth + random.between(-150.0, 150.0)) as i16
            })
            .collect();
        let middle = worse.len() / 2;
        worse.drain(middle..middle + samples_in_ms(10));
        worse
    }

    #[test]
    fn a_degraded_piece_is_found_where_it_was_taken() {
        let reference = babble(1, 12);
        let piece = degraded(&reference[samples_in_ms(5_230)..samples_in_ms(9_230)]);
        let found = find(&Features::of(&piece), &Features::of(&reference));
        assert!(found.envelope > 0.85, "{found:?}");
        assert!(found.waveform > 0.8, "{found:?}");
        assert!((found.offset_ms - 5_230).abs() <= 20, "{found:?}");
    }

    #[test]
    fn the_same_piece_is_not_found_in_another_sound() {
        let reference = babble(1, 12);
        let piece = degraded(&reference[samples_in_ms(5_230)..samples_in_ms(8_230)]);
        for seed in 2..6 {
            let found = find(&Features::of(&piece), &Features::of(&babble(seed, 12)));
            assert!(found.envelope < 0.5, "{seed} {found:?}");
            assert!(found.waveform < 0.2, "{seed} {found:?}");
        }
    }

    #[test]
    fn silence_and_too_much_match_nothing() {
        let reference = Features::of(&babble(1, 2));
        assert_eq!(find(&Features::of(&[]), &reference), NOTHING);
        let silence = find(&Features::of(&[0; 48_000]), &reference);
        assert_eq!((silence.envelope, silence.waveform), (0.0, 0.0));
        assert_eq!(find(&Features::of(&babble(1, 3)), &reference), NOTHING);
    }
}
