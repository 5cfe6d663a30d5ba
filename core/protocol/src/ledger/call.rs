//! A call as the store keeps it.

use serde::{Deserialize, Serialize};

use super::party::{Invitee, Party};
use super::refusal::Refusal;
use super::timeouts::Timeouts;
use crate::end::{CallStatus, Outcome};
use crate::id::{CallId, ChurchId, DeviceId, MemberId, Rev, room_name};
use crate::media::CallType;
use crate::rest::Actor;
use crate::signal::Person;
use crate::snapshot::Role;

/// Where a call stands.
///
/// ```text
///             first accept          two members confirmed
///  Ringing ────────────► Connecting ─────────────────────► Active
///    │  └── accept, both 'connected' remembered ──────────►  │
///    │                       │                               │
///    │ cancel, /end          │   1:1: /end, /leave           │
///    │ caller gone, no room  │   group: the caller's /end    │
///    │                       │   longest call                │
///    │ nobody rings any more │   nobody rings any more, and  │
///    │                       │   fewer than two are in it;   │
///    │                       │   or nobody is                │
///    ▼                       ▼                               ▼
///  Over(ending) ◄───────────────────────────────────────────────   nothing leaves it
/// ```
/// The lowest rule is the only one by which answers, deadlines of single members and departures
/// end a call; in a 1:1 each of them does. Where each invitee stands: see [`Invitee`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nobody has accepted yet.
    Ringing,
    /// Accepted; two members have not been confirmed in the room yet. In a group others may ring.
    Connecting,
    /// Two members have been confirmed. In a group others may ring and connect.
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
    pub(super) rev: Rev,
    #[serde(default)]
    pub(super) is_group: bool,
    pub(super) phase: Phase,
    pub(super) caller: Party,
    pub(super) invitees: Vec<Invitee>,
    pub(super) join_ahead: JoinAhead,
    pub(super) timeouts: Timeouts,
    pub(super) initiated_at_ms: u64,
    pub(super) accepted_at_ms: Option<u64>,
    pub(super) active_at_ms: Option<u64>,
}

impl Call {
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

    /// Several were called, or somebody was invited later. A group stays one.
    pub fn is_group(&self) -> bool {
        self.is_group
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

    /// Only a member of the call may act on it.
    pub(super) fn members_only(&self, actor: &Actor) -> Result<(), Refusal> {
        match self.role_of(&actor.member_id) {
            Some(Role::Caller | Role::Callee) => Ok(()),
            None => Err(Refusal::NotAParticipant),
        }
    }

    pub(super) fn parties(&self) -> impl Iterator<Item = &Party> {
        std::iter::once(&self.caller).chain(self.invitees.iter().map(|i| &i.party))
    }

    /// Who is in the call: the caller until it leaves, and who accepted. Their presence counts
    /// after the accept.
    pub(super) fn participants(&self) -> impl Iterator<Item = &Party> {
        let caller = Some(&self.caller).filter(|caller| caller.left_at_ms.is_none());
        let accepted = self.invitees.iter().filter(|i| i.is_accepted());
        caller.into_iter().chain(accepted.map(|i| &i.party))
    }

    pub(super) fn participants_mut(&mut self) -> impl Iterator<Item = &mut Party> {
        let caller = Some(&mut self.caller).filter(|caller| caller.left_at_ms.is_none());
        let accepted = self.invitees.iter_mut().filter(|i| i.is_accepted());
        caller.into_iter().chain(accepted.map(|i| &mut i.party))
    }

    pub(super) fn participant(&self, member: &MemberId) -> Option<&Party> {
        self.participants().find(|p| p.member_id() == member)
    }

    /// Somebody may still answer.
    pub(super) fn anybody_rings(&self) -> bool {
        self.invitees.iter().any(Invitee::is_pending)
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

    /// The party of an invitee that may still answer.
    pub(super) fn pending_mut(&mut self, member: &MemberId) -> Option<&mut Party> {
        self.invitee_mut(member)
            .filter(|invitee| invitee.is_pending())
            .map(|invitee| &mut invitee.party)
    }
}
