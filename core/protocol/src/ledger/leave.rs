//! Who leaves a call that goes on without it, and when a call is over by itself.

use super::answer::reject;
use super::call::{Call, Phase};
use super::end::{cancel, end, end_by_server, over};
use super::notice::News;
use super::refusal::Refusal;
use super::step::Draft;
use crate::end::{EndCause, EndReason, Outcome};
use crate::id::MemberId;
use crate::rest::{Actor, RejectReason};
use crate::signal::Cause;
use crate::snapshot::InviteeState;

/// How a call ends once nobody rings any more, if it does: after an accept when fewer than two
/// members are left in it, by `cause`, which is what the last of them went by; without one by the
/// answers. Where nobody at all is left, those who ring would find nobody: it is over too. The one
/// rule by which a call is over without being ended as a whole.
pub(super) fn finished(call: &Call, cause: EndCause) -> Option<Outcome> {
    let left = call.participants().count();
    if left > 0 && call.anybody_rings() {
        return None;
    }
    if call.accepted_at_ms.is_some() {
        return (left < 2).then(|| cause.outcome());
    }
    let states = || call.invitees.iter().map(|invitee| invitee.state);
    let unanswered = if states().all(|state| state == InviteeState::Busy) {
        EndCause::AllBusy
    } else if states().any(|state| state == InviteeState::Rejected) {
        EndCause::AllRejected
    } else {
        EndCause::RingDeadline
    };
    Some(unanswered.outcome())
}

/// How participants go.
pub(super) struct Departure<'a> {
    /// What becomes of an invitee.
    state: InviteeState,
    /// The change that others are told of, if the call goes on.
    change: Cause,
    /// How the call ends, if it is over by it.
    cause: EndCause,
    /// The member whose action it was; none where a deadline passed.
    by: Option<&'a MemberId>,
    /// The device that asked for it.
    actor: Option<&'a Actor>,
}

impl<'a> Departure<'a> {
    /// They have left.
    pub(super) fn left(cause: EndCause, by: Option<&'a MemberId>) -> Self {
        Self {
            state: InviteeState::Left,
            change: Cause::Left,
            cause,
            by,
            actor: None,
        }
    }
}

/// Members who are in the call leave it. In a 1:1, and where nobody is left to talk to, that is
/// the call's end. Who is in it no more is passed over.
pub(super) fn depart(draft: &mut Draft<'_>, members: &[MemberId], departure: &Departure<'_>) {
    let now = draft.now_ms;
    let mut gone = Vec::new();
    for member in members {
        let Some(party) = draft.call.participant_mut(member) else {
            continue;
        };
        party.left_at_ms = Some(now);
        party.is_on_hold = false;
        if let Some(invitee) = draft.call.invitee_mut(member) {
            invitee.state = departure.state;
        }
        gone.push(member);
    }
    if let Some(outcome) = finished(&draft.call, departure.cause) {
        draft.tell(News::Ended);
        draft.commit(Cause::Ended, departure.actor);
        over(draft, outcome, departure.by.cloned());
    } else if !gone.is_empty() {
        for member in gone {
            draft.tell(News::Left {
                member: member.clone(),
            });
            draft.tell(News::OverFor {
                member: member.clone(),
                reason: departure.cause.outcome().reason,
                by: departure.by.cloned(),
            });
        }
        draft.commit(departure.change, departure.actor);
    }
}

/// A member leaves; see [`super::Command::Leave`]. `reason`: what a callee's /end says of it.
pub(super) fn leave(
    draft: &mut Draft<'_>,
    actor: &Actor,
    reason: Option<EndReason>,
) -> Result<(), Refusal> {
    let call = draft.before;
    call.members_only(actor)?;
    match call.phase {
        Phase::Over(_) => return Ok(()),
        Phase::Ringing if call.caller.member_id() == &actor.member_id => {
            return cancel(draft, actor);
        }
        Phase::Ringing | Phase::Connecting | Phase::Active if !call.is_group => {
            return end(draft, actor, reason);
        }
        Phase::Ringing | Phase::Connecting | Phase::Active => {}
    }
    if draft.call.pending_mut(&actor.member_id).is_some() {
        return reject(draft, actor, RejectReason::Rejected, None);
    }
    match call.participant(&actor.member_id) {
        Some(party) if !party.is_spoken_for_by(actor) => Err(Refusal::NotAParticipant),
        Some(_) => {
            let cause = EndCause::reported(reason, true);
            let departure = Departure {
                actor: Some(actor),
                ..Departure::left(cause, Some(&actor.member_id))
            };
            depart(draft, std::slice::from_ref(&actor.member_id), &departure);
            Ok(())
        }
        None => Ok(()),
    }
}

/// A member may use the server no more; see [`super::Command::Revoke`].
pub(super) fn revoke(draft: &mut Draft<'_>, member: &MemberId) {
    let call = draft.before;
    let rings = draft.call.pending_mut(member).is_some();
    let is_in_it = rings || call.participant(member).is_some();
    if call.is_over() || !is_in_it {
        return;
    }
    if rings && call.is_group {
        ring_no_more(draft, &[member], EndCause::Revoked);
    } else if call.phase == Phase::Ringing {
        end_by_server(draft, EndCause::Revoked);
    } else {
        let departure = Departure::left(EndCause::Revoked, None);
        depart(draft, std::slice::from_ref(member), &departure);
    }
}

/// Invitees whose time to answer is over have missed the call.
pub(super) fn missed(draft: &mut Draft<'_>) {
    let now = draft.now_ms;
    let has_missed = |member: &&MemberId| {
        let missed_at = draft
            .call
            .invitee(member)
            .and_then(|i| draft.call.missed_at_ms(i));
        missed_at.is_some_and(|at_ms| at_ms <= now)
    };
    let invitees = draft.before.invitees.iter();
    let members: Vec<_> = invitees
        .map(|invitee| invitee.party.member_id())
        .filter(has_missed)
        .collect();
    ring_no_more(draft, &members, EndCause::RingDeadline);
}

/// Invitees ring no more, and have missed the call.
fn ring_no_more(draft: &mut Draft<'_>, members: &[&MemberId], cause: EndCause) {
    for member in members {
        if let Some(invitee) = draft.call.invitee_mut(member) {
            invitee.state = InviteeState::Missed;
        }
    }
    if let Some(outcome) = finished(&draft.call, EndCause::HangUp) {
        draft.tell(News::Ended);
        draft.commit(Cause::Ended, None);
        over(draft, outcome, None);
    } else if !members.is_empty() {
        for member in members {
            draft.tell(News::OverFor {
                member: (*member).clone(),
                reason: cause.outcome().reason,
                by: None,
            });
        }
        draft.commit(Cause::Missed, None);
    }
}

/// Participants whose media did not come up in time have failed.
pub(super) fn not_connected(draft: &mut Draft<'_>) {
    let has_failed = |party: &MemberId| {
        let party = draft.call.participant(party);
        let failed_at = party.and_then(|party| draft.call.failed_at_ms(party));
        failed_at.is_some_and(|at_ms| at_ms <= draft.now_ms)
    };
    let members: Vec<_> = draft
        .before
        .participants()
        .map(|party| party.member_id().clone())
        .filter(has_failed)
        .collect();
    let departure = Departure {
        state: InviteeState::Failed,
        change: Cause::Failed,
        ..Departure::left(EndCause::ConnectDeadline, None)
    };
    depart(draft, &members, &departure);
}
