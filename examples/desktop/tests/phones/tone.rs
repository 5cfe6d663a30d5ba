//! Tones that can be told apart after they have gone through a call.

use std::f64::consts::TAU;

use faithcall_desktop::analysis::proof::SOUND_DB;
use faithcall_desktop::media::level::rms_db;
use faithcall_desktop::media::{FRAME_SAMPLES, SAMPLE_RATE, samples_in_ms};

/// What one end's microphone hears, in hertz.
pub(crate) const LOW: u32 = 700;
/// What the other end's microphone hears, in hertz.
pub(crate) const HIGH: u32 = 1700;

/// How much sound is enough to know a tone by.
pub(crate) const ENOUGH_MS: u64 = 1000;

/// A jitter buffer stretches and squeezes, so a long tone is not one sine: it is looked at in
/// pieces of this length.
const PIECE_MS: u64 = 100;

/// As `--play` takes it.
pub(crate) fn played(hertz: u32) -> String {
    format!("tone:{hertz}")
}

/// Asserts that what was received is this tone and none other, from its first loud moment on.
#[track_caller]
pub(crate) fn assert_heard(received: &[i16], hertz: u32) {
    let sound = loud_part(received).expect("too little was heard");
    let pieces = sound.chunks(samples_in_ms(PIECE_MS));
    let mut shares: Vec<f64> = pieces.map(|piece| share(piece, hertz)).collect();
    shares.sort_by(f64::total_cmp);
    let middle = shares[shares.len() / 2];
    assert!(middle > 0.8, "only {middle:.2} of it is {hertz} Hz");
}

/// A second of sound, without its first fifth, in which the far end was still beginning.
fn loud_part(received: &[i16]) -> Option<&[i16]> {
    let mut frames = received.chunks(FRAME_SAMPLES);
    let first = frames.position(|frame| rms_db(frame) > SOUND_DB)?;
    let from = first * FRAME_SAMPLES + samples_in_ms(200);
    let sound = received.get(from..from + samples_in_ms(ENOUGH_MS))?;
    (rms_db(sound) > SOUND_DB).then_some(sound)
}

/// How much of a sound's energy is a sine of this frequency, 0 to 1.
fn share(samples: &[i16], hertz: u32) -> f64 {
    let step = TAU * f64::from(hertz) / f64::from(SAMPLE_RATE);
    let (mut cosine, mut sine, mut energy) = (0.0, 0.0, 0.0);
    for (n, sample) in (0_u32..).zip(samples) {
        let (sample, angle) = (f64::from(*sample), f64::from(n) * step);
        cosine += sample * angle.cos();
        sine += sample * angle.sin();
        energy += sample * sample;
    }
    2.0 * (cosine * cosine + sine * sine) / (energy * samples.len() as f64)
}

mod tests {
    use faithcall_desktop::media::sound::Sound;

    use super::*;

    fn generated(hertz: u32) -> Vec<i16> {
        let sound = Sound::parse(&played(hertz)).unwrap();
        let mut samples = vec![0; samples_in_ms(2 * ENOUGH_MS)];
        for (n, samples) in samples.chunks_exact_mut(FRAME_SAMPLES).enumerate() {
            sound.fill(n * FRAME_SAMPLES, samples.try_into().unwrap());
        }
        samples
    }

    #[test]
    fn the_right_tone_is_known() {
        assert_heard(&generated(LOW), LOW);
        assert_heard(&generated(HIGH), HIGH);
    }

    #[test]
    #[should_panic(expected = "of it is 1700 Hz")]
    fn the_wrong_tone_is_noticed() {
        assert_heard(&generated(LOW), HIGH);
    }

    #[test]
    #[should_panic(expected = "of it is 700 Hz")]
    fn two_tones_at_once_are_noticed() {
        let both = generated(LOW).into_iter().zip(generated(HIGH));
        let both: Vec<i16> = both.map(|(low, high)| low / 2 + high / 2).collect();
        assert_heard(&both, LOW);
    }
}
