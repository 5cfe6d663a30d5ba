//! What the demo's people say: babble, another one each.

use std::path::{Path, PathBuf};

use super::servers::MEMBERS;
use crate::analysis::features::Features;
use crate::media::speech::babble;
use crate::media::wav::{self, WavError};

/// Longer than anybody talks in a scene.
const SECONDS: u32 = 40;

/// The voice of everybody.
pub(super) struct Voices(Vec<Voice>);

/// One voice.
pub(super) struct Voice {
    /// Where it lies for the phone to play.
    pub file: PathBuf,
    /// For the comparison with what was received.
    pub features: Features,
}

impl Voices {
    /// Makes them, and writes them as WAV files into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn make(folder: &Path) -> Result<Self, WavError> {
        let voice = |(seed, (member, _)): (u64, (&str, &str))| {
            let samples = babble(seed, SECONDS);
            let file = folder.join(format!("{member}-says.wav"));
            wav::write(&file, &samples)?;
            let features = Features::of(&samples);
            Ok(Voice { file, features })
        };
        let voices: Result<_, WavError> = (1..).zip(MEMBERS).map(voice).collect();
        voices.map(Self)
    }

    /// The voice of a member; `None` for somebody who takes no part.
    pub(super) fn of(&self, member: &str) -> Option<&Voice> {
        let place = MEMBERS.iter().position(|(id, _)| *id == member)?;
        self.0.get(place)
    }
}
