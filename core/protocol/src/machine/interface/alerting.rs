//! What a device sounds and shakes like: a pure function of what it shows.

use crate::machine::interface::view::{CallState, CallView, View};

/// What to sound now. One owner plays it, and follows every change of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alerting {
    /// The tone.
    pub tone: Option<Tone>,
    /// The device shakes.
    pub vibration: bool,
}

/// A tone that repeats until it is no longer asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// To the caller, in the ear: it rings over there.
    Ringback,
    /// Somebody calls.
    Ringtone,
    /// Somebody calls while this member is in a call or holds one: softly, in the ear.
    CallWaiting,
}

/// What to sound for what is shown.
pub fn alerting(view: &View) -> Alerting {
    let calls = || view.call.iter().chain(&view.others);
    let rings = calls().any(|call| matches!(call.state, CallState::Incoming { .. }));
    let occupied = calls().any(is_occupied);
    let remote = calls().any(|call| {
        matches!(
            call.state,
            CallState::Outgoing {
                remote_ringing: true
            }
        )
    });
    let tone = match (rings, occupied) {
        (true, true) => Some(Tone::CallWaiting),
        (true, false) => Some(Tone::Ringtone),
        (false, _) => remote.then_some(Tone::Ringback),
    };
    Alerting {
        tone,
        vibration: tone == Some(Tone::Ringtone),
    }
}

/// The user talks, dials or waits in this call.
fn is_occupied(call: &CallView) -> bool {
    match call.state {
        CallState::Outgoing { .. }
        | CallState::Connecting
        | CallState::Active
        | CallState::Reconnecting
        | CallState::Held => true,
        CallState::Incoming { .. } | CallState::Ended(_) => false,
    }
}
