//! What becomes of a call by what happens in its room, and by what its participants say of it.

use super::call::{Call, Phase};
use super::command::{InRoom, RoomHint};
use super::grants::identity;
use super::notice::News;
use super::party::Party;
use super::presence::RoomSight;
use super::refusal::Refusal;
use super::step::Draft;
use crate::id::MemberId;
use crate::rest::{Actor, PatchParticipant};
use crate::signal::Cause;

/// A device says that its room transport is up. Of an invitee that rings it is not known yet which
/// device will take part: all are remembered.
pub(super) fn connected(draft: &mut Draft<'_>, actor: &Actor) -> Result<(), Refusal> {
    draft.before.members_only(actor)?;
    let now = draft.now_ms;
    if let Some(rung) = draft.call.pending_mut(&actor.member_id) {
        rung.remember_connected(&actor.device_id);
        return Ok(());
    }
    let participant = draft.call.participant_mut(&actor.member_id);
    match (&draft.before.phase, participant) {
        (Phase::Ringing, Some(caller)) => caller.remember_connected(&actor.device_id),
        (Phase::Connecting | Phase::Active, Some(party))
            if party.is_device(actor) && party.joined_at_ms.is_none() =>
        {
            party.joined_at_ms = Some(now);
            settle(draft, Some(actor));
        }
        (Phase::Ringing | Phase::Connecting | Phase::Active | Phase::Over(_), _) => {}
    }
    Ok(())
}

/// A participant's media flags change. What is the same already is no change.
pub(super) fn patch(
    draft: &mut Draft<'_>,
    actor: &Actor,
    flags: PatchParticipant,
) -> Result<(), Refusal> {
    if draft.before.is_over() {
        return draft.before.members_only(actor);
    }
    // While it rings, an invitee has no device in the call yet: any of them may speak.
    let party = if draft.call.pending_mut(&actor.member_id).is_some() {
        draft.call.pending_mut(&actor.member_id)
    } else {
        let participant = draft.call.participant_mut(&actor.member_id);
        participant.filter(|party| party.is_spoken_for_by(actor))
    }
    .ok_or(Refusal::NotAParticipant)?;

    let changed = PatchParticipant {
        is_muted: changed(&mut party.flags.is_muted, flags.is_muted),
        is_video_enabled: changed(&mut party.flags.is_video_enabled, flags.is_video_enabled),
        is_speaker_on: changed(&mut party.flags.is_speaker_on, flags.is_speaker_on),
    };
    if changed != PatchParticipant::default() {
        draft.tell(News::Flags {
            member: actor.member_id.clone(),
            changed,
        });
        draft.commit(Cause::Participant, Some(actor));
    }
    Ok(())
}

fn changed(flag: &mut bool, wanted: Option<bool>) -> Option<bool> {
    let new = wanted.filter(|wanted| wanted != flag);
    if let Some(new) = new {
        *flag = new;
    }
    new
}

/// The participant list: truth about who is there, for whoever takes part.
pub(super) fn list(draft: &mut Draft<'_>, present: &[InRoom], asked_at_ms: u64) {
    let now = draft.now_ms;
    let seen = |party: &Party| {
        let identity = identity(draft.before, party.member_id(), party.device_id.as_ref());
        present.iter().find(|seen| seen.identity == identity)
    };
    match draft.before.phase {
        // Being in the room before the accept changes no state; only the caller's presence
        // counts, and a list that lacks it is the first sign that it is gone.
        Phase::Ringing => {
            let there = seen(&draft.before.caller);
            let sight = draft.before.caller.presence.room.clone();
            draft.call.caller.presence.room = match (there, sight) {
                (Some(seen), sight) => sight.listed(seen.session.as_deref(), asked_at_ms, now),
                (None, RoomSight::Unseen) => RoomSight::Missing { since_ms: now },
                (
                    None,
                    sight @ (RoomSight::Missing { .. }
                    | RoomSight::In { .. }
                    | RoomSight::Gone { .. }),
                ) => sight.lacked(asked_at_ms, None, now),
            };
        }
        Phase::Connecting | Phase::Active => {
            for party in draft.call.participants_mut() {
                let sight = party.presence.room.clone();
                party.presence.room = match seen(party) {
                    Some(seen) => {
                        let confirmed = seen.is_active.then_some(now);
                        party.joined_at_ms = party.joined_at_ms.or(confirmed);
                        sight.listed(seen.session.as_deref(), asked_at_ms, now)
                    }
                    None => sight.lacked(asked_at_ms, party.joined_at_ms, now),
                };
            }
            settle(draft, None);
        }
        Phase::Over(_) => {}
    }
}

/// A webhook: shown at once, and proved or disproved by the next list.
pub(super) fn hint(draft: &mut Draft<'_>, who: &str, session: Option<&str>, hint: RoomHint) {
    let now = draft.now_ms;
    let is_meant =
        |party: &Party| who == identity(draft.before, party.member_id(), party.device_id.as_ref());
    let take_in = |party: &mut Party| {
        let sight = party.presence.room.clone();
        party.presence.room = match hint {
            RoomHint::Joined => sight.came(session, now),
            RoomHint::Left { client_initiated } => sight.left(session, client_initiated, now),
        };
    };
    match draft.before.phase {
        Phase::Ringing => {
            if is_meant(&draft.before.caller) {
                take_in(&mut draft.call.caller);
            }
        }
        Phase::Connecting | Phase::Active => {
            if let Some(party) = draft.call.participants_mut().find(|party| is_meant(party)) {
                take_in(party);
            }
            settle(draft, None);
        }
        Phase::Over(_) => {}
    }
}

/// Commits what has become visible after the accept: who joined, who is missing, and `active`.
fn settle(draft: &mut Draft<'_>, by: Option<&Actor>) {
    let joined = newly_joined(draft);
    let presence_shown = shown_as_gone(&draft.call) != shown_as_gone(draft.before);
    let somebody_joined = !joined.is_empty();
    for member in joined {
        draft.tell(News::Joined { member });
    }
    if become_active(draft) {
        draft.commit(Cause::Active, by);
    } else if somebody_joined {
        draft.commit(Cause::Joined, by);
    } else if presence_shown {
        draft.commit(Cause::Participant, by);
    }
}

/// Whose media is confirmed by this step.
pub(super) fn newly_joined(draft: &Draft<'_>) -> Vec<MemberId> {
    let had_joined = |member: &MemberId| {
        let before = draft.before.participant(member);
        before.is_some_and(|party| party.joined_at_ms.is_some())
    };
    draft
        .call
        .participants()
        .filter(|party| party.joined_at_ms.is_some() && !had_joined(party.member_id()))
        .map(|party| party.member_id().clone())
        .collect()
}

fn shown_as_gone(call: &Call) -> Vec<bool> {
    call.participants()
        .map(|party| party.presence.room.is_gone())
        .collect()
}

/// Connecting becomes active once two members are confirmed. True if it did.
pub(super) fn become_active(draft: &mut Draft<'_>) -> bool {
    let confirmed = draft
        .call
        .participants()
        .filter(|party| party.joined_at_ms.is_some())
        .count();
    match draft.call.phase {
        Phase::Connecting if confirmed >= 2 => {
            draft.call.phase = Phase::Active;
            draft.call.active_at_ms = Some(draft.now_ms);
            true
        }
        Phase::Connecting | Phase::Ringing | Phase::Active | Phase::Over(_) => false,
    }
}
