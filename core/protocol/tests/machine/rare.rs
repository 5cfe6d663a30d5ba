//! What comes about seldom: each was found because a change of the code went unseen. What breaks it
//! stands beside it.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{
    Attempt, Command, CommandFailure, Elsewhere, Event, Failure, Input, RoomEvent, Side,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::{ErrorCode, OverCall};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

/// A part-A server has refused Bob's call to Alice, and is asked why.
fn refused() -> Phone {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", refusal_a(409, "All callees are busy"));
    assert_eq!(bob.asked(), ["active"]);
    bob
}

// `is_ring_from`: broken by taking any call that rings, or that has Bob as a callee.
#[test]
fn only_a_ring_of_the_very_member_is_taken_in_place_of_ones_own_call() {
    for status in [CallStatus::Ringing, CallStatus::Active] {
        let mut bob = refused();
        bob.goes_on("s7", "carol", "bob", status);
        assert!(!bob.asked().contains(&"accept"), "{status:?}");
    }
    let mut bob = refused();
    bob.goes_on("s7", "alice", "bob", CallStatus::Active);
    assert!(!bob.asked().contains(&"accept"), "taken by another device");
    let mut bob = refused();
    bob.rings_at_server("s7");
    assert!(bob.asked().contains(&"accept"));
}

// `is_created_by`: broken by taking a call to some of them, or to as many, for the one to all.
#[test]
fn a_call_to_others_is_not_the_lost_one() {
    for other in ["alice", "dave"] {
        let mut bob = Phone::part_a();
        bob.command(Command::StartCall {
            call_id: id("c1"),
            callees: vec!["alice".parse().unwrap(), "carol".parse().unwrap()],
            call_type: CallType::Voice,
        });
        bob.fail("create", Failure::NoAnswer).events();
        bob.goes_on("s7", "bob", other, CallStatus::Ringing);
        let renamed = |event: &Event| matches!(event, Event::CallIdChanged { .. });
        assert!(!bob.events().iter().any(renamed), "{other}");
    }
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").fail("create", Failure::NoAnswer);
    bob.events();
    bob.goes_on("s7", "bob", "carol", CallStatus::Ringing);
    let renamed = |event: &Event| matches!(event, Event::CallIdChanged { .. });
    assert!(!bob.events().iter().any(renamed));
}

// `send_create`: broken by counting its age from the tap.
#[test]
fn a_create_that_was_held_back_is_as_old_as_its_request() {
    let lost_at = |started_before_the_tap: u64| {
        let mut bob = Phone::dialing_a("s1");
        bob.pass(10_000);
        let tap = bob.now;
        bob.cancel("s1").call("c2", "alice").pass(2_000);
        assert!(bob.asked().contains(&"create"), "though nobody answered");
        bob.pass(5_000).fail("create", Failure::NoAnswer).events();
        let started = tap - started_before_the_tap;
        let found = active_call("s2", "bob", "alice", CallStatus::Ringing, started);
        bob.answer("active", found);
        let renamed = |event: &Event| matches!(event, Event::CallIdChanged { .. });
        bob.events().iter().any(renamed)
    };
    assert!(!lost_at(500), "of another device, before this one asked");
}

// `accept`: broken by letting it ring on for the tap, or by refusing every tap.
#[test]
fn what_the_server_has_said_to_be_over_is_not_accepted() {
    let mut bob = Phone::ringing("c1");
    bob.give(Input::LinkUp);
    let over = OverCall {
        call_id: id("c1"),
        rev: faithcall_protocol::id::Rev(3),
        status: CallStatus::Ended,
        reason: Some(EndReason::Cancelled),
        reason_detail: None,
    };
    let answer = sync(bob.now, vec![], vec![over]);
    bob.answer("sync", answer).quiet();
    bob.accept("c1");
    assert_eq!(bob.refused().len(), 1);
    assert!(!bob.asked().contains(&"accept"));
}

// `taken_by_another`: broken by taking the other call for the one that was asked for.
#[test]
fn an_accept_that_is_refused_for_a_call_elsewhere_was_not_answered_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let elsewhere = snap("c2", "carol", "bob", "x").rev(4).active("tablet");
    let refused = refusal(409, ErrorCode::AlreadyInCall, Some(elsewhere));
    bob.fail("accept", refused);
    let events = bob.events();
    assert!(events.contains(&Event::CommandFailed {
        call_id: id("c1"),
        what: Attempt::Accept,
        failure: CommandFailure::AlreadyInCall
    }));
    let answered = |event: &Event| matches!(event, Event::Ended { ended, .. } if ended.elsewhere == Some(Elsewhere::Answered));
    assert!(!events.iter().any(answered), "{events:?}");
}

// `tell_media`: broken by asking again while an answer is awaited.
#[test]
fn what_changes_before_a_patch_is_answered_is_told_after_it() {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetSpeaker(true)).pass(1_000);
    bob.command(Command::SetSpeaker(false)).pass(1_000);
    assert_eq!(bob.asked(), ["patch"]);
    bob.answer("patch", done());
    assert_eq!(bob.asked(), ["patch"]);
}

// `acted_elsewhere`: broken by taking every 'no' for another device's, or none.
#[test]
fn whose_no_it_was_decides_what_an_accept_on_its_way_shows() {
    let ways = [
        ("tablet", Some(Elsewhere::Declined)),
        ("phone", None),
        // Nameless: perhaps this one's.
        ("", None),
    ];
    for (device, elsewhere) in ways {
        let mut bob = Phone::ringing("c1");
        bob.accept("c1");
        let rejected = incoming("c1").rev(3);
        let rejected = rejected.stands("bob", InviteeState::Rejected, device);
        bob.update(rejected.over(CallStatus::Rejected, EndReason::Rejected));
        assert_eq!(bob.ended().elsewhere, elsewhere, "{device}");
    }
}

// Broken by offering what this process is making.
#[test]
fn a_call_that_is_being_made_is_not_left_over() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").events();
    bob.give(Input::LinkUp)
        .synced(vec![(outgoing("c1").made(), 45_000)]);
    assert_eq!(bob.machine.state().rejoinable, None);
    bob.placed("c1");
    assert_eq!(bob.events(), [Event::Placed { call_id: id("c1") }]);
}

// `is_my_invite_topic`: broken by looking into every invite that waited, whoever it is for.
#[test]
fn an_invite_on_anothers_topic_is_refused_and_not_asked_about() {
    let mut bob = Phone::part_a();
    bob.reconnects();
    bob.signal_on(
        Channel::IncomingCall("carol".parse().unwrap()),
        "s1",
        Signal::CallInvite(Box::new(plain_invite("alice"))),
    );
    bob.nothing_goes_on().quiet();
    assert!(bob.asked().is_empty());
    assert_eq!(bob.machine.state().refused_signals, 1);
}

// `join_ahead`: broken by waiting in the room of a group.
#[test]
fn nobody_waits_in_the_room_of_a_group() {
    let mut bob = Phone::part_b();
    bob.invite_with(group("c1", "alice", &["bob", "carol"]).made(), 45_000);
    bob.answer("ringing", ringing(45_000, true));
    assert_eq!(bob.room_effects(), []);
}

// `room_event`: broken by remembering that the one who comes back was lost.
#[test]
fn who_comes_back_into_the_room_is_back_alone() {
    let talking = || {
        let all = group("c1", "alice", &["bob", "carol"]).rev(4);
        let all = all.stands("bob", InviteeState::Accepted, "phone");
        let all = all.stands("carol", InviteeState::Accepted, "x");
        all.status(CallStatus::Active).made()
    };
    let mut bob = Phone::part_b();
    bob.invite_with(group("c1", "alice", &["bob", "carol"]).made(), 45_000);
    bob.accept("c1").answer("accept", created(talking(), false));
    bob.room(RoomEvent::Connected)
        .joined("alice")
        .joined("carol");
    for identity in ["alice", "carol"] {
        bob.room(RoomEvent::ParticipantLeft {
            identity: identity.into(),
            sid: None,
            deliberate: false,
        });
    }
    bob.events();
    bob.joined("carol");
    assert_eq!(
        bob.events(),
        [Event::Reconnected {
            call_id: id("c1"),
            who: Side::Peer("carol".parse().unwrap())
        }]
    );
    let view = bob.machine.state().call.unwrap();
    let alice = view.participant(&"alice".parse().unwrap()).unwrap();
    assert!(alice.reconnecting);
    // Whoever then hangs up was not lost once more.
    bob.room(RoomEvent::ParticipantLeft {
        identity: "carol".into(),
        sid: None,
        deliberate: true,
    });
    bob.quiet();
}

// `created_after_end`: broken by looking for a call that this server knows by its own id.
#[test]
fn a_lost_create_of_a_call_that_is_over_is_taken_back_by_its_id_once_part_b_is_known() {
    for lost in [Failure::NoAnswer, Failure::Unauthenticated] {
        let mut bob = Phone::unknown(true);
        bob.call("c1", "alice").cancel("c1").events();
        assert_eq!(bob.asked(), ["active", "create"]);
        bob.nothing_goes_on();
        bob.fail("create", lost);
        assert!(bob.asked().contains(&"cancel"));
        assert!(!bob.asked().contains(&"active"));
    }
}

// `accepted_after_end`: broken by ending a call that another device may be in.
#[test]
fn a_lost_accept_of_a_call_that_is_over_is_looked_for_once_part_b_is_known() {
    let mut bob = Phone::unknown(true);
    bob.invite_a("c1", "alice").accept("c1").end("c1").events();
    bob.nothing_goes_on();
    bob.fail("accept", Failure::NoAnswer);
    assert!(bob.asked().contains(&"get"));
    assert!(!bob.asked().contains(&"end"));
}

// `tell_hold`: broken by leaving it to any other call that is not held.
#[test]
fn a_hold_is_told_though_another_call_rings() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000).accept("c1").accept_counts("c1", 2);
    bob.invite_with(snap("c2", "carol", "bob", "tablet").made(), 45_000);
    bob.command(Command::Hold { call_id: id("c1") });
    assert!(bob.asked().contains(&"hold"));
}

// `created_after_end`: broken by looking for a call that was refused.
#[test]
fn a_part_a_create_that_is_refused_after_its_end_was_never_made() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1").events();
    let before = bob.asked().len();
    bob.fail("create", refusal_a(404, "Member not found"));
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
    assert_eq!(bob.asked().len(), before - 1, "{:?}", bob.asked());
}

// `over_by_push`: broken by forgetting a call that this process has never heard of.
#[test]
fn race_p1_a_push_that_says_over_before_the_invite_keeps_it_from_ringing() {
    let mut bob = Phone::part_b();
    bob.push_over("c1").quiet();
    bob.invite("c1", 45_000).quiet();
}

// `tell_hold`: broken by telling every server.
#[test]
fn a_part_a_server_is_told_of_no_hold() {
    let mut bob = Phone::connecting_a("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    assert!(!bob.asked().contains(&"hold"), "{:?}", bob.asked());
}

// `Event::call_id`: broken by saying none.
#[test]
fn what_happens_to_a_call_says_which() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").accept_counts("c1", 2);
    let told = bob.events();
    assert!(told.iter().all(|event| event.call_id() == Some(&id("c1"))));
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(Event::SignedOut.call_id(), None);
}
