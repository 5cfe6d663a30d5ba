//! The members of a call as the ledger keeps them.

use serde::{Deserialize, Serialize};

use super::presence::{Presence, RoomSight};
use crate::id::{DeviceId, MemberId};
use crate::media::MediaFlags;
use crate::rest::Actor;
use crate::signal::Person;
use crate::snapshot::InviteeState;

/// Most devices of one member that a call remembers anything about. A request of a further one
/// is answered like any other and leaves no trace, so that no member can make a record grow.
pub(super) const MAX_DEVICES: usize = 16;

/// Most members of a call, those who left included: its record and its snapshot stay small.
pub const MAX_MEMBERS: usize = 32;

/// What the caller and every invitee have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Party {
    /// Who, with what others are shown.
    pub person: Person,
    /// The device that takes part or declined for the member: the caller's from the start, an
    /// invitee's from its answer. None for a nameless device, and before the answer.
    pub device_id: Option<DeviceId>,
    /// Its media, as last told.
    pub flags: MediaFlags,
    /// Devices that said 'connected' before the accept: looked at once, by the accept.
    pub connected: Vec<Option<DeviceId>>,
    /// When its part in the call began (ms since 1970): an invitee's at its accept, the caller's
    /// at the first accept. Its connect time counts from here.
    pub accepted_at_ms: Option<u64>,
    /// When its media was first confirmed, after the accept (ms since 1970).
    pub joined_at_ms: Option<u64>,
    /// When it left a call that went on, or by leaving ended it (ms since 1970).
    pub left_at_ms: Option<u64>,
    /// It holds the call: it stays in the room, with its grants, and is free for another call.
    #[serde(default)]
    pub is_on_hold: bool,
    /// Whether its device is there.
    pub presence: Presence,
}

impl Party {
    pub(super) fn new(person: Person, device_id: Option<DeviceId>, now_ms: u64) -> Self {
        Self {
            person,
            device_id,
            flags: MediaFlags::default(),
            connected: Vec::new(),
            accepted_at_ms: None,
            joined_at_ms: None,
            left_at_ms: None,
            is_on_hold: false,
            presence: Presence {
                heard_at_ms: now_ms,
                room: RoomSight::Unseen,
            },
        }
    }

    /// Who.
    pub fn member_id(&self) -> &MemberId {
        &self.person.id
    }

    /// The actor is the very device that takes part.
    pub(super) fn is_device(&self, actor: &Actor) -> bool {
        self.device_id == actor.device_id
    }

    /// The actor may act for the member: its device does, and a nameless one, to which part A's
    /// rule applies that a member is one. Another named device lost the race for this call.
    pub(super) fn is_spoken_for_by(&self, actor: &Actor) -> bool {
        actor.device_id.is_none() || self.is_device(actor)
    }

    pub(super) fn remember_connected(&mut self, device: &Option<DeviceId>) {
        if !self.connected.contains(device) && self.connected.len() < MAX_DEVICES {
            self.connected.push(device.clone());
        }
    }

    /// Brings the party over the accept: what was remembered counts from now on.
    pub(super) fn at_accept(&mut self, now_ms: u64) {
        self.accepted_at_ms = Some(now_ms);
        if self.connected.contains(&self.device_id) {
            self.joined_at_ms = Some(now_ms);
        }
        let room = self.presence.room.clone();
        self.presence.room = room.at_accept(self.device_id.is_some());
    }
}

/// One invited member.
///
/// ```text
///   invited again:  from Rejected, Busy, Missed, Left, Failed
///        │
///        ▼    a device confirms            accept
///    Invited ────────────────► Ringing ──────────────► Accepted
///     │   └──────────────────────┼── accept ──────────►  │  │
///     │     reject               ├──────► Rejected       │  └─ connect time ─► Failed
///     │     reject, busy         ├──────► Busy           │
///     │     ring time, or        └──────► Missed         └─ leaves, gone ────► Left
///     │     the call is over
///     └── (the same three)        in another call when invited: Busy at once
/// ```
/// The call's end changes nothing for who has answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Invitee {
    /// Who, and its part in the call.
    pub party: Party,
    /// Where it stands.
    pub state: InviteeState,
    /// When it was invited (ms since 1970); its ring time counts from here.
    pub invited_at_ms: u64,
    /// Its devices that ring or have declined.
    pub devices: Vec<DeviceRing>,
    /// How often it was invited anew.
    #[serde(default)]
    pub invited_again: u32,
}

/// One device of an invitee that said something about its ringing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DeviceRing {
    /// Which; none for the nameless one.
    pub device_id: Option<DeviceId>,
    /// What it said last.
    pub state: RingState,
}

/// What a device said about its ringing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RingState {
    /// It really rings.
    Ringing,
    /// It stopped, for itself. A late 'ringing' does not bring it back.
    Declined,
}

impl Invitee {
    /// Rings from now on; or is found to be in another call, and never did.
    pub(super) fn new(person: Person, is_busy: bool, now_ms: u64) -> Self {
        Self {
            party: Party::new(person, None, now_ms),
            state: if is_busy {
                InviteeState::Busy
            } else {
                InviteeState::Invited
            },
            invited_at_ms: now_ms,
            devices: Vec::new(),
            invited_again: 0,
        }
    }

    /// It may still answer.
    pub fn is_pending(&self) -> bool {
        self.state.is_pending()
    }

    /// It accepted, and is in the call.
    pub fn is_accepted(&self) -> bool {
        match self.state {
            InviteeState::Accepted => true,
            InviteeState::Invited
            | InviteeState::Ringing
            | InviteeState::Rejected
            | InviteeState::Busy
            | InviteeState::Missed
            | InviteeState::Left
            | InviteeState::Failed => false,
        }
    }

    /// It accepted, whether or not it is still in the call.
    pub(super) fn has_accepted(&self) -> bool {
        match self.state {
            InviteeState::Accepted | InviteeState::Left | InviteeState::Failed => true,
            InviteeState::Invited
            | InviteeState::Ringing
            | InviteeState::Rejected
            | InviteeState::Busy
            | InviteeState::Missed => false,
        }
    }

    pub(super) fn ring_state(&self, device: &Option<DeviceId>) -> Option<RingState> {
        self.devices
            .iter()
            .find(|d| d.device_id == *device)
            .map(|d| d.state)
    }

    pub(super) fn set_ring_state(&mut self, device: &Option<DeviceId>, state: RingState) {
        let known = self.devices.iter_mut().find(|d| d.device_id == *device);
        if let Some(known) = known {
            known.state = state;
        } else if self.devices.len() < MAX_DEVICES {
            self.devices.push(DeviceRing {
                device_id: device.clone(),
                state,
            });
        }
    }

    /// Some device of it rings; or one of `reachable`, to which a push was sent, may yet do so.
    pub(super) fn may_go_on_ringing(&self, reachable: &[DeviceId]) -> bool {
        let rings = self.devices.iter().any(|d| d.state == RingState::Ringing);
        let declined =
            |device: &DeviceId| self.ring_state(&Some(device.clone())) == Some(RingState::Declined);
        rings || reachable.iter().any(|device| !declined(device))
    }
}
