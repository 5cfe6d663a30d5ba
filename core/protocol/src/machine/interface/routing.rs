//! Where a call should sound, and whether the proximity sensor is wanted: a pure function of what
//! is shown, for the layer that can ask the system for it.

use serde::Serialize;

use crate::machine::interface::view::{CallState, CallView, View};

/// What the system should be asked for now. One owner asks, and follows every change of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct AudioRoute {
    /// Where the call sounds; nothing where there is none to hear. A headset that is connected
    /// comes before the earpiece, and before the loudspeaker too unless the user chose that.
    pub output: Option<AudioOutput>,
    /// The screen goes dark, and is not touched, at the ear.
    pub proximity_sensor: bool,
}

/// The device's own outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AudioOutput {
    /// At the ear.
    Earpiece,
    /// Held away.
    Loudspeaker,
}

/// What to ask for. `screen_on`: the user has the screen on; that the sensor has darkened it
/// counts as on.
pub fn audio_route(view: &View, screen_on: bool) -> AudioRoute {
    let Some(call) = view.call.as_ref().filter(|call| is_heard(call)) else {
        return AudioRoute {
            output: None,
            proximity_sensor: false,
        };
    };
    let is_video = is_video(call);
    let loud = call.speaker.unwrap_or(is_video);
    AudioRoute {
        output: Some(if loud {
            AudioOutput::Loudspeaker
        } else {
            AudioOutput::Earpiece
        }),
        proximity_sensor: screen_on && !loud && !is_video,
    }
}

/// A ring sounds where ringtones do; what is held is silent.
fn is_heard(call: &CallView) -> bool {
    match call.state {
        CallState::Outgoing { .. }
        | CallState::Connecting
        | CallState::Active
        | CallState::Reconnecting => true,
        CallState::Incoming { .. } | CallState::Held | CallState::Ended(_) => false,
    }
}

/// Somebody looks at the screen: a picture is wanted, or comes.
fn is_video(call: &CallView) -> bool {
    call.camera.wanted || call.participants.iter().any(|p| p.camera)
}
