//! What a phone heard, on the time axis of its call.

use super::{FRAME_SAMPLES, samples_in_ms};

/// A pause shorter than this is jitter of the playout, not a gap, in milliseconds.
const GAP_MS: u64 = 80;
/// Longest recording, in milliseconds: what comes later is counted, not kept.
const LONGEST_MS: u64 = 10 * 60 * 1000;

/// All sound that was received in one call.
///
/// Sample 0 is the moment at which the recording was begun. Where nothing was received there is
/// digital silence, so a sample's index is its time, to about a tenth of a second.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    samples: Vec<i16>,
    received: u64,
}

impl Recording {
    /// Adds what was received at `at_ms` milliseconds after the beginning.
    pub fn add(&mut self, at_ms: u64, frame: &[i16]) {
        self.received += frame.len() as u64;
        if at_ms > LONGEST_MS {
            return;
        }
        let here = samples_in_ms(at_ms);
        if self.samples.len() + samples_in_ms(GAP_MS) < here {
            self.samples.resize(here, 0);
        }
        self.samples.extend_from_slice(frame);
    }

    /// The sound, silence in its gaps.
    pub fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How many 10 ms frames were received, gaps not counted.
    pub fn frames(&self) -> u64 {
        self.received / FRAME_SAMPLES as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_samples_index_is_its_time() {
        let mut recording = Recording::default();
        recording.add(1000, &[7; FRAME_SAMPLES]);
        recording.add(1013, &[8; FRAME_SAMPLES]);
        recording.add(3000, &[9; FRAME_SAMPLES]);
        let samples = recording.samples();
        assert_eq!(samples[samples_in_ms(1000) - 1], 0);
        assert_eq!(samples[samples_in_ms(1000)], 7);
        assert_eq!(samples[samples_in_ms(1010)], 8);
        assert_eq!(samples[samples_in_ms(3000) - 1], 0);
        assert_eq!(samples[samples_in_ms(3000)], 9);
        assert_eq!(recording.frames(), 3);
    }

    #[test]
    fn a_recording_does_not_grow_without_end() {
        let mut recording = Recording::default();
        recording.add(u64::MAX, &[1; FRAME_SAMPLES]);
        assert!(recording.samples().is_empty());
        assert_eq!(recording.frames(), 1);
    }
}
