//! What a phone without a microphone says.

use std::f64::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use super::{FRAME_SAMPLES, SAMPLE_RATE, wav};

/// What is played into a call.
#[derive(Debug, Clone)]
pub enum Sound {
    /// Digital silence.
    Silence,
    /// A sine of this frequency in hertz.
    Tone(f64),
    /// Samples, over and over again.
    Samples(Arc<[i16]>),
}

/// Why a text does not name a sound.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// `tone:` needs a frequency that can be heard.
    #[error("'{0}' is not a tone: write tone:HZ with a frequency from 50 to 8000, as tone:440")]
    Tone(String),
    /// The file holds no samples.
    #[error("{0:?} holds no sound")]
    Empty(String),
    /// The file could not be read.
    #[error(transparent)]
    Wav(#[from] wav::WavError),
}

impl Sound {
    /// Reads `silence`, `tone:HZ` or the path of a WAV file.
    ///
    /// # Errors
    /// See [`SoundError`].
    pub fn parse(text: &str) -> Result<Self, SoundError> {
        if text == "silence" {
            return Ok(Self::Silence);
        }
        if let Some(hz) = text.strip_prefix("tone:") {
            return match hz.parse::<f64>() {
                Ok(hz) if (50.0..=8000.0).contains(&hz) => Ok(Self::Tone(hz)),
                _ => Err(SoundError::Tone(text.to_owned())),
            };
        }
        let samples = wav::read(Path::new(text))?;
        if samples.is_empty() {
            return Err(SoundError::Empty(text.to_owned()));
        }
        Ok(Self::Samples(samples.into()))
    }

    /// Writes the frame that begins `position` samples after the sound's start.
    pub fn fill(&self, position: usize, frame: &mut [i16; FRAME_SAMPLES]) {
        match self {
            Self::Silence => frame.fill(0),
            Self::Tone(hz) => {
                let step = TAU * hz / f64::from(SAMPLE_RATE);
                for (n, sample) in frame.iter_mut().enumerate() {
                    *sample = (((position + n) as f64 * step).sin() * 8000.0) as i16;
                }
            }
            Self::Samples(samples) => {
                let endless = samples.iter().cycle().skip(position % samples.len().max(1));
                for (to, from) in frame.iter_mut().zip(endless) {
                    *to = *from;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_begin_again_at_their_end() {
        let sound = Sound::Samples((0..700).collect::<Vec<i16>>().into());
        let mut frame = [0; FRAME_SAMPLES];
        sound.fill(480, &mut frame);
        assert_eq!((frame[0], frame[219], frame[220]), (480, 699, 0));
    }

    #[test]
    fn a_tone_goes_on_smoothly_from_frame_to_frame() {
        let sound = Sound::parse("tone:1000").unwrap();
        let mut frames = [[0; FRAME_SAMPLES]; 2];
        sound.fill(0, &mut frames[0]);
        sound.fill(FRAME_SAMPLES, &mut frames[1]);
        // 1000 Hz moves by at most 8000 * 2 pi / 48 from one sample to the next.
        assert!((frames[1][0] - frames[0][479]).abs() <= 1048);
        assert_eq!(frames[0][12], 8000);
    }

    #[test]
    fn what_is_no_sound_is_refused_with_a_way_out() {
        for bad in ["tone:", "tone:x", "tone:9000000", "tone:NaN"] {
            let error = Sound::parse(bad).unwrap_err().to_string();
            assert!(error.contains("tone:440"), "{error}");
        }
        assert!(Sound::parse("/no/such/file.wav").is_err());
    }
}
