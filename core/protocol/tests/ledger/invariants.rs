//! What holds after every step, whatever it was.

use std::collections::BTreeSet;

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::ledger::*;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::snapshot::InviteeState;

use crate::bench::URL;

pub(crate) fn hold_at_create(step: &Step) {
    assert_eq!(step.call.rev().0, 1);
    holds_of_call(&step.call);
    tells_each_member_once(step);
}

/// Checks a step that was taken.
pub(crate) fn hold(before: &Call, step: &Step) {
    let after = &step.call;
    holds_of_call(after);
    match step.effect {
        Effect::Unchanged => assert_eq!(before, after),
        Effect::Noted => {
            assert_ne!(before, after);
            assert_eq!(before.rev(), after.rev());
            assert_eq!(
                snapshot(before, step.at_ms),
                snapshot(after, step.at_ms),
                "what others are shown changes with a rev only"
            );
            assert_eq!(entitled(before), entitled(after));
        }
        Effect::Committed => {
            assert_eq!(after.rev(), before.rev().next());
            tells_each_member_once(step);
        }
    }
    if step.effect != Effect::Committed {
        assert!(step.notices.is_empty(), "nothing to tell without a change");
    }
    if before.is_over() {
        assert_eq!(step.effect, Effect::Unchanged, "over is over");
    }
    let room = if step.effect == Effect::Committed && after.is_over() {
        Some(RoomTask::Delete)
    } else if entitled(before) != entitled(after) {
        Some(RoomTask::Reconcile)
    } else {
        None
    };
    assert_eq!(step.room_task(), room);
    let in_again = |member: &String| {
        let invited = after.invitees().iter();
        let mut of_member = invited.filter(|i| i.party.member_id().as_str() == member);
        after.is_group() && of_member.any(|i| i.is_pending() || i.state == InviteeState::Busy)
    };
    let (accepted_before, accepted_after) = (accepted(before), accepted(after));
    let mut undone = accepted_before.difference(&accepted_after);
    assert!(undone.all(in_again), "an accept stands");
    assert!(after.is_group() || !before.is_group(), "a group stays one");
    no_token_travels(step);
}

fn holds_of_call(call: &Call) {
    assert_eq!(call.is_over(), call.status().is_over());
    assert_eq!(
        call.next_deadline().is_some(),
        !call.is_over(),
        "every call that is not over has a deadline"
    );

    let text = serde_json::to_string(call).unwrap();
    assert_eq!(
        &serde_json::from_str::<Call>(&text).unwrap(),
        call,
        "a store keeps all of it"
    );

    let accepted = accepted(call);
    assert!(
        accepted.len() <= 1 || call.is_group(),
        "one accept per 1:1 call"
    );
    assert!(call.members().count() <= MAX_MEMBERS);
    let entitled = entitled(call);
    // Who left after its accept, and is called in anew, has not accepted: the call was, all the same.
    if call.status() == CallStatus::Ringing {
        assert!(accepted.is_empty(), "an accept is the end of the ringing");
        assert!(
            entitled.iter().all(|(_, grants)| !grants.can_subscribe),
            "nobody hears before the accept"
        );
    }
    let ahead = entitled.iter().filter(|(id, _)| id.contains('#'));
    assert!(ahead.count() <= 1, "one device joins ahead");
    let names: BTreeSet<_> = entitled.iter().map(|(id, _)| id).collect();
    assert_eq!(names.len(), entitled.len(), "no identity twice");
    if call.is_over() {
        assert!(entitled.is_empty() && claims(call).is_empty());
    } else {
        let in_it = claims(call)
            .iter()
            .filter(|(_, claim)| *claim != Claim::Ringing)
            .count();
        let rings = call.invitees().iter().any(Invitee::is_pending);
        let needed = if rings { 1 } else { 2 };
        assert!(in_it >= needed, "a call nobody is left in is over");
        assert!(rings || !matches!(call.phase(), Phase::Ringing));
    }

    for participant in snapshot(call, 0).participants {
        let member = &participant.participant.member_id;
        let takes_part = member == call.caller().member_id() || accepted.contains(member.as_str());
        assert_eq!(
            participant.identity.is_some(),
            takes_part,
            "tracks are played of who accepted, and of nobody else"
        );
    }
}

/// Who accepted, whether or not it is still there.
fn accepted(call: &Call) -> BTreeSet<String> {
    call.invitees()
        .iter()
        .filter(|invitee| {
            matches!(
                invitee.state,
                InviteeState::Accepted | InviteeState::Left | InviteeState::Failed
            )
        })
        .map(|invitee| invitee.party.member_id().to_string())
        .collect()
}

fn tells_each_member_once(step: &Step) {
    let mut told: Vec<String> = Vec::new();
    for message in step.messages(URL) {
        assert_eq!(message.envelope.rev, Some(step.call.rev()));
        match (&message.topic.channel, &message.envelope.signal) {
            (Channel::CallUpdate(member), Signal::CallUpdate(update)) => {
                assert_eq!(update.change.snapshot, snapshot(&step.call, step.at_ms));
                told.push(member.to_string());
            }
            (channel, signal) => assert!(
                !matches!(channel, Channel::CallUpdate(_))
                    && !matches!(signal, Signal::CallUpdate(_)),
                "updates go on their own topic, and nothing else does"
            ),
        }
    }
    told.sort();
    let mut members: Vec<_> = step.call.members().map(|p| p.id.to_string()).collect();
    members.sort();
    assert_eq!(told, members, "one call_update for each member");
}

fn no_token_travels(step: &Step) {
    for message in step.messages(URL) {
        let payload = serde_json::to_string(&message.envelope).unwrap();
        assert!(!payload.contains("token"), "{payload}");
    }
}
