//! Two who call each other (G).

use faithcall_protocol::end::CallStatus;
use faithcall_protocol::machine::{CommandFailure, Event, Failure, Input, RoomEffect, RoomEvent};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::ErrorCode;

use crate::kit::*;

// G1: both call each other. Broken by taking glare for a failure, or answering the held invite
// busy.

#[test]
fn race_g1_the_loser_accepts_the_others_call_with_no_ring_and_no_hang_up() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.invite("c2", 45_000).quiet();
    bob.glare("c2");
    assert_eq!(
        bob.events(),
        [Event::CallIdChanged {
            from: id("c1"),
            to: id("c2")
        }]
    );
    assert_eq!(bob.asked(), ["accept", "cancel"]);
    bob.accept_counts("c2", 2);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c2") }]);
}

#[test]
fn race_g1_the_winner_drops_the_invite_that_lost() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.invite("c2", 45_000);
    bob.placed("c1");
    bob.events();
    assert!(bob.asked().is_empty(), "neither rung nor answered busy");
    bob.invite("c2", 45_000).quiet();
}

/// What a create may come to without a call.
fn brings_no_call() -> [Failure; 3] {
    [
        refusal(429, ErrorCode::RateLimited, None),
        refusal(503, ErrorCode::MediaUnavailable, None),
        refusal(404, ErrorCode::MemberNotFound, None),
    ]
}

#[test]
fn race_g1_a_held_invite_rings_once_the_create_has_brought_no_call() {
    for failure in brings_no_call() {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice").events();
        bob.invite("c2", 45_000).quiet();
        bob.fail("create", failure);
        assert_eq!(bob.ended().status, CallStatus::Failed);
        bob.synced(vec![(incoming("c2").made(), 40_000)]);
        assert!(bob.rings());
    }
}

#[test]
fn race_g1_a_held_invite_rings_once_the_create_has_timed_out_or_was_taken_back() {
    for taken_back in [true, false] {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice").events();
        bob.invite("c2", 45_000).quiet();
        if taken_back {
            bob.cancel("c1");
        } else {
            bob.pass(15_000);
        }
        bob.ended();
        bob.synced(vec![(incoming("c2").made(), 20_000)]);
        assert!(bob.rings());
    }
}

#[test]
fn race_g1_no_ring_is_asked_for_where_no_invite_was_held() {
    for failure in brings_no_call() {
        let mut bob = Phone::part_b();
        bob.call("c1", "alice");
        bob.fail("create", failure);
        assert_eq!(bob.asked(), ["cancel"]);
    }
}

#[test]
fn race_g1_on_a_part_a_server_a_held_invite_rings_once_the_create_has_brought_no_call() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.invite_a("s2", "alice").quiet();
    bob.fail("create", refusal_a(429, "Too many requests"));
    assert_eq!(bob.ended().status, CallStatus::Failed);
    bob.rings_at_server("s2");
    assert!(bob.rings());
}

#[test]
fn race_g1_a_ring_that_only_a_part_a_servers_answer_told_is_held_as_well() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    let now = bob.now;
    let rings = || active_call("s2", "alice", "bob", CallStatus::Ringing, now);
    bob.give(Input::LinkUp);
    bob.answer("active", rings()).quiet();
    bob.fail("create", refusal_a(429, "Too many requests"));
    assert_eq!(bob.ended().status, CallStatus::Failed);
    bob.answer("active", rings());
    assert!(bob.rings());
}

#[test]
fn race_g1_the_camera_opens_only_if_it_was_video_that_was_dialled() {
    for (dialled, opens) in [(CallType::Voice, false), (CallType::Video, true)] {
        let mut bob = Phone::part_b();
        bob.call_as("c1", "alice", dialled);
        let other = incoming("c2").video();
        bob.fail(
            "create",
            refusal(409, ErrorCode::Glare, Some(other.clone().made())),
        );
        bob.answer("accept", created(other.rev(2).accepted("phone"), false));
        bob.room(RoomEvent::Connected);
        assert_eq!(
            bob.room_effects().contains(&RoomEffect::SetCamera(true)),
            opens
        );
    }
}

#[test]
fn race_g1_on_a_part_a_server_whatever_comes_first_invite_or_answer() {
    for invite_first in [true, false] {
        let mut bob = Phone::part_a();
        bob.call("c1", "alice").events();
        if invite_first {
            bob.invite_a("s2", "alice").quiet();
        }
        bob.fail("create", refusal_a(409, "All callees are busy: Alice"));
        if !invite_first {
            bob.invite_a("s2", "alice").quiet();
        }
        bob.rings_at_server("s2");
        assert_eq!(
            bob.events(),
            [Event::CallIdChanged {
                from: id("c1"),
                to: id("s2")
            }]
        );
        assert_eq!(bob.asked(), ["accept"]);
    }
}

#[test]
fn race_g1_a_call_offered_by_somebody_i_did_not_dial_is_not_accepted() {
    let mut bob = Phone::part_b();
    bob.call("c1", "carol");
    bob.glare("c2");
    assert_eq!(bob.ended().status, CallStatus::Failed);
    assert_eq!(bob.asked(), ["cancel"], "its own, and nothing of the other");
}

// G2: a client-made id that is taken. Broken by learning from that refusal.

#[test]
fn race_g2_a_taken_id_shows_nothing_of_the_other_call() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.fail("create", refusal(409, ErrorCode::CallIdTaken, None));
    let events = bob.events();
    assert!(matches!(
        &events[0],
        Event::CommandFailed {
            failure: CommandFailure::Report { status: 409 },
            ..
        }
    ));
    assert!(matches!(&events[1], Event::Ended { .. }));
}
