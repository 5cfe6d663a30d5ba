//! Races of the catalogue around the room, pushes and the token. Beside each, what breaks it.

use faithcall_protocol::end::{CallStatus, EndReason, ReasonDetail};
use faithcall_protocol::machine::{
    CallState, Command, DisconnectReason, Event, Failure, Input, MediaSource, RoomEffect,
    RoomEvent, SessionId, Side,
};
use faithcall_protocol::rest::ErrorCode;

use crate::kit::*;

fn lost(reason: DisconnectReason) -> RoomEvent {
    RoomEvent::Disconnected { reason }
}

fn in_session(session: u64, event: RoomEvent) -> Input {
    Input::Room {
        session: SessionId(session),
        event,
    }
}

/// Lost the room and came back, in a second session.
fn rejoined() -> Phone {
    let mut bob = Phone::active("c1");
    bob.room(lost(DisconnectReason::Lost));
    bob.answer("token", token());
    bob.room(RoomEvent::Connected).joined("alice");
    bob.events();
    bob
}

// M1: broken by not comparing sessions, one's own or the other's.

#[test]
fn race_m1_the_end_of_an_old_session_leaves_the_new_one() {
    let mut bob = rejoined();
    bob.give(in_session(1, lost(DisconnectReason::Lost)));
    bob.give(in_session(
        1,
        RoomEvent::ParticipantLeft {
            identity: "alice".into(),
            sid: None,
            deliberate: true,
        },
    ));
    bob.pass(40_000).quiet();
    assert!(bob.asked().is_empty(), "{:?}", bob.asked());
}

#[test]
fn race_m1_the_end_of_a_peers_old_stay_leaves_its_new_one() {
    let mut bob = Phone::active("c1");
    let came = |sid: &str| RoomEvent::ParticipantJoined {
        identity: "alice".into(),
        sid: Some(sid.into()),
    };
    let went = |sid: &str| RoomEvent::ParticipantLeft {
        identity: "alice".into(),
        sid: Some(sid.into()),
        deliberate: false,
    };
    bob.room(came("PA_1")).room(came("PA_2")).events();
    bob.room(went("PA_1"));
    bob.pass(40_000).quiet();
    assert!(bob.asked().is_empty(), "{:?}", bob.asked());
    bob.room(went("PA_2"));
    let who = Side::Peer("alice".parse().unwrap());
    let call_id = id("c1");
    assert_eq!(bob.events(), [Event::Reconnecting { call_id, who }]);
}

// M2: broken by keeping the old session as the present one, or numbering from one again.

#[test]
fn race_m2_the_echo_of_my_own_leave_is_no_kick() {
    let mut bob = Phone::active("c1");
    bob.end("c1").answer("end", done());
    bob.call("c2", "alice");
    bob.answer("create", created(outgoing("c2").made(), true));
    bob.room(RoomEvent::Connected);
    bob.update(outgoing("c2").rev(2).active("tablet"));
    bob.joined("alice").answer("connected", done());
    bob.events();
    bob.give(in_session(1, lost(DisconnectReason::Removed)));
    bob.quiet();
    assert!(bob.asked().is_empty(), "{:?}", bob.asked());
}

// M3: broken by taking every removal for a kick, or none.

#[test]
fn race_m3_a_rejoin_under_the_same_identity_kicks_the_old_session_only() {
    let mut bob = rejoined();
    bob.give(in_session(1, lost(DisconnectReason::Removed)));
    bob.quiet();
    assert!(bob.asked().is_empty());
    // The present one is another matter: the server is asked.
    bob.give(in_session(2, lost(DisconnectReason::Removed)));
    assert_eq!(
        bob.events(),
        [Event::Reconnecting {
            call_id: id("c1"),
            who: Side::Me
        }]
    );
    assert!(bob.asked().contains(&"get"));
}

// M4: broken by not asking after the resume.

#[test]
fn race_m4_who_left_while_i_was_reconnecting_is_known_after_the_resume() {
    let mut bob = Phone::active("c1");
    bob.room(RoomEvent::Reconnecting)
        .room(RoomEvent::Reconnected);
    bob.events();
    let over = incoming("c1")
        .rev(5)
        .over(CallStatus::Ended, EndReason::Normal);
    bob.answer("get", snapshot(over));
    assert_eq!(bob.ended().reason, EndReason::Normal);
    let mut bob = Phone::active("c1");
    bob.room(RoomEvent::Reconnecting)
        .room(RoomEvent::Reconnected);
    bob.events();
    bob.answer("get", snapshot(incoming("c1").rev(3).active("phone")));
    bob.quiet();
}

// E3: broken by turning one camera off for the other's.

#[test]
fn race_e3_both_turn_video_on() {
    for mine_first in [true, false] {
        let mut bob = Phone::active("c1");
        let mine = |bob: &mut Phone| {
            bob.command(Command::SetCamera(true));
            bob.room(RoomEvent::MediaSet {
                source: MediaSource::Camera,
                on: true,
            });
        };
        if mine_first {
            mine(&mut bob);
        }
        bob.room(RoomEvent::TrackSubscribed {
            identity: "alice".into(),
            source: MediaSource::Camera,
            muted: false,
        });
        let mut flags = incoming("c1").rev(4).active("phone");
        flags.participants[0].participant.flags.is_video_enabled = true;
        bob.update(flags);
        if !mine_first {
            mine(&mut bob);
        }
        let call = bob.machine.state().call.unwrap();
        assert!(call.camera.wanted && call.participants[0].camera);
        assert!(!bob.room_effects().contains(&RoomEffect::SetCamera(false)));
    }
}

// P1: broken by ringing for a call that is over, or by leaving the push unreported.

#[test]
fn race_p1_a_push_after_the_cancel_is_reported_and_rings_no_more() {
    let without_ring = |events: &[Event]| matches!(events, [Event::PushWithoutRing { .. }]);
    // The cancel was the first that this device heard of it.
    let mut bob = Phone::part_b();
    bob.update(
        incoming("c1")
            .rev(2)
            .over(CallStatus::Ended, EndReason::Cancelled),
    );
    bob.push("c1", 40_000);
    assert!(without_ring(&bob.events()));
    // It had rung by MQTT, and was over.
    let mut bob = Phone::ringing("c1");
    bob.update(
        incoming("c1")
            .rev(3)
            .over(CallStatus::Ended, EndReason::Cancelled),
    );
    bob.events();
    bob.push("c1", 40_000);
    assert!(without_ring(&bob.events()));
    assert!(!bob.rings());
    // Nobody has told yet: it rings, the server is asked, and the ring ends with its answer.
    let mut bob = Phone::part_b();
    bob.push("c1", 40_000);
    assert!(bob.rings());
    bob.events();
    let over = incoming("c1")
        .rev(2)
        .over(CallStatus::Ended, EndReason::Cancelled);
    bob.answer("get", snapshot(over));
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
}

// S4: broken by ending a call for a refused token alone, or by not ending it when the room closes.

#[test]
fn race_s4_a_revoked_token_is_told_and_the_closing_room_ends_the_call() {
    let mut bob = Phone::active("c1");
    bob.give(Input::LinkDown);
    bob.pass(15_000);
    bob.fail("get", Failure::Unauthenticated);
    assert_eq!(bob.events(), [Event::AuthNeeded]);
    assert_eq!(
        bob.machine.state().call.unwrap().state,
        CallState::Active,
        "expiry alone ends nothing"
    );
    bob.room(lost(DisconnectReason::Removed));
    bob.fail("get", Failure::Unauthenticated);
    bob.pass(2_000);
    let ended = bob.ended();
    assert!(!ended.confirmed);
}

// Broken by waiting for another token, or for the server's word.

#[test]
fn race_s4_who_is_revoked_is_out_of_its_calls_at_once_and_has_to_sign_in() {
    let revoked = || refusal(401, ErrorCode::Revoked, None);
    for mut bob in [Phone::active("c1"), Phone::ringing("c1")] {
        bob.give(Input::LinkDown);
        bob.pass(15_000);
        bob.events();
        bob.fail("get", revoked());
        let events = bob.events();
        let [Event::AuthNeeded, Event::Ended { ended, .. }] = &events[..] else {
            panic!("{events:?}")
        };
        assert_eq!(ended.status, CallStatus::Failed);
        assert_eq!(ended.detail, Some(ReasonDetail::Revoked));
        assert!(ended.confirmed);
        bob.pass(60_000).quiet();
    }
}

#[test]
fn race_s4_a_sign_in_on_another_device_changes_nothing() {
    let mut bob = Phone::active("c1");
    // What the server publishes of the other device's sync: nothing new of this call.
    bob.update(incoming("c1").rev(3).active("phone"));
    bob.give(Input::LinkUp);
    let same = sync(
        bob.now,
        vec![(incoming("c1").rev(3).active("phone"), 0)],
        vec![],
    );
    bob.answer("sync", same);
    bob.quiet();
}

// F1: broken by taking anything after the sign-out.

#[test]
fn race_f1_after_the_sign_out_nothing_is_done_whatever_comes() {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetMicrophone(false));
    bob.command(Command::Disconnect);
    bob.pass(3_000);
    assert_eq!(bob.events().last(), Some(&Event::SignedOut));
    let done = (bob.asked().len(), bob.room_effects().len());
    bob.give(Input::LinkUp);
    bob.give(in_session(1, lost(DisconnectReason::Removed)));
    bob.give(in_session(1, RoomEvent::Connected));
    bob.update(incoming("c1").rev(9).active("phone"));
    bob.invite("c2", 45_000);
    bob.push("c3", 45_000);
    bob.pass(60_000).quiet();
    assert_eq!((bob.asked().len(), bob.room_effects().len()), done);
    assert_eq!(bob.machine.next_deadline(), None);
}
