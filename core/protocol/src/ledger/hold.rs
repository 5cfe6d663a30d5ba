//! A participant holds the call, or resumes it.

use super::call::Phase;
use super::refusal::Refusal;
use super::step::Draft;
use crate::rest::Actor;
use crate::signal::Cause;

/// The held device mutes, stops its camera and its subscriptions by itself: its grants stay, so
/// that resuming costs no round trip to the media server.
pub(super) fn hold(draft: &mut Draft<'_>, actor: &Actor, is_on_hold: bool) -> Result<(), Refusal> {
    draft.before.members_only(actor)?;
    match draft.before.phase {
        Phase::Ringing => return Err(Refusal::CannotHold),
        Phase::Connecting | Phase::Active => {}
        Phase::Over(_) => return Ok(()),
    }
    let party = draft
        .call
        .participant_mut(&actor.member_id)
        .filter(|party| party.is_spoken_for_by(actor))
        .ok_or(Refusal::NotAParticipant)?;
    if party.is_on_hold != is_on_hold {
        party.is_on_hold = is_on_hold;
        let cause = if is_on_hold {
            Cause::Held
        } else {
            Cause::Resumed
        };
        draft.commit(cause, Some(actor));
    }
    Ok(())
}
