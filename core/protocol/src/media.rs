//! What is sent and shown in a call, as the wire names it.

use serde::{Deserialize, Serialize};

/// Voice only, or voice and video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    /// Microphones only.
    Voice,
    /// Microphones and cameras.
    Video,
}

impl CallType {
    /// The word for it on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Video => "video",
        }
    }
}

/// A participant's media as it last told the server. Defaults are those of a deployed server,
/// which reports video as enabled in voice calls too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MediaFlags {
    /// The microphone is muted.
    pub is_muted: bool,
    /// The camera may be on.
    pub is_video_enabled: bool,
    /// The loudspeaker is on. Never shown to others.
    pub is_speaker_on: bool,
}

impl Default for MediaFlags {
    fn default() -> Self {
        Self {
            is_muted: false,
            is_video_enabled: true,
            is_speaker_on: false,
        }
    }
}
