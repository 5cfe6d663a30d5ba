//! Which pushes follow from a change: one rule, by who rings before it and after it.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::notice::{News, Notice};
use super::party::Invitee;
use super::step::Step;
use super::view::{left_ms, ring_left_ms};
use crate::bounds::RING_MS;
use crate::end::EndReason;
use crate::id::{DeviceId, MemberId};
use crate::push::{Push, PushKind};
use crate::rest::Actor;
use crate::snapshot::InviteeState;

/// A push to all devices of a member but one, ready for an outbox. Of one call, the newest to a
/// member takes the place of those that have not been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushOrder {
    /// Whose devices.
    pub member_id: MemberId,
    /// The device that acted: it needs none.
    pub but: Option<DeviceId>,
    /// What they are told.
    pub push: Push,
    /// Sent later than this it would say nothing (ms since 1970). An invite's is the end of its ring
    /// time.
    pub expires_at_ms: u64,
}

impl PushOrder {
    /// The push as it is true at the moment of sending: an invite carries the ring time that is left
    /// then. None: it is too late for it.
    pub fn at(&self, now_ms: u64) -> Option<Push> {
        let left_ms = left_ms(self.expires_at_ms, now_ms)?;
        let mut push = self.push.clone();
        match &mut push.kind {
            PushKind::Invite {
                ring_expires_in_ms, ..
            } => *ring_expires_in_ms = left_ms,
            PushKind::Over { .. } => {}
        }
        Some(push)
    }
}

impl Step {
    /// The pushes of the step: an invite for each member that rings now and did not, `call_over` for
    /// each that did and does not. `before`: the call before the step; none for a create.
    pub fn pushes(&self, before: Option<&Call>) -> Vec<PushOrder> {
        let rang = |invitee: &Invitee| {
            let before = before.and_then(|call| call.invitee(invitee.party.member_id()));
            before.is_some_and(Invitee::is_pending)
        };
        let order = |invitee| {
            let (kind, expires_at_ms) = match (rang(invitee), invitee.is_pending()) {
                (false, true) => self.rings(invitee),
                (true, false) => self.rings_no_more(invitee),
                (false, false) | (true, true) => return None,
            };
            Some(self.order(invitee, kind, expires_at_ms))
        };
        self.call.invitees.iter().filter_map(order).collect()
    }

    fn rings(&self, invitee: &Invitee) -> (PushKind, u64) {
        let until_ms = self.call.ring_until_ms(invitee);
        let caller = &self.call.caller.person;
        let kind = PushKind::Invite {
            call_type: self.call.call_type,
            caller_id: caller.id.clone(),
            caller_name: caller.name.clone(),
            caller_avatar: caller.avatar.clone(),
            callee_id: invitee.party.member_id().clone(),
            ring_expires_in_ms: ring_left_ms(until_ms, self.at_ms),
        };
        (kind, until_ms.unwrap_or(self.at_ms))
    }

    fn rings_no_more(&self, invitee: &Invitee) -> (PushKind, u64) {
        let own = match invitee.state {
            InviteeState::Rejected => Some(EndReason::Rejected),
            InviteeState::Busy => Some(EndReason::Busy),
            InviteeState::Missed => Some(EndReason::Missed),
            InviteeState::Invited
            | InviteeState::Ringing
            | InviteeState::Accepted
            | InviteeState::Left
            | InviteeState::Failed => None,
        };
        let of_call = self.call.ending().map(|ending| ending.outcome.reason);
        let kind = PushKind::Over {
            reason: of_call.or(own),
        };
        // No device that a push made ring does so for longer.
        (kind, self.at_ms.saturating_add(RING_MS))
    }

    fn order(&self, invitee: &Invitee, kind: PushKind, expires_at_ms: u64) -> PushOrder {
        let member_id = invitee.party.member_id();
        let own = self.actor().filter(|actor| actor.member_id == *member_id);
        PushOrder {
            member_id: member_id.clone(),
            but: own.and_then(|actor| actor.device_id.clone()),
            push: Push {
                call_id: self.call.call_id.clone(),
                rev: self.call.rev,
                kind,
            },
            expires_at_ms,
        }
    }

    /// Whose request the change was.
    fn actor(&self) -> Option<&Actor> {
        self.notices.iter().find_map(|notice| match notice {
            Notice::Publish(News::Updated { by, .. }) => by.as_ref(),
            Notice::Publish(_) | Notice::ReconcileRoom | Notice::DeleteRoom => None,
        })
    }
}
