//! What a user interface is drawn from.

use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::snapshot::Role;

use super::Machine;
use super::event::{Ended, Peer};
use super::state::{Call, Phase};

/// All that is to be shown now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The present call, or the last one until another begins.
    pub call: Option<CallView>,
    /// This member is in this call on another device.
    pub in_call_elsewhere: Option<CallId>,
    /// The MQTT connection stands.
    pub link_up: bool,
    /// What the server speaks, once it is known.
    pub server: Option<ServerKind>,
    /// Signals that came from somebody who may not send them, since sign-in.
    pub refused_signals: u64,
}

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerKind {
    /// The base contract only.
    PartA,
    /// The base contract and what our backend adds.
    PartB,
}

/// One call, as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub call_id: CallId,
    /// What this member is in it.
    pub role: Role,
    /// The other side.
    pub peer: Peer,
    /// Voice or video.
    pub call_type: CallType,
    /// Where it stands.
    pub state: CallState,
    /// This device's microphone is wanted on.
    pub microphone: bool,
    /// This device's camera is wanted on.
    pub camera: bool,
    /// The other's microphone is on, as far as is known.
    pub peer_microphone: bool,
    /// The other's camera is on, as far as is known.
    pub peer_camera: bool,
    /// The other has lost the room and may come back.
    pub peer_reconnecting: bool,
    /// Whose sound and picture may be played now, by member.
    pub playable: Vec<MemberId>,
    /// When it became active, in the machine's milliseconds.
    pub active_since_ms: Option<u64>,
}

/// Where a call stands for the user. No call at all is *idle*.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallState {
    /// Made here, not answered yet.
    Outgoing {
        /// A device of the callee really rings.
        remote_ringing: bool,
    },
    /// Rings here.
    Incoming {
        /// Until then, in the machine's milliseconds.
        ring_until_ms: u64,
    },
    /// Accepted; media is coming up.
    Connecting,
    /// Both sides are in it.
    Active,
    /// It was active; this device has lost the room and is trying to come back.
    Reconnecting,
    /// Over.
    Ended(Ended),
}

impl Machine {
    /// What a user interface is drawn from.
    pub fn snapshot(&self) -> View {
        View {
            call: self
                .foremost()
                .map(|call| self.view_of(call))
                .or_else(|| self.last.clone()),
            in_call_elsewhere: self.elsewhere.clone(),
            link_up: self.link.is_up(),
            server: self.server,
            refused_signals: self.refused_signals,
        }
    }

    pub(super) fn view_of(&self, call: &Call) -> CallView {
        let (state, active_since_ms) = match call.phase {
            Phase::Creating { .. } => (
                CallState::Outgoing {
                    remote_ringing: false,
                },
                None,
            ),
            Phase::Dialing { remote_ringing } => (CallState::Outgoing { remote_ringing }, None),
            Phase::Ringing { until_ms } => (
                CallState::Incoming {
                    ring_until_ms: until_ms,
                },
                None,
            ),
            Phase::Accepting | Phase::Connecting => (CallState::Connecting, None),
            Phase::Active { since_ms } if call.room.lost => {
                (CallState::Reconnecting, Some(since_ms))
            }
            Phase::Active { since_ms } => (CallState::Active, Some(since_ms)),
        };
        let playable = if call.is_accepted() {
            call.room
                .playable
                .iter()
                .map(|(_, member)| member.clone())
                .collect()
        } else {
            Vec::new()
        };
        CallView {
            call_id: call.id.clone(),
            role: call.role,
            peer: call.peer.clone(),
            call_type: call.call_type,
            state,
            microphone: call.media.microphone,
            camera: call.media.camera,
            peer_microphone: call.media.peer_microphone_on,
            peer_camera: call.media.peer_camera_on,
            peer_reconnecting: call.room.peer_lost,
            playable,
            active_since_ms,
        }
    }
}
