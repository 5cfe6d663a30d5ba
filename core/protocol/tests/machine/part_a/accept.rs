//! The accept, whose it was, and what follows from it.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Effect, Elsewhere, Event, RoomEffect, RoomEvent};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;

use crate::kit::*;

#[test]
fn nobody_joins_before_the_accept_and_both_talk_after_it() {
    let mut bob = Phone::dialing_a("s1");
    assert!(
        bob.effects()
            .iter()
            .all(|e| !matches!(e, Effect::Room { .. }))
    );
    bob.call_signal("s1", Signal::CallRinging(callee("alice")));
    bob.call_signal("s1", Signal::CallAccept(callee("alice")));
    assert_eq!(
        bob.events(),
        [
            Event::RemoteRinging { call_id: id("s1") },
            Event::Connecting { call_id: id("s1") }
        ]
    );
    bob.room(RoomEvent::Connected);
    assert_eq!(
        bob.room_effects()[1..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ]
    );
    bob.quiet();
    bob.joined("alice");
    assert_eq!(bob.events(), [Event::Active { call_id: id("s1") }]);
}

#[test]
fn the_others_participant_joined_after_the_accept_is_active_too_and_my_own_is_not() {
    let mut bob = Phone::connecting_a("s1");
    bob.events();
    bob.participant_joined("s1", "bob").quiet();
    bob.participant_joined("s1", "alice");
    assert_eq!(bob.events(), [Event::Active { call_id: id("s1") }]);
}

#[test]
fn my_members_accept_means_another_device_unless_mine_is_on_its_way() {
    let mut bob = Phone::ringing_a("s1");
    bob.call_signal("s1", Signal::CallAccept(callee("bob")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));

    let mut bob = Phone::ringing_a("s1");
    bob.accept("s1");
    bob.call_signal("s1", Signal::CallAccept(callee("bob")))
        .quiet();
    bob.answer("accept", created_a("s1"));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("s1") }]);
    bob.call_signal("s1", Signal::CallAccept(callee("bob")))
        .quiet();

    let mut bob = Phone::ringing_a("s1");
    bob.call_signal("s1", Signal::CallReject(callee("bob")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Declined));
}

#[test]
fn an_accept_that_is_refused_because_it_is_taken_was_answered_elsewhere() {
    for word in ["connecting", "active"] {
        let mut bob = Phone::ringing_a("s1");
        bob.accept("s1");
        bob.fail(
            "accept",
            refusal_a(409, &format!("Call cannot be accepted (status: {word})")),
        );
        assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered), "{word}");
    }
    let mut bob = Phone::ringing_a("s1");
    bob.accept("s1");
    bob.fail(
        "accept",
        refusal_a(409, "Call cannot be accepted (status: ended)"),
    );
    bob.answer(
        "history",
        history("s1", CallStatus::Ended, EndReason::Cancelled),
    );
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
}

#[test]
fn a_lost_room_is_rejoined_with_the_token_at_hand() {
    use faithcall_protocol::machine::DisconnectReason;
    let mut bob = Phone::connecting_a("s1");
    bob.joined("alice");
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    let connects = bob
        .room_effects()
        .iter()
        .filter(|e| matches!(e, RoomEffect::Connect { .. }))
        .count();
    assert_eq!(connects, 2);
    assert!(bob.asked().is_empty());
}

#[test]
fn a_part_a_peers_mute_is_its_flag() {
    use faithcall_protocol::machine::MediaSource;
    let mut bob = Phone::connecting_a("s1");
    bob.joined("alice");
    bob.room(RoomEvent::TrackSubscribed {
        identity: "alice".into(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.events();
    bob.signal_on(
        Channel::Participants(id("s1")),
        "s1",
        Signal::ParticipantMuted {
            participant_id: "alice".parse().unwrap(),
            is_muted: true,
        },
    );
    assert!(matches!(
        bob.events()[..],
        [Event::PeerMediaChanged { on: false, .. }]
    ));
}
