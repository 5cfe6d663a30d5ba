//! Coming back into a call after the process died.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    CallState, Command, Event, Failure, Input, MediaSource, NotLive, Rejoinable, Request,
    RoomEffect, RoomEvent, Side,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};

use super::own_media::{own, set};
use crate::kit::*;

/// The server has a call of this very device, of which the machine knows nothing.
pub(crate) fn left_over(call: CallSnapshot, ring_ms: u64) -> Phone {
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    let answer = sync(bob.now, vec![(call, ring_ms)], vec![]);
    bob.answer("sync", answer);
    bob
}

fn talking() -> CallSnapshot {
    incoming("c0").rev(4).active("phone")
}

fn offer(bob: &Phone) -> Option<Rejoinable> {
    bob.machine.state().rejoinable
}

// Broken by offering nothing.
#[test]
fn race_p3_a_call_of_a_dead_process_is_offered_and_taken_up() {
    let mut bob = left_over(talking(), 0);
    let on_offer = offer(&bob).unwrap();
    assert_eq!(on_offer.call_id, id("c0"));
    assert_eq!(on_offer.peer.member_id.as_str(), "alice");
    assert_eq!(bob.events(), [Event::Rejoinable(on_offer)]);
    assert_eq!(bob.asked(), ["get"], "it keeps this device in the call");
    bob.command(Command::Rejoin { call_id: id("c0") });
    assert_eq!(
        bob.events(),
        [
            Event::Connecting { call_id: id("c0") },
            Event::Active { call_id: id("c0") }
        ]
    );
    assert!(bob.asked().contains(&"token"));
    bob.answer("token", token());
    bob.room(RoomEvent::Connected).joined("alice");
    let call = bob.machine.state().call.unwrap();
    assert_eq!(call.state, CallState::Active);
    assert_eq!(call.playable.len(), 1);
    assert_eq!(offer(&bob), None);
    bob.pass(60_000);
    assert!(!bob.asked().contains(&"end"));
}

// Broken by waiting on for what is on offer no more.
#[test]
fn what_is_on_offer_is_asked_for_again_only_as_long_as_it_is() {
    for taken_up in [true, false] {
        let mut bob = left_over(talking(), 0);
        bob.fail("get", Failure::NoAnswer);
        assert!(bob.asked().is_empty());
        if taken_up {
            bob.command(Command::Rejoin { call_id: id("c0") });
            bob.answer("get", snapshot(talking()));
            bob.answer("token", token()).room(RoomEvent::Connected);
        } else {
            bob.update(incoming("c0").rev(5).hung_up());
            assert_eq!(bob.machine.next_deadline(), None);
        }
        bob.pass(9_999);
        assert!(!bob.asked().contains(&"get"), "{:?}", bob.asked());
    }
}

// Broken by offering the first that the server names.
#[test]
fn of_a_call_and_one_on_hold_the_first_is_offered() {
    let held = incoming("c0").rev(4).on_hold("bob").active("phone");
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.synced(vec![(held, 0), (incoming("c1").rev(4).active("phone"), 0)]);
    assert_eq!(offer(&bob).unwrap().call_id, id("c1"));
    assert_eq!(bob.asked(), ["get", "end"], "there is one on offer at most");
}

#[test]
fn a_call_that_the_dead_process_was_making_goes_on_ringing() {
    let mut bob = left_over(outgoing("c0").rung(), 20_000);
    bob.events();
    bob.command(Command::Rejoin { call_id: id("c0") });
    assert_eq!(
        bob.events(),
        [
            Event::Placed { call_id: id("c0") },
            Event::RemoteRinging { call_id: id("c0") }
        ]
    );
    bob.update(outgoing("c0").rev(5).accepted("tablet"));
    assert!(matches!(bob.events()[..], [Event::Connecting { .. }]));
    let mut bob = left_over(outgoing("c0").rung(), 20_000);
    bob.command(Command::Rejoin { call_id: id("c0") });
    bob.events();
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

// Broken by counting its ring time from the rejoin.
#[test]
fn a_call_that_is_taken_up_again_late_rings_no_longer_for_that() {
    let mut bob = left_over(outgoing("c0").rung(), 20_000);
    bob.pass(14_000);
    bob.command(Command::Rejoin { call_id: id("c0") }).events();
    bob.pass(6_000 + 6_000 + 1_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn what_the_app_does_not_want_is_cleared_away() {
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.end("c0");
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    assert!(bob.asked().contains(&"end"));
    let mut bob = left_over(outgoing("c0").made(), 20_000);
    bob.end("c0");
    assert!(bob.asked().contains(&"cancel"));
}

#[test]
fn what_the_app_does_not_take_in_time_is_cleared_away() {
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.pass(14_999);
    assert!(!bob.asked().contains(&"end"));
    bob.pass(1);
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    assert!(bob.asked().contains(&"end"));
    bob.command(Command::Rejoin { call_id: id("c0") });
    assert_eq!(bob.refused().len(), 1);
}

// Broken by ending the call: its caller's app was killed, and everybody would be out of it.
#[test]
fn race_p3_a_group_that_is_not_taken_up_again_goes_on_without_this_member() {
    let mut group = group("c0", "bob", &["alice", "carol"])
        .rev(4)
        .active("tablet");
    group.participants[0].device_id = Some("phone".parse().unwrap());
    let mut bob = left_over(group, 0);
    bob.pass(15_000);
    assert!(bob.asked().contains(&"leave"), "{:?}", bob.asked());
    assert!(!bob.asked().contains(&"end"));
}

/// Bob's call to Alice and Carol from this phone, whose process died.
fn dialled(rev: u64) -> Snap {
    group("c0", "bob", &["alice", "carol"]).rev(rev)
}

/// The same, which both have taken.
fn both_took(rev: u64) -> Snap {
    let one = dialled(rev).stands("alice", InviteeState::Accepted, "tablet");
    one.stands("carol", InviteeState::Accepted, "tablet")
        .status(CallStatus::Active)
}

// Broken by clearing away the call as it was when it was offered: taken back, it would end for all.
#[test]
fn race_p3_what_was_accepted_while_it_was_on_offer_is_left_and_goes_on() {
    let mut bob = left_over(dialled(1).made(), 40_000);
    bob.events();
    bob.update(both_took(4).made()).quiet();
    // What was asked for at the start comes late, and is old.
    bob.answer("get", snapshot(dialled(1).made())).quiet();
    bob.pass(15_000);
    assert_eq!(bob.asked(), ["leave"]);
}

// Broken by asking for the end of a call of two.
#[test]
fn race_p3_a_call_of_two_that_became_a_group_on_offer_is_left_and_goes_on() {
    let mut bob = left_over(talking(), 0);
    let mut grown = incoming("c0").rev(6).active("phone");
    grown.is_group = true;
    bob.answer("get", snapshot(grown));
    bob.pass(15_000);
    assert_eq!(bob.asked(), ["leave"]);
}

// Broken by dialling on, and by counting the time before its news twice.
#[test]
fn what_was_accepted_while_it_was_on_offer_is_taken_up_as_it_is() {
    let mut bob = left_over(dialled(1).made(), 40_000);
    bob.pass(5_000);
    let mut talking = both_took(4).made();
    talking.duration_seconds = 3;
    bob.update(talking).events();
    bob.pass(2_000);
    bob.command(Command::Rejoin { call_id: id("c0") });
    let active = Event::Active { call_id: id("c0") };
    assert_eq!(bob.events().last(), Some(&active));
    let duration = bob.machine.state().call.unwrap().duration.unwrap();
    assert_eq!(duration.ms_at(bob.now), 5_000);
}

#[test]
fn a_new_call_declines_the_old_one_first() {
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.call_as("c1", "carol", CallType::Voice);
    assert_eq!(bob.events()[0], Event::NotRejoinable { call_id: id("c0") });
    assert!(!bob.asked().contains(&"create"), "the end is told first");
    bob.answer("end", done());
    assert!(bob.asked().contains(&"create"));
}

#[test]
fn a_call_that_is_over_meanwhile_is_no_longer_offered() {
    let over = || {
        incoming("c0")
            .rev(6)
            .over(CallStatus::Ended, EndReason::Normal)
    };
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.update(over());
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.answer("get", snapshot(over()));
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.give(Input::LinkUp);
    let nothing = sync(bob.now, vec![], vec![]);
    bob.answer("sync", nothing);
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    assert!(!bob.asked().contains(&"end"));
}

#[test]
fn a_call_of_my_other_device_is_not_offered() {
    let bob = left_over(incoming("c0").rev(4).active("tablet"), 0);
    assert_eq!(offer(&bob), None);
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c0")));
}

// Broken by ringing for what is on offer.
#[test]
fn race_p2_a_late_push_of_the_call_on_offer_does_not_ring() {
    let mut bob = left_over(talking(), 0);
    bob.answer("get", snapshot(talking())).events();
    bob.push("c0", 45_000);
    assert!(matches!(bob.events()[..], [Event::PushWithoutRing { .. }]));
    assert_eq!(offer(&bob).unwrap().call_id, id("c0"));
    bob.invite("c0", 45_000).quiet();
    assert!(bob.asked().is_empty(), "nothing keeps this device in it");
    bob.pass(15_000);
    assert!(bob.asked().contains(&"end"));
}

#[test]
fn what_is_on_offer_stays_so_while_the_server_has_it() {
    let mut bob = left_over(talking(), 0);
    bob.events();
    bob.give(Input::LinkUp).synced(vec![(talking(), 0)]);
    bob.quiet();
    assert!(offer(&bob).is_some());
    assert!(!bob.asked().contains(&"end"));
    let other = snap("c9", "bob", "carol", "tablet").rev(2).active("x");
    bob.give(Input::LinkUp).synced(vec![(other, 0)]);
    assert_eq!(offer(&bob), None, "another one is another one");
}

#[test]
fn one_left_over_is_offered_and_all_further_ones_are_cleared_away_once() {
    let further = |call: &str, caller| snap(call, caller, "bob", "x").rev(2).active("phone");
    let all = || {
        vec![
            (talking(), 0),
            (further("c8", "carol"), 0),
            (further("c9", "dave"), 0),
        ]
    };
    let ends = |bob: &Phone| bob.asked().iter().filter(|name| **name == "end").count();
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp).synced(all());
    assert_eq!(offer(&bob).unwrap().call_id, id("c0"));
    assert_eq!(ends(&bob), 2);
    bob.give(Input::LinkUp).synced(all());
    assert_eq!(ends(&bob), 2);
}

#[test]
fn clearing_away_is_given_up_after_a_minute() {
    let mut bob = left_over(talking(), 0);
    bob.end("c0");
    bob.answer("get", snapshot(talking()));
    bob.in_vain_for_a_minute("end").pass(60_000);
    assert!(!bob.asked().contains(&"end"));
}

#[test]
fn what_rings_on_after_a_rejoin_does_so_for_what_was_left() {
    let mut bob = left_over(outgoing("c0").rung(), 20_000);
    bob.command(Command::Rejoin { call_id: id("c0") });
    bob.events();
    bob.pass(25_999).quiet();
    // And for as long as the last word is waited for.
    bob.pass(2_001);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

/// Back in the room.
fn back_in(call: CallSnapshot) -> Phone {
    let mut bob = left_over(call, 0);
    bob.command(Command::Rejoin { call_id: id("c0") });
    bob.answer("token", token()).room(RoomEvent::Connected);
    bob
}

// Broken by wanting the microphone and, in a video call, the camera, whatever was before.
#[test]
fn what_was_off_in_the_dead_process_is_off_after_the_rejoin() {
    let video = || incoming("c0").rev(4).video();
    let mut bob = back_in(video().told("bob", false, false).active("phone"));
    let effects = bob.room_effects();
    assert!(!effects.contains(&RoomEffect::SetMicrophone(true)));
    assert!(!effects.contains(&RoomEffect::SetCamera(true)));
    for source in [MediaSource::Microphone, MediaSource::Camera] {
        assert_eq!(own(&bob, source).why_not, Some(NotLive::Muted));
    }
    bob.room(set(MediaSource::Microphone, false));
    assert!(!bob.asked().contains(&"patch"), "the server knows it");
    // Whoever goes by what the server says must hear of it.
    bob.command(Command::SetMicrophone(true));
    bob.room(set(MediaSource::Microphone, true));
    match bob.open_request("patch") {
        Request::Patch { body, .. } => assert_eq!(body.is_muted, Some(false)),
        other => panic!("{other:?}"),
    }

    let bob = back_in(video().told("bob", true, true).active("phone"));
    let effects = bob.room_effects();
    assert!(effects.contains(&RoomEffect::SetMicrophone(true)));
    assert!(effects.contains(&RoomEffect::SetCamera(true)));
}

// Broken by taking for a wish what a server says of cameras in voice calls.
#[test]
fn no_camera_goes_on_by_a_rejoin_of_a_voice_call() {
    let bob = back_in(
        incoming("c0")
            .rev(4)
            .told("bob", true, true)
            .active("phone"),
    );
    assert!(!bob.room_effects().contains(&RoomEffect::SetCamera(true)));
    assert!(!own(&bob, MediaSource::Camera).wanted);
}

// Broken by resuming it.
#[test]
fn a_call_on_hold_is_on_hold_after_the_rejoin() {
    let mut bob = back_in(incoming("c0").rev(4).on_hold("bob").active("phone"));
    assert_eq!(bob.machine.state().call.unwrap().state, CallState::Held);
    let held = Event::HoldChanged {
        call_id: id("c0"),
        who: Side::Me,
        on_hold: true,
    };
    assert_eq!(bob.events().last(), Some(&held));
    assert!(!bob.asked().contains(&"hold"));
    let on = RoomEffect::SetMicrophone(true);
    assert!(!bob.room_effects().contains(&on));
    bob.command(Command::Resume { call_id: id("c0") });
    assert!(bob.asked().contains(&"hold"));
    assert!(bob.room_effects().contains(&on));
}

// Broken by holding one that nobody has accepted: it is engaged, and nothing beside it.
#[test]
fn a_call_that_still_rings_is_not_held_whatever_the_server_says() {
    let rings = outgoing("c0").on_hold("bob").rung();
    let mut bob = left_over(rings, 20_000);
    bob.command(Command::Rejoin { call_id: id("c0") });
    bob.call("c1", "carol");
    assert_eq!(bob.refused(), ["call c0 is going on: end it first"]);
}

// Broken by minding a rejoin only: a late invite rings here, and the accept brings the device back.
#[test]
fn an_accept_that_brings_the_device_back_leaves_off_what_was_off() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let back = incoming("c1")
        .rev(5)
        .told("bob", false, true)
        .active("phone");
    bob.answer("accept", created(back, false));
    bob.room(RoomEvent::Connected);
    let on = RoomEffect::SetMicrophone(true);
    assert!(!bob.room_effects().contains(&on));
    assert!(!own(&bob, MediaSource::Microphone).wanted);
}
