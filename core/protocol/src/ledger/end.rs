//! How a call comes to its end.

use super::call::{Ending, Phase};
use super::deadline::Deadline;
use super::leave::{Departure, depart, leave, missed, not_connected};
use super::notice::News;
use super::refusal::Refusal;
use super::step::Draft;
use crate::end::{EndCause, EndReason, Outcome};
use crate::id::MemberId;
use crate::rest::Actor;
use crate::signal::Cause;
use crate::snapshot::InviteeState;

/// The caller takes it back. After the accept it is too late: the answer's snapshot says so.
pub(super) fn cancel(draft: &mut Draft<'_>, actor: &Actor) -> Result<(), Refusal> {
    if draft.before.caller.member_id() != &actor.member_id {
        return Err(Refusal::AlreadyHandled);
    }
    match &draft.before.phase {
        Phase::Ringing => {
            draft.tell(News::Cancelled);
            draft.commit(Cause::Ended, Some(actor));
            let outcome = EndCause::CallerCancelled.outcome();
            over(draft, outcome, Some(actor.member_id.clone()));
            Ok(())
        }
        Phase::Over(ending)
            if ending.outcome == EndCause::CallerCancelled.outcome()
                && actor.device_id.is_some() =>
        {
            Ok(())
        }
        Phase::Connecting | Phase::Active | Phase::Over(_) => Err(Refusal::AlreadyHandled),
    }
}

/// A participant ends it; in a group only the caller can, and a callee leaves. A callee's device that
/// lost the call to another one of its member is refused: what it wanted to end is not its own. Over
/// a call that a member made no device of it lost a race: each may end it.
pub(super) fn end(
    draft: &mut Draft<'_>,
    actor: &Actor,
    reason: Option<EndReason>,
) -> Result<(), Refusal> {
    let is_caller = draft.before.caller.member_id() == &actor.member_id;
    let has_left = is_caller && draft.before.caller.left_at_ms.is_some();
    if draft.before.is_group && (!is_caller || has_left) {
        return leave(draft, actor, reason);
    }
    draft.before.members_only(actor)?;
    let answered = match &draft.before.phase {
        Phase::Ringing => false,
        Phase::Connecting | Phase::Active => true,
        // An end that repeats, or crosses another, is answered as done and tells nobody.
        Phase::Over(_) => return Ok(()),
    };
    let now = draft.now_ms;
    if let Some(invitee) = draft.call.invitee_mut(&actor.member_id) {
        if answered {
            if !invitee.party.is_spoken_for_by(actor) {
                return Err(Refusal::NotAParticipant);
            }
            invitee.state = InviteeState::Left;
            invitee.party.left_at_ms = Some(now);
        } else {
            invitee.state = InviteeState::Rejected;
            invitee.party.device_id.clone_from(&actor.device_id);
        }
    }
    let outcome = EndCause::reported(reason, answered).outcome();
    draft.tell(News::Ended);
    draft.commit(Cause::Ended, Some(actor));
    over(draft, outcome, Some(actor.member_id.clone()));
    Ok(())
}

/// The room could not be made for the create.
pub(super) fn room_unavailable(draft: &mut Draft<'_>) {
    match draft.before.phase {
        Phase::Ringing => end_by_server(draft, EndCause::MediaUnavailable),
        Phase::Connecting | Phase::Active | Phase::Over(_) => {}
    }
}

/// Carries out all that is due, in the order of time. Nothing is: nothing changes.
pub(super) fn tick(draft: &mut Draft<'_>) {
    for due in draft.before.due(draft.now_ms) {
        if draft.call.is_over() {
            return;
        }
        match due {
            Deadline::Ring => missed(draft),
            Deadline::CallerGone => end_by_server(draft, EndCause::Gone),
            Deadline::Connect => not_connected(draft),
            Deadline::LeftOnPurpose(member) => {
                let by = Some(member);
                depart(
                    draft,
                    std::slice::from_ref(member),
                    &Departure::left(EndCause::HangUp, by),
                );
            }
            Deadline::ParticipantGone(member) => {
                depart(
                    draft,
                    std::slice::from_ref(member),
                    &Departure::left(EndCause::Gone, None),
                );
            }
            Deadline::Longest => end_by_server(draft, EndCause::LongestCall),
        }
    }
}

/// The server ends the call as a whole.
pub(super) fn end_by_server(draft: &mut Draft<'_>, cause: EndCause) {
    draft.tell(News::Ended);
    draft.commit(Cause::Ended, None);
    over(draft, cause.outcome(), None);
}

/// Puts the call into its last phase. Who had not answered has missed it.
pub(super) fn over(draft: &mut Draft<'_>, outcome: Outcome, by: Option<MemberId>) {
    for invitee in &mut draft.call.invitees {
        if invitee.is_pending() {
            invitee.state = InviteeState::Missed;
        }
    }
    draft.call.phase = Phase::Over(Ending {
        outcome,
        by,
        at_ms: draft.now_ms,
    });
}
