//! A phone's recording on the clock of the run.

use super::super::play::{Broken, Play};
use super::super::report::model::{Check, Heard};
use crate::analysis::features::Features;
use crate::analysis::proof::{FOREIGN_WAVEFORM, HEARD_ENVELOPE, HEARD_WAVEFORM, Proof, SOUND_DB};
use crate::media::{samples_in_ms, wav};

/// Parts of a waveform as drawn.
const PARTS: usize = 600;

/// What one phone heard in its first call.
pub(super) struct Hearing {
    samples: Vec<i16>,
    /// The moment of sample 0, on the clock of the log.
    begins_ms: f64,
}

impl Hearing {
    /// Reads the recording of a lane's phone, which has ended.
    pub(super) fn of(play: &Play<'_>, lane: usize) -> Result<Self, Broken> {
        let begins = play.told(lane, |e| e.event == "recording");
        Ok(Self {
            samples: wav::read(&play.recording(lane))?,
            begins_ms: begins.map_or(0.0, |entry| entry.at_ms),
        })
    }

    /// What was heard between two moments of the log's clock.
    pub(super) fn between(&self, from_ms: f64, to_ms: f64) -> &[i16] {
        let at = |ms: f64| samples_in_ms((ms - self.begins_ms).max(0.0) as u64);
        let end = at(to_ms).min(self.samples.len());
        self.samples
            .get(at(from_ms).min(end)..end)
            .unwrap_or_default()
    }

    /// As the report draws it.
    pub(super) fn drawn(&self, at: usize, of: usize, zero_ms: f64) -> Heard {
        let part = self.samples.len().div_ceil(PARTS).max(1);
        let full = f32::from(i16::MAX);
        let peaks = self.samples.chunks(part).map(|samples| {
            let low = samples.iter().min().copied().unwrap_or(0);
            let high = samples.iter().max().copied().unwrap_or(0);
            (f32::from(low) / full, f32::from(high) / full)
        });
        Heard {
            at,
            of,
            begins_ms: self.begins_ms - zero_ms,
            peaks: peaks.collect(),
            lasts_ms: self.samples.len() as f64 * 1000.0 / f64::from(crate::media::SAMPLE_RATE),
            marks: Vec::new(),
            silent: Vec::new(),
        }
    }
}

/// The proof that `who` heard the other and nobody else, as checks: the proof, and that it would
/// have failed with the references mistaken for each other.
pub(super) fn proof(
    who: &str,
    when: &str,
    received: &[i16],
    other: &Features,
    own: &Features,
) -> [Check; 2] {
    let proof = Proof::of(received, other, own);
    let figures = |check: Check, proof: &Proof| {
        check
            .number("other's waveform", f64::from(proof.other.waveform), 2, "")
            .number("envelope", f64::from(proof.other.envelope), 2, "")
            .number("own waveform", f64::from(proof.own.waveform), 2, "")
    };
    let heard = Check::new(
        format!("{who} heard the other's voice, and not the own one, {when}"),
        format!(
            "correlations: other's ≥ {HEARD_WAVEFORM} and ≥ {HEARD_ENVELOPE}, own ≤ {FOREIGN_WAVEFORM}"
        ),
        proof.holds(),
    );
    let swapped = proof.swapped();
    let refuted = Check::new(
        format!("The same proof fails for {who} when the two references are swapped, {when}"),
        "it fails",
        !swapped.holds(),
    );
    [figures(heard, &proof), figures(refuted, &swapped)]
}

/// The least that a span must hold, in seconds: nothing recorded is no proof of silence.
const LEAST_SECONDS: f64 = 1.0;

/// That a span was silent, or that it was not.
pub(super) fn level(claim: &str, received: &[i16], should_sound: bool) -> Check {
    let db = crate::media::level::rms_db(received);
    let seconds = received.len() as f64 / f64::from(crate::media::SAMPLE_RATE);
    let (expected, passed) = if should_sound {
        (format!("above {SOUND_DB} dB"), db > SOUND_DB)
    } else {
        (
            format!("below {SOUND_DB} dB, for {LEAST_SECONDS} s at least"),
            db < SOUND_DB && seconds >= LEAST_SECONDS,
        )
    };
    Check::new(claim, expected, passed)
        .number("level", f64::from(db), 1, "dB")
        .number("of", seconds, 1, "s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_that_is_not_there_proves_no_silence() {
        let long = vec![0; crate::media::SAMPLE_RATE as usize];
        assert!(level("silent", &long, false).passed);
        assert!(!level("silent", &[], false).passed);
        assert!(!level("sounds", &long, true).passed);
    }
}
