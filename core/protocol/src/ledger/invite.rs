//! More members are rung in a call that is there.

use super::call::{Call, JoinAhead, Phase};
use super::claims::claim;
use super::notice::called;
use super::party::{Invitee, MAX_MEMBERS};
use super::refusal::Refusal;
use super::step::Draft;
use crate::id::MemberId;
use crate::rest::{Actor, KnownInvitee};
use crate::signal::{Cause, Person};
use crate::snapshot::InviteeState;

/// Whom an invite means of those that it names, by what its device knew: who has been invited since
/// stays as it is, whatever it answered. So an invite that was carried out and is repeated rings
/// nobody twice. A device that does not say what it knew means all of them.
pub fn meant_callees(
    call: &Call,
    callees: &[Person],
    known: Option<&[KnownInvitee]>,
) -> Vec<Person> {
    let is_meant = |callee: &&Person| match (known, call.invitee(&callee.id)) {
        (Some(known), Some(invitee)) => known
            .iter()
            .any(|k| k.member_id == callee.id && k.invited_again == invitee.invited_again),
        (None, _) | (_, None) => true,
    };
    callees.iter().filter(is_meant).cloned().collect()
}

/// Of those that an invite means, the ones whom it calls: whoever is in the call or rings already is
/// passed over.
pub fn newly_called(call: &Call, callees: &[Person]) -> Vec<Person> {
    let new = callees.iter().filter(|callee| is_new(call, callee));
    new.cloned().collect()
}

fn is_new(call: &Call, callee: &Person) -> bool {
    claim(call, &callee.id).is_none()
}

/// Rings further members, and those again who left, declined, missed it, were busy or failed.
/// Whoever is in the call or rings already is passed over ([`newly_called`]). The call is a group
/// from now on.
///
/// The caller who left is not an invitee and cannot become one: part A lists it as the caller.
pub(super) fn invite(
    draft: &mut Draft<'_>,
    actor: &Actor,
    callees: &[Person],
    busy: &[MemberId],
) -> Result<(), Refusal> {
    let call = draft.before;
    call.members_only(actor)?;
    if call.is_over() {
        return Err(Refusal::Over);
    }
    let inviter = call.participant(&actor.member_id);
    if !inviter.is_some_and(|party| party.is_spoken_for_by(actor)) {
        return Err(Refusal::NotAParticipant);
    }
    let mut invited = Vec::new();
    for person in callees {
        if call.caller.member_id() == &person.id && call.caller.left_at_ms.is_some() {
            return Err(Refusal::CallerLeft);
        }
        let is_busy = busy.contains(&person.id);
        let mut known = draft.call.invitee(&person.id).into_iter();
        // A repeat finds them as the first one left them.
        let stays_busy = is_busy && known.any(|invitee| invitee.state == InviteeState::Busy);
        if stays_busy || !is_new(&draft.call, person) {
            continue;
        }
        let mut invitee = Invitee::new(person.clone(), is_busy, draft.now_ms);
        match draft.call.invitee_mut(&person.id) {
            Some(before) => {
                invitee.invited_again = before.invited_again.saturating_add(1);
                *before = invitee.clone();
            }
            None => draft.call.invitees.push(invitee.clone()),
        }
        invited.push(invitee);
    }
    if draft.call.invitees.len() >= MAX_MEMBERS {
        return Err(Refusal::CallFull);
    }
    if invited.is_empty() {
        return Ok(());
    }
    draft.call.is_group = true;
    close_join_ahead(draft);
    for news in called(&invited, Cause::Invited, actor) {
        draft.tell(news);
    }
    draft.commit(Cause::Invited, Some(actor));
    Ok(())
}

/// Group calls join after the tap. A device that waits in the room goes, and rings on; one that
/// has accepted keeps the identity that it joined with.
fn close_join_ahead(draft: &mut Draft<'_>) {
    let waits = match (&draft.before.phase, &draft.before.join_ahead) {
        (Phase::Ringing, _) | (_, JoinAhead::Open) => true,
        (Phase::Connecting | Phase::Active | Phase::Over(_), _) => false,
    };
    if waits {
        draft.call.join_ahead = JoinAhead::Off;
    }
}
