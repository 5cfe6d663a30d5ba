//! What travels on MQTT: signals, and the topics that they travel on.

pub mod topic;
mod wire;

pub use wire::{DecodeError, MAX_SIGNAL_BYTES, decode, encode};

use serde::{Deserialize, Serialize};

use crate::end::EndReason;
use crate::end::lenient_reason;
use crate::id::{CallId, DeviceId, MemberId, Rev};
use crate::media::CallType;
use crate::redact::Personal;
use crate::snapshot::CallSnapshot;
use crate::timestamp::Timestamp;

/// One message: what every signal carries, and the signal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Envelope {
    /// Which call it is about.
    pub call_id: CallId,
    /// The sender's clock. For people who read logs; no rule looks at it.
    pub timestamp: Timestamp,
    /// Part B: the revision that the signal tells of. Proves a part-B server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<Rev>,
    /// What is said.
    #[serde(flatten)]
    pub signal: Signal,
}

/// A person as signals name one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The member.
    pub id: MemberId,
    /// Display name.
    pub name: Personal,
    /// Address of a picture.
    #[serde(default)]
    pub avatar: Option<Personal>,
}

/// Every signal of the contract. Directions and topics: see [`topic::Topic`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// Somebody calls.
    CallInvite(Box<CallInvite>),
    /// A callee's device rings.
    CallRinging(Callee),
    /// A callee accepted. A token that a deployed server adds is never read.
    CallAccept(Callee),
    /// A callee declined.
    CallReject(Callee),
    /// A callee is in another call.
    CallBusy(Callee),
    /// The caller took it back.
    CallCancel {
        /// The caller.
        caller_id: MemberId,
    },
    /// The call is over.
    CallEnd {
        /// Who ended it. A member id; deployed servers may write another word.
        ended_by: String,
        /// Why. A word of a later version reads as `None`.
        #[serde(default, deserialize_with = "lenient_reason")]
        reason: Option<EndReason>,
        /// Whole seconds of conversation.
        #[serde(default)]
        duration_seconds: u64,
    },
    /// A participant's media came up. Part A: once a call.
    ParticipantJoined {
        /// Who.
        participant: Person,
    },
    /// A participant left.
    ParticipantLeft {
        /// Who.
        participant_id: MemberId,
    },
    /// A microphone was muted or opened.
    ParticipantMuted {
        /// Whose.
        participant_id: MemberId,
        /// Muted now.
        is_muted: bool,
    },
    /// A camera was turned on or off.
    ParticipantVideo {
        /// Whose.
        participant_id: MemberId,
        /// On now.
        is_video_enabled: bool,
    },
    /// A loudspeaker was turned on or off.
    ParticipantSpeaker {
        /// Whose.
        participant_id: MemberId,
        /// On now.
        is_speaker_on: bool,
    },
    /// Part B: the call changed; all of it.
    CallUpdate(Box<CallUpdate>),
    /// Reserved by part A, or of a later version: nothing follows from it.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// The fields of `call_invite`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallInvite {
    /// The LiveKit room.
    pub room_name: String,
    /// Voice or video.
    pub call_type: CallType,
    /// Who calls.
    pub caller: Person,
    /// Who is called.
    pub callee_ids: Vec<MemberId>,
    /// The community that the call is made in.
    #[serde(default)]
    pub community_id: Option<String>,
    /// Its name, where a deployed server tells it; the ledger knows none.
    #[serde(default)]
    pub community_name: Option<String>,
    /// Where the room is.
    pub livekit_url: String,
    /// Part B: the same fields as in `call_update`. `None` from a part-A server.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Part B: ring time left, in milliseconds, counted from arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring_expires_in_ms: Option<u64>,
}

/// A callee's answer, or its ringing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Callee {
    /// Who.
    pub callee_id: MemberId,
    /// Display name.
    #[serde(default)]
    pub callee_name: Personal,
    /// Of a refusal.
    #[serde(
        default,
        deserialize_with = "lenient_reason",
        skip_serializing_if = "Option::is_none"
    )]
    pub reason: Option<EndReason>,
}

/// The fields of `call_update` besides `call_id` and `rev`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallUpdate {
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
}

/// One committed change of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Change {
    /// What happened.
    pub cause: Cause,
    /// The member who did it; none where a deadline or the server did.
    #[serde(default)]
    pub by: Option<MemberId>,
    /// On which device.
    #[serde(default)]
    pub device_id: Option<DeviceId>,
    /// The server's clock at the commit.
    pub server_time: Timestamp,
    /// The call after it.
    pub snapshot: CallSnapshot,
}

/// What happened to a call, one word a committed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was made, and rings.
    Created,
    /// Further members were invited, or some again.
    Invited,
    /// A device confirmed ringing.
    Ringing,
    /// An invitee accepted.
    Accepted,
    /// An invitee declined, for itself or on one device.
    Rejected,
    /// An invitee was busy.
    Busy,
    /// An invitee did not answer in time; the others go on.
    Missed,
    /// The media of one who accepted did not come up in time; the others go on.
    Failed,
    /// A member left; the others go on.
    Left,
    /// A participant holds the call.
    Held,
    /// A participant holds it no more.
    Resumed,
    /// A participant's media came up.
    Joined,
    /// Two members are in the call.
    Active,
    /// A participant's mute, camera or presence changed.
    Participant,
    /// It is over.
    Ended,
    /// A word of a later version.
    #[serde(other)]
    Other,
}
