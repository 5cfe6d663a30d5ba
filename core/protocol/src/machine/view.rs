//! What a user interface is drawn from.

use crate::id::{CallId, MemberId};
use crate::media::CallType;
use crate::snapshot::Role;

use super::event::{Ended, Peer};

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
