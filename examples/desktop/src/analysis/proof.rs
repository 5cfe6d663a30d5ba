//! Whether the right sound arrived.

use super::compare::{self, Match};
use super::features::Features;

/// Least envelope correlation of a sound that was heard.
pub const HEARD_ENVELOPE: f32 = 0.6;
/// Least waveform correlation of a sound that was heard.
pub const HEARD_WAVEFORM: f32 = 0.5;
/// Greatest waveform correlation of a sound that was not heard. Envelopes do not tell here: any
/// two speakers have syllables and pauses.
pub const FOREIGN_WAVEFORM: f32 = 0.3;
/// A level above this is sound, one below is silence, in dB below full scale.
pub const SOUND_DB: f32 = -50.0;

/// What was heard, held against both references.
#[derive(Debug, Clone, Copy)]
pub struct Proof {
    /// Against what the other end sent.
    pub other: Match,
    /// Against what the own end sent: an echo, or a mix-up, would show here.
    pub own: Match,
}

impl Proof {
    /// Compares received 48 kHz samples with both references.
    pub fn of(received: &[i16], other: &Features, own: &Features) -> Self {
        let received = Features::of(received);
        Self {
            other: compare::find(&received, other),
            own: compare::find(&received, own),
        }
    }

    /// The other's sound arrived, and the own one did not.
    pub fn holds(&self) -> bool {
        self.other.envelope >= HEARD_ENVELOPE
            && self.other.waveform >= HEARD_WAVEFORM
            && self.own.waveform <= FOREIGN_WAVEFORM
    }

    /// The same proof with the references mistaken for each other. It must not hold.
    pub fn swapped(&self) -> Self {
        Self {
            other: self.own,
            own: self.other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::samples_in_ms;
    use crate::media::speech::babble;

    #[test]
    fn it_holds_for_the_other_and_never_for_swapped_references() {
        let (other, own) = (babble(1, 8), babble(2, 8));
        let received = &other[samples_in_ms(1000)..samples_in_ms(4000)];
        let proof = Proof::of(received, &Features::of(&other), &Features::of(&own));
        assert!(proof.holds(), "{proof:?}");
        assert!(!proof.swapped().holds(), "{proof:?}");
    }

    #[test]
    fn an_echo_of_oneself_or_both_at_once_is_no_proof() {
        let (other, own) = (babble(1, 8), babble(2, 8));
        let references = (Features::of(&other), Features::of(&own));
        let piece = samples_in_ms(1000)..samples_in_ms(5000);
        let echo = Proof::of(&own[piece.clone()], &references.0, &references.1);
        assert!(!echo.holds(), "{echo:?}");
        let mixed: Vec<i16> = other[piece.clone()]
            .iter()
            .zip(&own[piece])
            .map(|(a, b)| a - a / 4 + b / 2)
            .collect();
        let mixed = Proof::of(&mixed, &references.0, &references.1);
        assert!(mixed.other.waveform > HEARD_WAVEFORM, "{mixed:?}");
        assert!(!mixed.holds(), "{mixed:?}");
        let silence = Proof::of(&[0; 96_000], &references.0, &references.1);
        assert!(!silence.holds());
    }
}
