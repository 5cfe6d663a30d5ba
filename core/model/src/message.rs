//! What a message is to whom it comes.

use faithcall_protocol::id::MemberId;
use faithcall_protocol::ledger::Message;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::{Channel, Topic};
use faithcall_protocol::snapshot::CallSnapshot;

use crate::names;
use crate::phone::{End, Facts, Line};
use crate::race::{Race, Races};

/// Whose topic it is; none for a call's own, which no part-B device subscribes.
pub(crate) fn member_of(topic: &Topic) -> Option<&MemberId> {
    match &topic.channel {
        Channel::IncomingCall(member)
        | Channel::CallStatus(member)
        | Channel::CallUpdate(member) => Some(member),
        Channel::Signal(_) | Channel::Participants(_) => None,
    }
}

pub(crate) fn is_invite(message: &Message) -> bool {
    matches!(message.envelope.signal, Signal::CallInvite(_))
}

/// The call as an update tells it.
pub(crate) fn update(message: &Message) -> Option<&CallSnapshot> {
    match &message.envelope.signal {
        Signal::CallUpdate(update) => Some(&update.change.snapshot),
        _ => None,
    }
}

/// Both are updates of one call: the newer one says all that the older one says.
pub(crate) fn takes_its_place(newer: &Message, older: &Message) -> bool {
    match (update(newer), update(older)) {
        (Some(newer), Some(older)) => newer.call_id == older.call_id,
        (Some(_) | None, _) => false,
    }
}

/// The device knows what the message says, or will never listen to it.
pub(crate) fn is_known(facts: &Facts, message: &Message) -> bool {
    let Some(slot) = names::slot_of(&message.envelope.call_id) else {
        return true;
    };
    let call = &facts.calls[slot];
    match &message.envelope.signal {
        // Part A's words are not listened to once the server is known.
        Signal::CallCancel { .. } | Signal::CallEnd { .. } => facts.part_b,
        _ => update(message).is_some_and(|snapshot| {
            facts.part_b && !snapshot.status.is_over() && call.known_as_over
                || call.rev.is_some_and(|rev| snapshot.rev <= rev)
        }),
    }
}

/// Which row of the catalogue the coming of a message is.
pub(crate) fn recognise(facts: &Facts, message: &Message) -> Races {
    let mut races = Races::NONE;
    let Some(slot) = names::slot_of(&message.envelope.call_id) else {
        return races;
    };
    let call = &facts.calls[slot];
    if let Some(snapshot) = update(message) {
        if call.rev.is_some_and(|rev| snapshot.rev < rev) {
            races |= Races::of(Race::D2);
        }
        if call.known_as_over && !snapshot.status.is_over() {
            races |= Races::of(Race::E4);
        }
        let mut others = facts.calls.iter().enumerate();
        if others.any(|(other, call)| other != slot && call.line != Line::None) {
            races |= Races::of(Race::D4);
        }
    }
    if is_invite(message) && (call.known_as_over || call.end != End::None) {
        races |= Races::of(Race::D3);
    }
    races
}
