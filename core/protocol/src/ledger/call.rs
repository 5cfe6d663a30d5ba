//! A call as the store keeps it.

use serde::{Deserialize, Serialize};

use super::apply::{Effect, Step};
use super::notice::{News, Notice};
use super::party::{Invitee, Party};
use super::timeouts::Timeouts;
use crate::end::{CallStatus, Outcome};
use crate::id::{CallId, ChurchId, DeviceId, MemberId, Rev, room_name};
use crate::media::CallType;
use crate::rest::Actor;
use crate::signal::{Cause, Person};
use crate::snapshot::{InviteeState, Role};

/// Where a call stands.
///
/// ```text
///             accept                two members confirmed
///  Ringing ────────────► Connecting ─────────────────────► Active
///    │  └── accept, both 'connected' remembered ──────────►  │
///    │                       │                               │
///    │ cancel                │ connect deadline              │ longest call
///    │ ring deadline         │                               │
///    │ all rejected, busy    │   /end, left the room on purpose, gone for too long
///    │ /end, caller gone     │                               │
///    │ no room               │                               │
///    ▼                       ▼                               ▼
///  Over(ending) ◄───────────────────────────────────────────────   nothing leaves it
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has accepted yet.
    Ringing,
    /// Accepted; fewer than two members are confirmed in the room.
    Connecting,
    /// Two members have been confirmed.
    Active,
    /// Over is over.
    Over(Ending),
}

/// How and when a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ending {
    /// Status, reason and detail.
    pub outcome: Outcome,
    /// The member whose action ended it; none where a deadline or the server did.
    pub by: Option<MemberId>,
    /// When (ms since 1970).
    pub at_ms: u64,
}

/// Which callee's device waits in the room before the accept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinAhead {
    /// None does, and none will.
    Off,
    /// The first device to confirm ringing will.
    Open,
    /// This one; it keeps its identity when it accepts.
    Chosen {
        /// Whose.
        member_id: MemberId,
        /// Which.
        device_id: DeviceId,
    },
}

/// One call. Changed by [`super::apply`] only; serialised as it is by a store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Call {
    pub(super) call_id: CallId,
    pub(super) church_id: ChurchId,
    pub(super) call_type: CallType,
    pub(super) community_id: Option<String>,
    pub(super) community_name: Option<String>,
    pub(super) rev: Rev,
    pub(super) phase: Phase,
    pub(super) caller: Party,
    pub(super) invitees: Vec<Invitee>,
    pub(super) join_ahead: JoinAhead,
    pub(super) timeouts: Timeouts,
    pub(super) initiated_at_ms: u64,
    pub(super) accepted_at_ms: Option<u64>,
    pub(super) active_at_ms: Option<u64>,
}

/// What a new call is made of. The server has checked the callees: known, of this church, not
/// the caller, none twice, exactly one.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The client's id, or the server's where the client made none.
    pub call_id: CallId,
    /// The tenant.
    pub church_id: ChurchId,
    /// Voice or video.
    pub call_type: CallType,
    /// Who calls.
    pub caller: Person,
    /// On which device; none for a nameless one.
    pub caller_device: Option<DeviceId>,
    /// Who is called.
    pub callees: Vec<Person>,
    /// The community that the call is made in, and its name.
    pub community_id: Option<String>,
    /// See `community_id`.
    pub community_name: Option<String>,
    /// The server allows joining while it rings. It is on where the caller's device is named.
    pub allow_join_ahead: bool,
    /// The times it will live by.
    pub timeouts: Timeouts,
}

impl Call {
    /// Makes a call that rings, at rev 1. Ask [`super::admit_create`] before.
    pub fn create(new: NewCall, now_ms: u64) -> Step {
        let by = Actor {
            member_id: new.caller.id.clone(),
            device_id: new.caller_device.clone(),
        };
        let invitee = |person| Invitee {
            party: Party::new(person, None, now_ms),
            state: InviteeState::Invited,
            invited_at_ms: now_ms,
            devices: Vec::new(),
        };
        let call = Self {
            call_id: new.call_id,
            church_id: new.church_id,
            call_type: new.call_type,
            community_id: new.community_id,
            community_name: new.community_name,
            rev: Rev::default().next(),
            phase: Phase::Ringing,
            join_ahead: if new.allow_join_ahead && new.caller_device.is_some() {
                JoinAhead::Open
            } else {
                JoinAhead::Off
            },
            caller: Party::new(new.caller, new.caller_device, now_ms),
            invitees: new.callees.into_iter().map(invitee).collect(),
            timeouts: new.timeouts,
            initiated_at_ms: now_ms,
            accepted_at_ms: None,
            active_at_ms: None,
        };
        Step {
            call,
            effect: Effect::Committed,
            notices: vec![
                Notice::Publish(News::Invited),
                Notice::Publish(News::Updated {
                    cause: Cause::Created,
                    by: Some(by),
                }),
                Notice::ReconcileRoom,
            ],
            at_ms: now_ms,
        }
    }

    /// Which call.
    pub fn call_id(&self) -> &CallId {
        &self.call_id
    }

    /// The tenant.
    pub fn church_id(&self) -> &ChurchId {
        &self.church_id
    }

    /// Voice or video.
    pub fn call_type(&self) -> CallType {
        self.call_type
    }

    /// Raised by one with each committed change; what a compare-and-set compares.
    pub fn rev(&self) -> Rev {
        self.rev
    }

    /// Where it stands.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Who called.
    pub fn caller(&self) -> &Party {
        &self.caller
    }

    /// Who was called.
    pub fn invitees(&self) -> &[Invitee] {
        &self.invitees
    }

    /// Which callee's device joins while it rings.
    pub fn join_ahead(&self) -> &JoinAhead {
        &self.join_ahead
    }

    /// When it was made (ms since 1970).
    pub fn initiated_at_ms(&self) -> u64 {
        self.initiated_at_ms
    }

    /// When it was over (ms since 1970), if it is. It stays known for
    /// [`super::OVER_KNOWN_MS`] after that.
    pub fn ended_at_ms(&self) -> Option<u64> {
        self.ending().map(|ending| ending.at_ms)
    }

    /// The LiveKit room.
    pub fn room_name(&self) -> String {
        room_name(&self.church_id, &self.call_id)
    }

    /// Where it stands, in the words of the wire.
    pub fn status(&self) -> CallStatus {
        match &self.phase {
            Phase::Ringing => CallStatus::Ringing,
            Phase::Connecting => CallStatus::Connecting,
            Phase::Active => CallStatus::Active,
            Phase::Over(ending) => ending.outcome.status,
        }
    }

    /// Nothing changes any more.
    pub fn is_over(&self) -> bool {
        self.ending().is_some()
    }

    /// How it ended, if it did.
    pub fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Over(ending) => Some(ending),
            Phase::Ringing | Phase::Connecting | Phase::Active => None,
        }
    }

    /// Everybody in the call, caller first.
    pub fn members(&self) -> impl Iterator<Item = &Person> {
        self.parties().map(|party| &party.person)
    }

    /// A member's part in the call; none for anybody else, who may not see it either.
    pub fn role_of(&self, member: &MemberId) -> Option<Role> {
        if self.caller.member_id() == member {
            Some(Role::Caller)
        } else {
            self.invitee(member).map(|_| Role::Callee)
        }
    }

    pub(super) fn parties(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.caller).chain(self.invitees.iter().map(|i| &i.party))
    }

    /// The caller, and who accepted: those whose presence counts after the accept.
    pub(super) fn participants(&self) -> impl Iterator<Item = &Party> {
        let accepted = self.invitees.iter().filter(|i| i.is_accepted());
        std::iter::once(&self.caller).chain(accepted.map(|i| &i.party))
    }

    pub(super) fn participants_mut(&mut self) -> impl Iterator<Item = &mut Party> {
        let accepted = self.invitees.iter_mut().filter(|i| i.is_accepted());
        std::iter::once(&mut self.caller).chain(accepted.map(|i| &mut i.party))
    }

    pub(super) fn invitee(&self, member: &MemberId) -> Option<&Invitee> {
        self.invitees.iter().find(|i| i.party.member_id() == member)
    }

    pub(super) fn invitee_mut(&mut self, member: &MemberId) -> Option<&mut Invitee> {
        self.invitees
            .iter_mut()
            .find(|i| i.party.member_id() == member)
    }

    /// The party of a member that takes part on some device by now: the caller, or an accepted
    /// invitee.
    pub(super) fn participant_mut(&mut self, member: &MemberId) -> Option<&mut Party> {
        self.participants_mut().find(|p| p.member_id() == member)
    }

    pub(super) fn party_mut(&mut self, member: &MemberId) -> Option<&mut Party> {
        if self.caller.member_id() == member {
            Some(&mut self.caller)
        } else {
            self.invitee_mut(member).map(|i| &mut i.party)
        }
    }
}
