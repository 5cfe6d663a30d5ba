//! A callee's answer: accept, or reject.

use super::call::{Call, JoinAhead, Phase};
use super::end::over;
use super::leave::finished;
use super::notice::News;
use super::party::{Invitee, RingState};
use super::refusal::Refusal;
use super::room::{become_active, newly_joined};
use super::step::Draft;
use crate::end::EndCause;
use crate::id::DeviceId;
use crate::rest::{Actor, RejectReason};
use crate::signal::Cause;
use crate::snapshot::InviteeState;

/// Each invitee's first accept wins. The same named device may repeat it; every other gets part
/// A's refusal. The first of the call makes it `connecting`.
pub(super) fn accept(draft: &mut Draft<'_>, actor: &Actor) -> Result<(), Refusal> {
    let (now, too_late) = (draft.now_ms, cannot_accept(draft.before));
    let invitee = draft
        .call
        .invitee_mut(&actor.member_id)
        .ok_or(Refusal::NotAParticipant)?;
    if !invitee.is_pending() {
        let is_over = draft.before.is_over();
        return if !is_over && repeats_accept(invitee, actor) {
            Ok(())
        } else {
            Err(too_late)
        };
    }
    invitee.state = InviteeState::Accepted;
    invitee.party.device_id.clone_from(&actor.device_id);
    invitee.party.at_accept(now);
    // The device that waited in the room keeps its identity if it is this one. If it is not, it
    // is not entitled to that identity any more, and has to go.
    if draft.before.phase == Phase::Ringing {
        draft.call.phase = Phase::Connecting;
        draft.call.accepted_at_ms = Some(now);
        draft.call.caller.at_accept(now);
    }
    draft.tell(News::Accepted {
        member: actor.member_id.clone(),
    });
    for member in newly_joined(draft) {
        draft.tell(News::Joined { member });
    }
    become_active(draft);
    draft.commit(Cause::Accepted, Some(actor));
    Ok(())
}

/// Without `others`, the member's answer. With them, scope device: this device stops, and the
/// invitee goes on ringing while another device of it rings, or one of `others` may yet do so;
/// the last one's is the member's answer. After somebody else's accept the call goes on (A4).
pub(super) fn reject(
    draft: &mut Draft<'_>,
    actor: &Actor,
    reason: RejectReason,
    others: Option<&[DeviceId]>,
) -> Result<(), Refusal> {
    let invitee = draft
        .call
        .invitee_mut(&actor.member_id)
        .ok_or(Refusal::AlreadyHandled)?;
    if !invitee.is_pending() {
        return if repeats_reject(invitee, actor) {
            Ok(())
        } else {
            Err(Refusal::AlreadyHandled)
        };
    }
    let was_ringing = invitee.ring_state(&actor.device_id) == Some(RingState::Ringing);
    invitee.set_ring_state(&actor.device_id, RingState::Declined);
    if others.is_some_and(|others| invitee.may_go_on_ringing(others)) {
        if was_ringing {
            draft.commit(cause(reason), Some(actor));
        }
    } else {
        invitee.state = match reason {
            RejectReason::Rejected => InviteeState::Rejected,
            RejectReason::Busy => InviteeState::Busy,
        };
        invitee.party.device_id.clone_from(&actor.device_id);
        draft.tell(News::Declined {
            member: actor.member_id.clone(),
            reason,
        });
        draft.commit(cause(reason), Some(actor));
        if let Some(outcome) = finished(&draft.call, EndCause::HangUp) {
            // In a 1:1 the refusal itself says it.
            if draft.call.is_group {
                draft.tell(News::Ended);
            }
            over(draft, outcome, Some(actor.member_id.clone()));
        }
    }
    leave_room_ahead(draft, actor);
    Ok(())
}

/// A device that waited in the room and declined has no more business there. No other takes its
/// place: their answers to 'ringing' have been given.
fn leave_room_ahead(draft: &mut Draft<'_>, actor: &Actor) {
    match &draft.call.join_ahead {
        JoinAhead::Chosen {
            member_id,
            device_id,
        } if *member_id == actor.member_id && actor.device_id.as_ref() == Some(device_id) => {
            draft.call.join_ahead = JoinAhead::Off;
        }
        JoinAhead::Chosen { .. } | JoinAhead::Open | JoinAhead::Off => {}
    }
}

fn cause(reason: RejectReason) -> Cause {
    match reason {
        RejectReason::Rejected => Cause::Rejected,
        RejectReason::Busy => Cause::Busy,
    }
}

fn cannot_accept(call: &Call) -> Refusal {
    Refusal::CannotAccept {
        status: call.status(),
    }
}

/// The very device that accepted asks again, and can be known.
fn repeats_accept(invitee: &Invitee, actor: &Actor) -> bool {
    invitee.is_accepted() && actor.device_id.is_some() && invitee.party.is_device(actor)
}

/// The very device that declined asks again, and can be known.
fn repeats_reject(invitee: &Invitee, actor: &Actor) -> bool {
    actor.device_id.is_some() && invitee.ring_state(&actor.device_id) == Some(RingState::Declined)
}
