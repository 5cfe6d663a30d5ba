//! A push that is late starts the app again, which was in that very call: it has to ring, for
//! nothing is known yet, and the server's first word takes the ring back.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    CallState, Command, DisconnectReason, Event, Failure, Input, Request, RoomEffect, RoomEvent,
};
use faithcall_protocol::rest::{ErrorCode, RejectReason, RejectScope};
use faithcall_protocol::snapshot::{CallSnapshot, InviteeState};

use crate::kit::*;

/// Alice's call, which the dead process had taken on this phone.
fn talking() -> CallSnapshot {
    incoming("c0").rev(4).active("phone")
}

/// A group of hers that it had joined.
fn joined() -> CallSnapshot {
    let group = group("c0", "alice", &["bob", "carol"]).rev(4);
    let group = group.stands("bob", InviteeState::Accepted, "phone");
    group.status(CallStatus::Active).made()
}

/// The push has come, and nothing is known.
fn woken() -> Phone {
    let mut bob = Phone::part_b();
    bob.push("c0", 45_000);
    assert!(bob.rings(), "what a system's call screen is told");
    bob.events();
    assert_eq!(bob.asked(), ["get", "ringing"]);
    bob
}

/// The server's word has come.
fn told(call: CallSnapshot) -> Phone {
    let mut bob = woken();
    bob.answer("get", snapshot(call));
    bob
}

/// Nothing that ends or leaves a call is being asked.
fn keeps_it(bob: &Phone) {
    let ends = ["end", "leave", "reject", "cancel"];
    let asked = bob.asked();
    assert!(!asked.iter().any(|name| ends.contains(name)), "{asked:?}");
}

/// It is on offer, and nothing else is shown of it.
fn offered(bob: &mut Phone) {
    let offer = bob.machine.state().rejoinable.expect("an offer");
    assert_eq!(offer.call_id, id("c0"));
    assert_eq!(bob.events(), [Event::Rejoinable(offer)]);
    assert_eq!(bob.machine.state().call, None);
    keeps_it(bob);
}

fn rejoin(bob: &mut Phone) -> &mut Phone {
    bob.command(Command::Rejoin { call_id: id("c0") })
}

// Broken by letting it ring on: the answer to `ringing` ends it as missed, and the question after
// that takes this device out of the call.
#[test]
fn race_p4_a_ring_for_a_call_that_the_dead_process_was_in_is_taken_back_for_a_rejoin() {
    for call in [talking(), joined()] {
        let mut bob = told(call.clone());
        offered(&mut bob);
        bob.answer("ringing", ringing(0, false)).quiet();
        bob.answer("get", snapshot(call)).pass(14_000).quiet();
        keeps_it(&bob);
        rejoin(&mut bob);
        assert_eq!(
            bob.events(),
            [
                Event::Connecting { call_id: id("c0") },
                Event::Active { call_id: id("c0") }
            ]
        );
        bob.answer("token", token());
        bob.room(RoomEvent::Connected).joined("alice").pass(60_000);
        keeps_it(&bob);
        assert_eq!(bob.machine.state().call.unwrap().state, CallState::Active);
    }
}

// Broken by taking the ring back at the answer to the look alone.
#[test]
fn race_p4_whichever_answer_comes_first_takes_the_ring_back() {
    let mut bob = woken();
    bob.answer("ringing", ringing(0, false)).quiet();
    assert!(bob.rings(), "until it is known why nobody rings");
    bob.answer("get", snapshot(talking()));
    offered(&mut bob);

    let mut bob = woken();
    bob.give(Input::LinkUp).synced(vec![(talking(), 0)]);
    offered(&mut bob);

    let mut bob = woken();
    bob.update(talking());
    offered(&mut bob);
}

// Broken by staying in the room in which it waited.
#[test]
fn race_p4_an_accept_of_the_dead_process_that_arrives_late_takes_the_ring_back() {
    let mut bob = woken();
    bob.answer("get", snapshot(incoming("c0").made()));
    bob.answer("ringing", ringing(40_000, true));
    bob.room(RoomEvent::Connected).quiet();
    bob.take_room_effects();
    bob.update(incoming("c0").rev(3).accepted("phone"));
    offered(&mut bob);
    assert_eq!(bob.take_room_effects(), [(1, RoomEffect::Leave)]);
}

// Broken by ringing for what is on offer.
#[test]
fn race_p4_what_was_not_taken_up_is_cleared_away_and_rings_no_more() {
    let mut bob = told(talking());
    bob.events();
    bob.push("c0", 45_000);
    assert!(matches!(bob.events()[..], [Event::PushWithoutRing { .. }]));
    bob.push_over("c0").quiet();
    bob.pass(15_000);
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    assert!(bob.asked().contains(&"end"));
    bob.give(Input::LinkUp).synced(vec![(talking(), 0)]).quiet();
}

// Broken by offering what the user has accepted already.
#[test]
fn race_p4_an_accept_before_the_server_s_word_comes_back_into_the_call() {
    for call in [talking(), joined()] {
        let mut bob = woken();
        bob.accept("c0");
        bob.answer("get", snapshot(call.clone())).quiet();
        assert_eq!(bob.machine.state().rejoinable, None);
        bob.answer("ringing", ringing(0, false)).quiet();
        bob.answer("accept", created(call, false));
        assert_eq!(
            bob.events(),
            [
                Event::Connecting { call_id: id("c0") },
                Event::Active { call_id: id("c0") }
            ]
        );
        bob.room(RoomEvent::Connected).joined("alice").pass(60_000);
        keeps_it(&bob);
    }
    // Also where it is known already that nobody rings, and not yet why.
    let mut bob = woken();
    bob.answer("ringing", ringing(0, false)).accept("c0");
    bob.answer("get", snapshot(talking())).pass(3_000).quiet();
    bob.answer("accept", created(talking(), false));
    assert!(matches!(bob.events()[0], Event::Connecting { .. }));
}

// Broken by refusing the tap: it no longer rings.
#[test]
fn race_p4_a_tap_that_crosses_the_server_s_word_means_the_same() {
    let mut bob = told(talking());
    bob.events();
    bob.accept("c0");
    assert!(matches!(bob.events()[0], Event::Connecting { .. }));
    keeps_it(&bob);

    let mut bob = told(talking());
    bob.events();
    bob.reject("c0");
    assert_eq!(bob.events(), [Event::NotRejoinable { call_id: id("c0") }]);
    assert!(bob.asked().contains(&"end"));
}

/// What the decline becomes.
fn declined(call: &CallSnapshot, scope: RejectScope, answer: Option<Failure>) -> Phone {
    let mut bob = woken();
    bob.command(Command::Reject {
        call_id: id("c0"),
        reason: RejectReason::Rejected,
        scope,
    });
    assert_eq!(bob.ended().status, CallStatus::Rejected);
    match answer {
        Some(failure) => bob.fail("reject", failure),
        None => bob.answer("reject", done_with(call.clone())),
    };
    bob.quiet();
    bob
}

fn handled(call: &CallSnapshot) -> Option<Failure> {
    Some(refusal(404, ErrorCode::AlreadyHandled, Some(call.clone())))
}

// Broken by asking how it ended instead: it goes on with a device that nobody sits at.
#[test]
fn race_p4_a_decline_hangs_up_or_leaves_the_group() {
    let call = talking();
    for scope in [RejectScope::Member, RejectScope::Device] {
        for answer in [handled(&call), None] {
            let mut bob = declined(&call, scope, answer);
            let Request::End { body, .. } = bob.open_request("end") else {
                panic!()
            };
            assert_eq!(body.reason, Some(EndReason::Normal));
            bob.answer("end", done_with(incoming("c0").rev(5).hung_up()));
            assert_eq!(bob.confirmed().reason, EndReason::Normal);
            assert_eq!(bob.machine.state().rejoinable, None);
        }
    }
    let call = joined();
    let mut bob = declined(&call, RejectScope::Member, handled(&call));
    assert!(bob.asked().contains(&"leave"));
    let left = group("c0", "alice", &["bob", "carol"]).rev(5);
    let left = left.stands("bob", InviteeState::Left, "phone");
    let left = left.status(CallStatus::Active).made();
    bob.answer("leave", done_with(left));
    assert_eq!(bob.confirmed().status, CallStatus::Rejected);
}

// Broken by taking the end of a ring for the end of the call: leaves it, or never offers it.
#[test]
fn race_p4_a_ring_that_ended_before_the_server_was_heard_is_offered_too() {
    type Way = fn(&mut Phone);
    let ways: [(EndReason, Way); 3] = [
        (EndReason::Missed, |bob| {
            bob.pass(45_000);
        }),
        // Taken by another device, for all that the push says.
        (EndReason::Normal, |bob| {
            bob.push_over("c0");
        }),
        (EndReason::Missed, |bob| {
            bob.answer("ringing", ringing(0, false)).pass(2_000);
        }),
    ];
    for (reason, end) in ways {
        let mut bob = woken();
        end(&mut bob);
        assert_eq!(bob.ended().reason, reason);
        bob.pass(3_000).quiet();
        keeps_it(&bob);
        // The last one is the farewell's.
        while bob.machine.state().rejoinable.is_none() {
            bob.answer("get", snapshot(talking()));
        }
        offered(&mut bob);
        rejoin(&mut bob);
        bob.events();
        bob.end("c0").ended();
        assert!(bob.asked().contains(&"end"));
        bob.answer("end", done_with(incoming("c0").rev(5).hung_up()));
        assert!(bob.confirmed().confirmed);

        let mut bob = woken();
        end(&mut bob);
        bob.ended();
        bob.give(Input::LinkUp).synced(vec![(talking(), 0)]);
        offered(&mut bob);
        bob.update(incoming("c0").rev(5).hung_up());
        let gone = Event::NotRejoinable { call_id: id("c0") };
        assert_eq!(bob.events(), [gone], "the end of its ring was taken back");
    }
}

// Broken by taking a push that is too late for the end of the call.
#[test]
fn race_p4_a_push_that_does_not_ring_any_more_does_not_hide_the_call() {
    let late: [fn(&mut Phone); 2] = [
        |bob| {
            bob.push("c0", 0);
        },
        |bob| {
            bob.push_over("c0");
        },
    ];
    for push in late {
        let mut bob = Phone::part_b();
        push(&mut bob);
        assert!(!bob.rings());
        bob.events();
        bob.give(Input::LinkUp).synced(vec![(talking(), 0)]);
        offered(&mut bob);
    }
}

// Broken by taking a push that the ringing has stopped for the end of what is on offer.
#[test]
fn race_p4_a_push_that_the_ringing_has_stopped_says_nothing_of_the_call_on_offer() {
    let mut bob = told(talking());
    bob.events();
    bob.push_over("c0").quiet();
    rejoin(&mut bob).end("c0").events();
    bob.answer("end", done_with(incoming("c0").rev(5).hung_up()));
    assert_eq!(bob.confirmed().reason, EndReason::Normal);
}

// Broken by offering what this process was in itself, and has given up.
#[test]
fn what_this_process_has_given_up_is_not_offered_but_ended() {
    let mut bob = Phone::active("c1");
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::RoomDeleted,
    });
    bob.pass(2_000).ended();
    bob.pass(3_000);
    let mut asked = bob.asked();
    asked.retain(|name| *name == "get");
    for _ in asked {
        bob.answer("get", snapshot(incoming("c1").rev(3).active("phone")));
    }
    assert_eq!(bob.machine.state().rejoinable, None);
    assert!(bob.asked().contains(&"end"));
}

#[test]
fn what_this_process_ended_is_not_offered_whatever_old_news_say() {
    let mut bob = Phone::active("c0");
    bob.end("c0").events();
    bob.push_over("c0").push("c0", 0).events();
    bob.give(Input::LinkUp).synced(vec![(talking(), 0)]).quiet();
    assert_eq!(bob.machine.state().rejoinable, None);
}

// Broken by believing whatever says that this device is in the call.
#[test]
fn news_from_before_a_group_called_anew_do_not_take_its_ring_back() {
    let stands = |rev, state, device| {
        let group = group("c0", "alice", &["bob", "carol"]).rev(rev);
        group
            .stands("bob", state, device)
            .status(CallStatus::Active)
            .made()
    };
    let mut bob = Phone::part_b();
    bob.update(stands(5, InviteeState::Left, "phone"));
    bob.push_at("c0", 6, 45_000);
    assert!(bob.rings());
    bob.events();
    bob.update(stands(4, InviteeState::Accepted, "phone"))
        .quiet();
    assert!(bob.rings());
    bob.update(stands(6, InviteeState::Invited, "")).quiet();
    assert!(bob.rings());
    bob.update(stands(7, InviteeState::Accepted, "phone"));
    offered(&mut bob);
}

#[test]
fn where_another_call_is_on_offer_the_ring_ends_and_its_call_is_cleared_away() {
    for (call, asked) in [(talking(), "end"), (joined(), "leave")] {
        let mut bob = woken();
        let other = snap("c9", "carol", "bob", "x").rev(2).active("phone");
        bob.give(Input::LinkUp).synced(vec![(other, 0)]).events();
        bob.answer("get", snapshot(call));
        assert_eq!(bob.ended().reason, EndReason::NetworkError);
        assert!(bob.asked().contains(&asked));
        assert_eq!(
            bob.machine.state().rejoinable.unwrap().call_id,
            id("c9"),
            "one at a time"
        );
    }
}
