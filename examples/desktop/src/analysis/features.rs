//! What a codec keeps of a sound: how the energy of its bands moves, and its low tones.

use std::f32::consts::TAU;

use crate::media::SAMPLE_RATE;

/// Frames of band energies a second.
pub const HOPS_PER_SECOND: usize = 100;
/// Rate of the waveform that is compared, in samples a second.
pub const WAVE_RATE: usize = 8000;
const BAND_RATE: usize = 16_000;
/// Centre of each band, in hertz.
const BANDS: [f32; 8] = [250.0, 420.0, 700.0, 1100.0, 1700.0, 2600.0, 3900.0, 5600.0];
/// Energies further below the loudest than this count as silence, in powers of ten.
const RANGE: f32 = 4.0;
/// How much of what all bands do together is taken out of each.
const COMMON_PART: f32 = 0.5;

/// Number of bands.
pub const BAND_COUNT: usize = BANDS.len();

/// A sound, reduced.
#[derive(Debug, Clone)]
pub struct Features {
    /// Logarithmic energies of the bands, less half their mean, one array a hop.
    pub hops: Vec<[f32; BAND_COUNT]>,
    /// The waveform at [`WAVE_RATE`].
    pub wave: Vec<f32>,
}

impl Features {
    /// Reduces 48 kHz mono samples.
    pub fn of(samples: &[i16]) -> Self {
        let middle = decimate(
            samples.iter().map(|s| f32::from(*s)),
            SAMPLE_RATE,
            BAND_RATE,
        );
        let wave = decimate(
            samples.iter().map(|s| f32::from(*s)),
            SAMPLE_RATE,
            WAVE_RATE,
        );
        Self {
            hops: band_energies(&middle),
            wave,
        }
    }
}

/// Averages neighbours: a low-pass that is good enough where both sides get the same.
fn decimate(samples: impl Iterator<Item = f32>, from: u32, to: usize) -> Vec<f32> {
    let factor = from as usize / to;
    let mut reduced = Vec::new();
    let (mut sum, mut count) = (0.0, 0);
    for sample in samples {
        sum += sample;
        count += 1;
        if count == factor {
            reduced.push(sum / factor as f32);
            (sum, count) = (0.0, 0);
        }
    }
    reduced
}

fn band_energies(samples: &[f32]) -> Vec<[f32; BAND_COUNT]> {
    let mut filters = BANDS.map(BandPass::new);
    let mut hops: Vec<[f32; BAND_COUNT]> = Vec::new();
    for hop in samples.chunks_exact(BAND_RATE / HOPS_PER_SECOND) {
        let mut energies = [0.0; BAND_COUNT];
        for sample in hop {
            for (filter, energy) in filters.iter_mut().zip(&mut energies) {
                *energy += filter.filter(*sample).powi(2);
            }
        }
        hops.push(energies);
    }
    for band in 0..BAND_COUNT {
        let of_band = |hop: &[f32; BAND_COUNT]| hop.get(band).copied().unwrap_or(0.0);
        let loudest = hops.iter().map(of_band).fold(0.0, f32::max).max(1.0);
        for energy in hops.iter_mut().filter_map(|hop| hop.get_mut(band)) {
            *energy = ((*energy / loudest).max(1e-12).log10() + RANGE).max(0.0);
        }
    }
    // All bands rise with a syllable and fall with a pause, in any speech: what tells one speech
    // from another is how the bands differ at a moment.
    for hop in &mut hops {
        let common = hop.iter().sum::<f32>() / BAND_COUNT as f32;
        for energy in hop {
            *energy -= COMMON_PART * common;
        }
    }
    hops
}

/// A band of an octave's half (RBJ biquad, constant peak).
struct BandPass {
    gain: f32,
    feedback: [f32; 2],
    inputs: [f32; 2],
    outputs: [f32; 2],
}

impl BandPass {
    fn new(centre_hz: f32) -> Self {
        let turn = TAU * centre_hz / BAND_RATE as f32;
        let alpha = turn.sin() / (2.0 * 2.5);
        let scale = 1.0 / (1.0 + alpha);
        Self {
            gain: alpha * scale,
            feedback: [2.0 * turn.cos() * scale, -(1.0 - alpha) * scale],
            inputs: [0.0; 2],
            outputs: [0.0; 2],
        }
    }

    fn filter(&mut self, input: f32) -> f32 {
        let output = self.gain * (input - self.inputs[1])
            + self.feedback[0] * self.outputs[0]
            + self.feedback[1] * self.outputs[1];
        self.inputs = [input, self.inputs[0]];
        self.outputs = [output, self.outputs[0]];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::FRAME_SAMPLES;
    use crate::media::sound::Sound;

    #[test]
    fn a_tone_is_loudest_in_its_own_band() {
        let mut samples = Vec::new();
        for n in 0..50 {
            let mut frame = [0; FRAME_SAMPLES];
            Sound::Tone(1100.0).fill(n * FRAME_SAMPLES, &mut frame);
            samples.extend(frame);
        }
        let mut filters = BANDS.map(BandPass::new);
        let mut energy = [0.0; BAND_COUNT];
        for sample in decimate(
            samples.iter().map(|s| f32::from(*s)),
            SAMPLE_RATE,
            BAND_RATE,
        ) {
            for (filter, energy) in filters.iter_mut().zip(&mut energy) {
                *energy += filter.filter(sample).powi(2);
            }
        }
        let loudest = (0..BAND_COUNT).max_by(|a, b| energy[*a].total_cmp(&energy[*b]));
        assert_eq!(loudest, Some(3));
    }

    #[test]
    fn silence_has_no_energy_at_all() {
        let features = Features::of(&[0; 48_000]);
        assert_eq!(features.hops.len(), HOPS_PER_SECOND);
        assert_eq!(features.wave.len(), WAVE_RATE);
        assert!(features.hops.iter().flatten().all(|e| *e == 0.0));
    }
}
