//! A callee's device really rings.

use super::call::JoinAhead;
use super::notice::News;
use super::party::RingState;
use super::refusal::Refusal;
use super::step::Draft;
use crate::rest::Actor;
use crate::signal::Cause;
use crate::snapshot::InviteeState;

/// The first confirmation makes the invitee `ringing`; the first by a named device lets that
/// device join ahead. Both are changes; any further one is remembered only, for a reject of one
/// device.
pub(super) fn ringing(draft: &mut Draft<'_>, actor: &Actor) -> Result<(), Refusal> {
    let invitee = draft
        .call
        .invitee_mut(&actor.member_id)
        .ok_or(Refusal::NotAParticipant)?;
    // Too late to matter: the answer's snapshot tells.
    let first = match invitee.state {
        InviteeState::Invited => true,
        InviteeState::Ringing => false,
        InviteeState::Accepted
        | InviteeState::Rejected
        | InviteeState::Busy
        | InviteeState::Missed
        | InviteeState::Left
        | InviteeState::Failed => return Ok(()),
    };
    match invitee.ring_state(&actor.device_id) {
        // A repeat; or one that was overtaken by this device's own reject.
        Some(RingState::Ringing | RingState::Declined) => return Ok(()),
        None => invitee.set_ring_state(&actor.device_id, RingState::Ringing),
    }
    invitee.state = InviteeState::Ringing;

    let chosen = match (&draft.call.join_ahead, &actor.device_id) {
        (JoinAhead::Open, Some(device_id)) => {
            draft.call.join_ahead = JoinAhead::Chosen {
                member_id: actor.member_id.clone(),
                device_id: device_id.clone(),
            };
            true
        }
        (JoinAhead::Open, None) | (JoinAhead::Off | JoinAhead::Chosen { .. }, _) => false,
    };
    if first || chosen {
        draft.commit(Cause::Ringing, Some(actor));
    }
    // A nameless device has said so itself, on the same topic.
    if first && actor.device_id.is_some() {
        draft.tell(News::Rings {
            member: actor.member_id.clone(),
        });
    }
    Ok(())
}
