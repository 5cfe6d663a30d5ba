//! Finding a known sound in a received one.

use std::ops::Range;

use super::features::{BAND_COUNT, Features, HOPS_PER_SECOND, WAVE_RATE};

/// How well a received sound matches a reference, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// Median over its seconds of the normalised correlation of the bands' energies, -1 to 1.
    pub envelope: f32,
    /// Median over its half seconds of the normalised correlation of the waveforms, -1 to 1.
    pub waveform: f32,
    /// Where in the reference the received sound begins, in milliseconds.
    pub offset_ms: i64,
}

const NOTHING: Match = Match {
    envelope: 0.0,
    waveform: 0.0,
    offset_ms: 0,
};

/// Hops of a piece: a second.
const PIECE: usize = HOPS_PER_SECOND;
/// Samples in a hop, at [`WAVE_RATE`].
const HOP: usize = WAVE_RATE / HOPS_PER_SECOND;
/// Samples of what is compared as a waveform: half a second.
const HALF: usize = PIECE * HOP / 2;
/// How far a piece may lie from its place by the clock, in hops: a jitter buffer stretches and
/// squeezes, most of all where the machine is busy.
const HOP_SLACK: usize = HOPS_PER_SECOND * 2 / 5;
/// How far a waveform may lie from where its envelope is, in samples.
const WAVE_SLACK: usize = 2 * HOP;

/// Finds the place of the reference at which `received` fits best.
///
/// The whole of `received` is placed by its envelope, at any offset of the reference where all of
/// it lies inside; then each second of it is placed near there by its own envelope, and its two
/// halves are compared as waveforms. Less than a second, or more than the reference is long,
/// matches nothing.
pub fn find(received: &Features, reference: &Features) -> Match {
    if received.hops.len() < PIECE {
        return NOTHING;
    }
    let everywhere = 0..reference.hops.len();
    let Some((start, _)) = best_hop(&received.hops, &reference.hops, everywhere) else {
        return NOTHING;
    };
    let (mut envelopes, mut waveforms) = (Vec::new(), Vec::new());
    for (n, piece) in received.hops.chunks_exact(PIECE).enumerate() {
        let expected = start + n * PIECE;
        let near = expected.saturating_sub(HOP_SLACK)..expected + PIECE + HOP_SLACK;
        let Some((place, envelope)) = best_hop(piece, &reference.hops, near) else {
            continue;
        };
        envelopes.push(envelope);
        for half in 0..2 {
            let wave = window(&received.wave, n * PIECE * HOP + half * HALF, HALF, 0);
            let near = window(&reference.wave, place * HOP + half * HALF, HALF, WAVE_SLACK);
            let fits = near.windows(HALF).map(|sent| wave_correlation(wave, sent));
            waveforms.extend(fits.max_by(f32::total_cmp));
        }
    }
    Match {
        envelope: median(envelopes),
        waveform: median(waveforms),
        offset_ms: (start * 1000 / HOPS_PER_SECOND) as i64,
    }
}

/// `length` values from `start` on, and as many as there are up to `slack` around them.
fn window(values: &[f32], start: usize, length: usize, slack: usize) -> &[f32] {
    let end = (start + length + slack).min(values.len());
    values
        .get(start.saturating_sub(slack)..end)
        .unwrap_or_default()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

type Hop = [f32; BAND_COUNT];

/// Energies without their mean, and how strong they are.
struct Centred {
    hops: Vec<Hop>,
    energy: f32,
}

impl Centred {
    fn of(hops: &[Hop]) -> Self {
        let mean = mean(hops);
        let hops: Vec<Hop> = hops
            .iter()
            .map(|hop| std::array::from_fn(|band| at(hop, band) - at(&mean, band)))
            .collect();
        let energy = hops.iter().flatten().map(|v| v * v).sum();
        Self { hops, energy }
    }
}

/// Where in a part of the reference all of `received` fits best, and how well.
fn best_hop(received: &[Hop], reference: &[Hop], part: Range<usize>) -> Option<(usize, f32)> {
    let part = part.start..part.end.min(reference.len());
    let first = part.start;
    let centred = Centred::of(received);
    reference
        .get(part)?
        .windows(received.len())
        .enumerate()
        .map(|(n, window)| (first + n, correlation(&centred, window)))
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

/// One side has no mean, so the other's falls out of the product by itself.
fn correlation(centred: &Centred, window: &[Hop]) -> f32 {
    let mean = mean(window);
    let (mut product, mut energy) = (0.0, 0.0);
    for (ours, theirs) in centred.hops.iter().zip(window) {
        for band in 0..BAND_COUNT {
            let value = at(theirs, band) - at(&mean, band);
            product += at(ours, band) * value;
            energy += value * value;
        }
    }
    normalised(product, centred.energy, energy)
}

fn wave_correlation(piece: &[f32], window: &[f32]) -> f32 {
    let (mut product, mut one, mut other) = (0.0, 0.0, 0.0);
    for (ours, theirs) in piece.iter().zip(window) {
        product += ours * theirs;
        one += ours * ours;
        other += theirs * theirs;
    }
    normalised(product, one, other)
}

fn normalised(product: f32, one: f32, other: f32) -> f32 {
    let scale = (one * other).sqrt();
    if scale < 1e-3 { 0.0 } else { product / scale }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::random::Random;
    use crate::media::samples_in_ms;
    use crate::media::speech::babble;

    /// Half as loud, duller, noisy, and with a piece of 60 ms squeezed out in the middle.
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
        worse.drain(middle..middle + samples_in_ms(60));
        worse
    }

    #[test]
    fn a_degraded_piece_is_found_where_it_was_taken() {
        let reference = babble(1, 12);
        let piece = degraded(&reference[samples_in_ms(5_230)..samples_in_ms(9_230)]);
        let found = find(&Features::of(&piece), &Features::of(&reference));
        assert!(found.envelope > 0.8, "{found:?}");
        assert!(found.waveform > 0.8, "{found:?}");
        assert!((found.offset_ms - 5_230).abs() <= 60, "{found:?}");
    }

    #[test]
    fn the_same_piece_is_not_found_in_another_sound() {
        let reference = babble(1, 12);
        let piece = degraded(&reference[samples_in_ms(5_230)..samples_in_ms(8_230)]);
        for seed in 2..12 {
            let found = find(&Features::of(&piece), &Features::of(&babble(seed, 12)));
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
