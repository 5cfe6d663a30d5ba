//! What comes twice, late, or in another order (D).

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Event, Failure, Input, RoomEffect, RoomEvent};
use faithcall_protocol::rest::ErrorCode;

use crate::kit::*;

// D1: duplicates. Broken by ringing for a call that is over.

#[test]
fn race_d1_everything_twice_is_everything_once() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000).invite("c1", 45_000);
    assert_eq!(bob.events().len(), 1);
    assert_eq!(bob.asked(), ["ringing"]);
    bob.answer("ringing", ringing(45_000, false));
    bob.accept("c1").accept("c1");
    assert_eq!(bob.asked(), ["accept"]);
    bob.accept_counts("c1", 2);
    bob.room(RoomEvent::Connected).room(RoomEvent::Connected);
    assert_eq!(bob.asked(), ["connected"]);
    bob.answer("connected", done());
    let active = incoming("c1").rev(3).active("phone");
    bob.update(active.clone()).update(active);
    let over = incoming("c1").rev(4).hung_up();
    bob.update(over.clone()).update(over);
    bob.invite("c1", 45_000);
    let events = bob.events();
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(matches!(events[2], Event::Ended { .. }));
    let leaves = bob
        .room_effects()
        .iter()
        .filter(|e| **e == RoomEffect::Leave)
        .count();
    assert_eq!(leaves, 1);
}

#[test]
fn race_d1_an_answer_that_comes_twice_counts_once() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.placed_ahead("c1");
    bob.events();
    let effects = bob.effects().len();
    bob.again().quiet();
    assert_eq!(bob.effects().len(), effects);
}

// Broken by taking the refusal for a call that was never made.
#[test]
fn race_d1_a_create_that_is_repeated_after_its_end_shows_that_end() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    // Its answer was lost, and Alice declined before it was repeated.
    bob.fail("create", Failure::NoAnswer).pass(1_000).events();
    let over = outgoing("c1").rev(2).rejected("tablet");
    let refused = refusal(409, ErrorCode::AlreadyHandled, Some(over));
    bob.fail("create", refused);
    let [Event::Ended { ended, .. }] = &bob.events()[..] else {
        panic!("an end, and no failure")
    };
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Rejected, true));
    assert!(bob.asked().is_empty(), "nothing to take back");
}

// D2: reordered events. Broken by taking a snapshot whatever its rev.

#[test]
fn race_d2_an_accept_after_the_end_changes_nothing() {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(4).hung_up());
    bob.events();
    bob.update(outgoing("c1").rev(3).active("tablet"));
    bob.update(outgoing("c1").rev(2).accepted("tablet")).quiet();
    assert!(bob.effects().is_empty());
}

#[test]
fn race_d2_updates_in_any_order_come_to_the_same() {
    let updates = [
        outgoing("c1").rev(2).rung(),
        outgoing("c1").rev(3).accepted("tablet"),
        outgoing("c1").rev(4).active("tablet"),
    ];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let mut bob = Phone::dialing("c1");
        for at in order {
            bob.update(updates[at].clone());
        }
        let told: Vec<_> = bob
            .events()
            .into_iter()
            .filter(|e| matches!(e, Event::Connecting { .. } | Event::Active { .. }))
            .collect();
        assert_eq!(told.len(), 2, "{order:?}: {told:?}");
        assert!(matches!(told[1], Event::Active { .. }), "{order:?}");
    }
}

#[test]
fn race_d2_old_news_of_a_participant_are_not_shown() {
    let mut bob = Phone::active("c1");
    bob.update(incoming("c1").rev(6).active("phone"));
    let mut old = incoming("c1").rev(5).active("phone");
    old.participants[0].is_reconnecting = true;
    bob.update(old).quiet();
}

#[test]
fn race_d2_an_update_that_overtakes_its_invite_does_not_silence_it() {
    let mut bob = Phone::part_b();
    bob.update(incoming("c1").rev(2).rung()).quiet();
    bob.invite("c1", 45_000);
    assert!(bob.rings());
}

// D3: a stale invite. Broken by ringing without ring time, or believing what waited.

#[test]
fn race_d3_an_invite_without_ring_time_left_is_missed_and_never_rings() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 0);
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));
    bob.invite("c1", 45_000).quiet();
}

#[test]
fn race_d3_an_invite_that_waited_for_me_and_is_gone_is_missed() {
    let mut bob = Phone::part_b();
    bob.give(Input::LinkUp);
    bob.invite("c1", 45_000).quiet();
    bob.now += 100;
    bob.synced(vec![]);
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));
}

#[test]
fn race_d3_on_a_part_a_server_an_invite_that_waited_is_checked_before_it_rings() {
    let mut bob = Phone::part_a();
    bob.reconnects();
    bob.invite_a("s1", "alice");
    bob.nothing_goes_on().quiet();
    bob.nothing_goes_on();
    assert!(matches!(bob.events()[..], [Event::Missed { .. }]));

    let mut bob = Phone::part_a();
    bob.reconnects();
    bob.invite_a("s1", "alice");
    bob.nothing_goes_on().quiet();
    bob.fail("active", Failure::NoAnswer);
    assert!(bob.rings(), "nobody knows better");
}

#[test]
fn race_d3_on_a_part_a_server_age_is_the_servers_time_on_both_sides() {
    let mut bob = Phone::part_a();
    bob.pass(60_000);
    bob.invite_a("s1", "alice");
    bob.events();
    let started = bob.now - 40_000;
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, started),
    );
    bob.pass(5_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

// D4: events of an old call during a new one. Broken by taking the events of any room session.

#[test]
fn race_d4_the_old_calls_signals_answers_and_room_do_not_touch_the_new_call() {
    let mut bob = Phone::active("c1");
    let old_room = bob.session();
    bob.end("c1");
    bob.answer("end", done());
    bob.call("c2", "alice");
    bob.placed_ahead("c2");
    bob.events();
    bob.update(incoming("c1").rev(9).hung_up());
    bob.update(incoming("c1").rev(10).active("phone"));
    bob.give(Input::Room {
        session: old_room,
        event: RoomEvent::Disconnected {
            reason: faithcall_protocol::machine::DisconnectReason::RoomDeleted,
        },
    });
    bob.topics("c1", true);
    bob.quiet();
    assert!(
        bob.asked().is_empty(),
        "nothing is asked about the new call"
    );
    bob.room(RoomEvent::Connected);
    bob.update(outgoing("c2").rev(2).accepted("tablet"));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c2") }]);
}
