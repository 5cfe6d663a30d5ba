//! A call as the server shows it to its members.

use serde::{Deserialize, Serialize};

use crate::end::{CallStatus, EndReason, ReasonDetail, lenient_reason};
use crate::id::{CallId, DeviceId, MemberId, Rev};
use crate::media::{CallType, MediaFlags};
use crate::redact::Personal;
use crate::timestamp::Timestamp;

/// Who a participant is in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Started the call.
    Caller,
    /// Was invited.
    Callee,
}

impl Role {
    /// The other side's.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

/// One member of a call, as part A lists it (caller first).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallParticipant {
    /// Who.
    pub member_id: MemberId,
    /// Display name.
    pub member_name: Personal,
    /// Address of a picture.
    pub member_avatar: Option<Personal>,
    /// Caller or callee.
    pub role: Role,
    /// When the member's media came up.
    pub joined_at: Option<Timestamp>,
    /// When the member left, or when the call was over for it.
    pub left_at: Option<Timestamp>,
    /// Its media, as last told.
    #[serde(flatten)]
    pub flags: MediaFlags,
}

/// Where one invited member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InviteeState {
    /// Asked; no device of it has confirmed ringing.
    Invited,
    /// A device really rings.
    Ringing,
    /// Accepted, on one device.
    Accepted,
    /// Declined.
    Rejected,
    /// Was in another call.
    Busy,
    /// Did not answer in time, or the call was taken back.
    Missed,
    /// Accepted once, and left.
    Left,
    /// Accepted, but its media never came up in time.
    Failed,
}

impl InviteeState {
    /// It may still answer.
    pub fn is_pending(self) -> bool {
        match self {
            Self::Invited | Self::Ringing => true,
            Self::Accepted
            | Self::Rejected
            | Self::Busy
            | Self::Missed
            | Self::Left
            | Self::Failed => false,
        }
    }
}

/// One invited member of a call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InviteeSnapshot {
    /// Who.
    pub member_id: MemberId,
    /// Where it stands.
    pub state: InviteeState,
    /// The device that answered (accepted or declined for the member); none for a nameless one.
    pub device_id: Option<DeviceId>,
    /// How often it was invited anew, after it had left, declined or missed the call, or was busy.
    #[serde(default, skip_serializing_if = "is_never")]
    pub invited_again: u32,
}

/// The first invitation is not worth a word.
fn is_never(times: &u32) -> bool {
    *times == 0
}

/// A participant with what part B adds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SnapshotParticipant {
    /// Part A's fields.
    #[serde(flatten)]
    pub participant: CallParticipant,
    /// The LiveKit identity whose tracks may be played: set for the caller, and for a callee
    /// once it accepted. Map identities to members by this field, never by parsing.
    pub identity: Option<String>,
    /// The device that takes part; none for a nameless one and before an accept.
    pub device_id: Option<DeviceId>,
    /// It was in the room, is not now, and may yet come back.
    #[serde(default)]
    pub is_reconnecting: bool,
    /// It holds the call: it stays in the room, and neither sends nor listens.
    #[serde(default)]
    pub is_on_hold: bool,
}

/// A call at one revision: all that a device needs to converge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallSnapshot {
    /// Which call.
    pub call_id: CallId,
    /// Raised by one with each committed change.
    pub rev: Rev,
    /// Where it stands.
    pub status: CallStatus,
    /// Voice or video.
    pub call_type: CallType,
    /// The LiveKit room.
    pub room_name: String,
    /// A group call: made with several callees, or somebody was invited to it later. It stays one,
    /// and may be left without ending it.
    #[serde(default)]
    pub is_group: bool,
    /// Who started it.
    pub caller_id: MemberId,
    /// Every invited member.
    pub invitees: Vec<InviteeSnapshot>,
    /// Caller first.
    pub participants: Vec<SnapshotParticipant>,
    /// Why it is over, once it is. A word of a later version reads as `None`.
    #[serde(default, deserialize_with = "lenient_reason")]
    pub reason: Option<EndReason>,
    /// What lies behind the reason.
    #[serde(default)]
    pub reason_detail: Option<ReasonDetail>,
    /// The member whose action ended it; none where a deadline or the server did.
    #[serde(default)]
    pub ended_by: Option<MemberId>,
    /// When it was started.
    pub initiated_at: Timestamp,
    /// When the first invitee accepted.
    #[serde(default)]
    pub accepted_at: Option<Timestamp>,
    /// When it became active.
    #[serde(default)]
    pub active_at: Option<Timestamp>,
    /// When it was over.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from active until the end, or until the snapshot was made; 0 before active.
    pub duration_seconds: u64,
}

impl CallSnapshot {
    /// The entry of an invited member.
    pub fn invitee(&self, member: &MemberId) -> Option<&InviteeSnapshot> {
        self.invitees.iter().find(|i| i.member_id == *member)
    }

    /// Where a member stands in a call that is not over: an invitee as the call says, the caller in
    /// it until it has left. `None`: it has no part in it.
    pub fn standing(&self, member: &MemberId) -> Option<InviteeState> {
        if *member != self.caller_id {
            return self.invitee(member).map(|invitee| invitee.state);
        }
        let caller = self.participant(member).map(|caller| &caller.participant);
        let has_left = caller.is_some_and(|caller| caller.left_at.is_some());
        Some(if has_left {
            InviteeState::Left
        } else {
            InviteeState::Accepted
        })
    }

    /// The participant entry of a member.
    pub fn participant(&self, member: &MemberId) -> Option<&SnapshotParticipant> {
        self.participants
            .iter()
            .find(|p| p.participant.member_id == *member)
    }
}
