//! Babble that has what makes speech hard for a codec, and is known sample by sample.
//!
//! Syllables of chance length, pitch and vowel, some of them hissed, one after the other with
//! short pauses. Two seeds give two signals that have nothing to do with each other, so whoever
//! hears one can say which it was.

use std::f32::consts::TAU;

use super::random::Random;
use super::{SAMPLE_RATE, samples_in_ms};

/// Peak of what is made, of the 32767 possible.
const PEAK: f32 = 16_000.0;

/// Makes `seconds` of babble. It begins at once, without a pause.
pub fn babble(seed: u64, seconds: u32) -> Vec<i16> {
    let wanted = samples_in_ms(u64::from(seconds) * 1000);
    let mut random = Random::new(seed);
    let mut sound: Vec<f32> = Vec::with_capacity(wanted + samples_in_ms(400));
    while sound.len() < wanted {
        syllable(&mut random, &mut sound);
        let pause = samples_in_ms(random.between(5.0, 60.0) as u64);
        sound.resize(sound.len() + pause, 0.0);
    }
    sound.truncate(wanted);
    sound.iter().map(|s| (s * PEAK) as i16).collect()
}

fn syllable(random: &mut Random, sound: &mut Vec<f32>) {
    let length = samples_in_ms(random.between(70.0, 200.0) as u64);
    let hissed = random.between(0.0, 1.0) < 0.25;
    let pitch_hz = random.between(90.0, 260.0);
    let glide = random.between(0.75, 1.3);
    let mut vowel = if hissed {
        [
            Resonator::new(random.between(2200.0, 3500.0), 500.0),
            Resonator::new(random.between(3500.0, 6000.0), 900.0),
            Resonator::new(random.between(1000.0, 2000.0), 400.0),
        ]
    } else {
        [
            Resonator::new(random.between(250.0, 850.0), 80.0),
            Resonator::new(random.between(850.0, 2400.0), 120.0),
            Resonator::new(random.between(2400.0, 3500.0), 200.0),
        ]
    };
    let mut phase = 0.0;
    let start = sound.len();
    let mut peak = 1e-3_f32;
    for n in 0..length {
        let progress = n as f32 / length as f32;
        phase += pitch_hz * (1.0 + (glide - 1.0) * progress) / SAMPLE_RATE as f32;
        let noise = random.between(-1.0, 1.0);
        let excitation = if hissed {
            noise
        } else if phase >= 1.0 {
            phase -= 1.0;
            12.0
        } else {
            0.02 * noise
        };
        let voice: f32 = vowel.iter_mut().map(|r| r.filter(excitation)).sum();
        let shape = (0.5 - 0.5 * (TAU * progress).cos()).sqrt();
        peak = peak.max((voice * shape).abs());
        sound.push(voice * shape);
    }
    let loudness = random.between(0.5, 1.0) / peak;
    for sample in sound.iter_mut().skip(start) {
        *sample *= loudness;
    }
}

/// A two-pole filter that rings at one frequency: one formant of a vowel.
struct Resonator {
    feedback: [f32; 2],
    gain: f32,
    past: [f32; 2],
}

impl Resonator {
    fn new(centre_hz: f32, width_hz: f32) -> Self {
        let radius = (-std::f32::consts::PI * width_hz / SAMPLE_RATE as f32).exp();
        let turn = (TAU * centre_hz / SAMPLE_RATE as f32).cos();
        Self {
            feedback: [2.0 * radius * turn, -radius * radius],
            gain: 1.0 - radius,
            past: [0.0; 2],
        }
    }

    fn filter(&mut self, input: f32) -> f32 {
        let [near, far] = self.past;
        let output = self.gain * input + self.feedback[0] * near + self.feedback[1] * far;
        self.past = [output, near];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level::rms_db;

    #[test]
    fn one_seed_is_one_sound_that_begins_at_once() {
        let sound = babble(1, 3);
        assert_eq!(sound.len(), 3 * SAMPLE_RATE as usize);
        assert_eq!(sound, babble(1, 3));
        assert_ne!(sound, babble(2, 3));
        assert!(rms_db(&sound[..samples_in_ms(50)]) > -40.0);
        assert!(rms_db(&sound) > -30.0);
    }
}
