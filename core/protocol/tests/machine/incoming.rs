//! Calls to this device, on a part-B server.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::id::Rev;
use faithcall_protocol::machine::{
    Attempt, Command, CommandFailure, DisconnectReason, Elsewhere, Event, Failure, Input, Request,
    RoomEffect, RoomEvent,
};
use faithcall_protocol::push::{Push, PushKind};
use faithcall_protocol::redact::Secret;
use faithcall_protocol::rest::{RejectCall, RejectReason, RejectScope};
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

#[test]
fn a_call_from_the_ring_to_the_talk() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 44_000);
    assert!(matches!(
        bob.events()[..],
        [Event::Incoming {
            ring_expires_in_ms: 44_000,
            ..
        }]
    ));
    assert_eq!(
        bob.asked(),
        ["ringing"],
        "the server is told of a real ring"
    );
    bob.answer("ringing", ringing(43_900, false));
    bob.accept("c1").quiet();
    assert!(bob.effects().is_empty());
    bob.accept_counts("c1", 3);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
    bob.room(RoomEvent::Connected);
    assert_eq!(
        bob.room_effects()[1..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ]
    );
    bob.answer("connected", done());
    bob.update(incoming("c1").rev(4).active("phone"));
    assert_eq!(bob.events(), [Event::Active { call_id: id("c1") }]);
}

#[test]
fn an_accept_that_overtakes_the_word_of_ringing_is_not_taken_for_a_missed_call() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 44_000);
    bob.accept("c1").events();
    assert_eq!(bob.asked(), ["ringing", "accept"]);
    bob.answer("ringing", ringing(0, false)).quiet();
    assert_eq!(bob.asked(), ["accept"]);
    bob.pass(5_000).quiet();
    bob.accept_counts("c1", 3);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
}

// Broken by joining at once: it would be in the room after its accept, still deaf, and wait for the
// server to see that.
#[test]
fn who_has_taken_it_before_the_word_of_ringing_is_answered_joins_with_what_the_accept_brings() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 44_000);
    bob.accept("c1");
    bob.answer("ringing", ringing(43_900, true));
    assert_eq!(bob.room_effects(), []);
    bob.accept_counts("c1", 3);
    let connect = RoomEffect::Connect {
        url: "wss://room".into(),
        token: Secret::new("token"),
    };
    assert_eq!(bob.room_effects(), [connect]);
}

#[test]
fn the_waiting_device_is_silent_and_deaf_until_its_accept_counts() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000);
    bob.answer("ringing", ringing(45_000, true));
    bob.room(RoomEvent::Connected);
    bob.joined("alice");
    bob.accept("c1");
    assert!(matches!(
        bob.room_effects()[..],
        [RoomEffect::Connect { .. }, RoomEffect::PrepareMicrophone]
    ));
    assert_eq!(bob.asked(), ["accept"]);
    bob.accept_counts("c1", 3);
    assert_eq!(
        bob.room_effects()[2..],
        [
            RoomEffect::SetPlayable(vec!["alice".into()]),
            RoomEffect::SetMicrophone(true)
        ],
        "in the room that it waited in"
    );
    assert_eq!(bob.asked(), ["connected"]);
}

#[test]
fn a_waiting_device_that_is_put_out_goes_on_ringing() {
    for reason in [
        DisconnectReason::Removed,
        DisconnectReason::RoomDeleted,
        DisconnectReason::Lost,
    ] {
        let mut bob = Phone::part_b();
        bob.invite("c1", 45_000);
        bob.answer("ringing", ringing(45_000, true));
        bob.room(RoomEvent::Connected);
        bob.events();
        bob.room(RoomEvent::Disconnected { reason });
        bob.quiet();
        assert!(bob.rings(), "{reason:?}");
        bob.accept("c1");
        bob.accept_counts("c1", 3);
        let connects = bob
            .room_effects()
            .iter()
            .filter(|e| matches!(e, RoomEffect::Connect { .. }))
            .count();
        assert_eq!(connects, 2, "and joins with the accept's token");
    }
}

#[test]
fn a_ring_stops_by_itself_and_then_offers_no_accept() {
    let mut bob = Phone::ringing("c1");
    bob.pass(44_999);
    assert!(bob.rings());
    bob.pass(1);
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Missed, false));
    bob.accept("c1");
    assert_eq!(bob.refused().len(), 1);
    bob.pass(4_000);
    bob.answer("get", snapshot(incoming("c1").rev(3).missed()));
    assert!(bob.confirmed().confirmed);
}

#[test]
fn a_late_tap_without_a_tick_before_it_is_refused_too() {
    let mut bob = Phone::ringing("c1");
    bob.now += 45_000;
    bob.accept("c1");
    assert_eq!(bob.refused().len(), 1);
    assert!(!bob.asked().contains(&"accept"));
}

#[test]
fn the_server_shortens_a_ring_and_nothing_lengthens_it() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 90_000);
    bob.answer("ringing", ringing(20_000, false));
    bob.invite("c1", 45_000);
    bob.events();
    bob.pass(20_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn declining_tells_the_server_until_it_answers() {
    let mut bob = Phone::ringing("c1");
    bob.reject("c1");
    let ended = bob.ended();
    assert_eq!(
        (ended.status, ended.confirmed),
        (CallStatus::Rejected, false)
    );
    for _ in 0..3 {
        bob.fail("reject", Failure::NoAnswer);
        bob.pass(8_000);
        assert_eq!(bob.asked(), ["reject"]);
    }
    bob.answer("reject", done_with(incoming("c1").rev(3).rejected("phone")));
    assert!(bob.confirmed().confirmed);
    bob.pass(120_000);
    assert!(bob.asked().is_empty());
}

#[test]
fn a_device_can_stop_alone() {
    let mut bob = Phone::ringing("c1");
    bob.command(Command::Reject {
        call_id: id("c1"),
        reason: RejectReason::Rejected,
        scope: RejectScope::Device,
    });
    assert_eq!(
        *bob.open_request("reject"),
        Request::Reject {
            call_id: id("c1"),
            body: RejectCall {
                reason: RejectReason::Rejected,
                scope: RejectScope::Device
            }
        }
    );
    bob.answer("reject", done_with(incoming("c1").rev(3).rung()));
    assert!(bob.confirmed().confirmed);
    bob.invite("c1", 40_000).quiet();
}

#[test]
fn a_lost_accept_is_repeated_and_given_up_in_bounded_time() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.fail("accept", Failure::NoAnswer);
    bob.pass(1_000);
    assert_eq!(bob.asked(), ["accept"]);
    bob.pass(60_000);
    let events = bob.events();
    assert!(events.contains(&Event::CommandFailed {
        call_id: id("c1"),
        what: Attempt::Accept,
        failure: CommandFailure::TryAgain
    }));
    assert!(matches!(
        events.last(),
        Some(Event::Ended { ended, .. }) if ended.reason == EndReason::NetworkError && !ended.confirmed
    ));
}

#[test]
fn an_accept_without_a_valid_token_says_so_once_and_goes_on() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.fail("accept", Failure::Unauthenticated);
    assert!(bob.events().contains(&Event::CommandFailed {
        call_id: id("c1"),
        what: Attempt::Accept,
        failure: CommandFailure::SignIn
    }));
    bob.pass(1_000);
    bob.fail("accept", Failure::Unauthenticated);
    bob.quiet();
    bob.pass(1_500);
    bob.accept_counts("c1", 3);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
}

#[test]
fn hanging_up_while_the_accept_is_on_its_way_ends_the_call_that_it_made() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").end("c1");
    assert_eq!(bob.ended().reason, EndReason::Normal);
    assert_eq!(bob.asked(), ["accept"], "the end waits for the accept");
    bob.accept_counts("c1", 3);
    assert!(bob.effects().is_empty(), "no room is entered");
    assert_eq!(bob.asked(), ["end"]);
}

#[test]
fn hanging_up_on_an_accept_that_lost_does_not_end_the_call_of_my_other_device() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").end("c1");
    let elsewhere = incoming("c1").rev(3).accepted("tablet");
    bob.accept_loses(elsewhere.clone());
    assert_eq!(bob.asked(), ["get"]);
    bob.answer("get", snapshot(elsewhere));
    assert_eq!(bob.confirmed().elsewhere, Some(Elsewhere::Answered));
    bob.pass(60_000);
    assert!(!bob.asked().contains(&"end"));
}

#[test]
fn a_push_rings_at_once_and_is_checked_at_once() {
    let mut bob = Phone::unknown(true);
    bob.push("c1", 30_000);
    assert!(matches!(bob.events()[..], [Event::Incoming { .. }]));
    assert_eq!(bob.asked(), ["active", "get", "ringing"]);
    bob.fail("get", Failure::NoAnswer);
    assert!(bob.rings(), "no answer leaves it ringing");
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn the_answer_to_a_push_shortens_or_ends_its_ring() {
    let mut bob = Phone::part_b();
    bob.push("c1", 45_000);
    bob.answer("get", snapshot_with(incoming("c1").made(), 20_000));
    bob.events();
    bob.pass(19_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);

    let mut bob = Phone::part_b();
    bob.push("c1", 45_000);
    let over = incoming("c1").rev(4).cancelled();
    bob.answer("get", snapshot(over));
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.confirmed),
        (EndReason::Cancelled, true)
    );
}

// Broken by counting from the making of the call.
#[test]
fn who_is_called_late_into_a_call_that_runs_rings_from_its_invitation() {
    let running = || {
        let call = group("c1", "alice", &["carol", "bob"]).rev(5);
        let call = call.stands("carol", InviteeState::Accepted, "tablet");
        call.status(CallStatus::Active).initiated(5_000).made()
    };
    let woken = || {
        let mut bob = Phone::part_b();
        bob.pass(70_000).push_at("c1", 5, 45_000).events();
        bob
    };
    let mut bob = woken();
    bob.answer("get", snapshot_with(running(), 44_900)).quiet();
    // Also where it is asked again, without MQTT.
    bob.give(Input::LinkDown).pass(5_000);
    bob.answer("get", snapshot_with(running(), 39_900)).quiet();
    bob.pass(39_899).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);

    let mut bob = woken();
    bob.answer("get", snapshot(running())).pass(44_999).quiet();
    assert!(bob.rings(), "a server that does not say it");
}

#[test]
fn a_push_for_somebody_else_who_had_this_device_does_not_ring() {
    let mut bob = Phone::part_b();
    let push = |callee: &str| {
        Input::Push(Push {
            call_id: id("c1"),
            rev: Rev(1),
            kind: PushKind::Invite {
                call_type: faithcall_protocol::media::CallType::Voice,
                caller_id: "alice".parse().unwrap(),
                caller_name: Default::default(),
                caller_avatar: None,
                callee_id: callee.parse().unwrap(),
                ring_expires_in_ms: 45_000,
            },
        })
    };
    bob.give(push("carol")).quiet();
    bob.give(push("bob"));
    assert!(bob.rings());
}

#[test]
fn a_call_while_another_goes_on_is_left_to_the_server() {
    let mut bob = Phone::active("c1");
    bob.invite("c2", 45_000).quiet();
    assert!(bob.asked().is_empty());
    bob.push("c2", 45_000);
    assert!(matches!(bob.events()[..], [Event::PushWithoutRing { .. }]));
}

#[test]
fn signing_out_while_it_rings_lets_other_devices_ring_on() {
    let mut bob = Phone::ringing("c1");
    bob.command(Command::Disconnect);
    assert!(matches!(
        bob.open_request("reject"),
        Request::Reject { body, .. } if body.scope == RejectScope::Device
    ));
    assert!(!bob.events().contains(&Event::SignedOut));
    bob.answer("reject", done()).answer("forget", done());
    assert!(bob.events().contains(&Event::SignedOut));
}

#[test]
fn a_call_that_was_declined_elsewhere_is_not_one_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.update(incoming("c1").rev(3).rejected("tablet"));
    let events = bob.events();
    assert!(matches!(events[..], [Event::Ended { .. }]), "{events:?}");
}

#[test]
fn the_end_of_what_rings_here_is_not_that_of_a_call_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.update(snap("c9", "bob", "carol", "tablet").active("x"));
    bob.update(incoming("c1").rev(3).cancelled());
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c9")));
}

#[test]
fn further_news_of_the_same_call_elsewhere_raises_no_question() {
    let mut bob = Phone::part_b();
    for rev in 3..6 {
        bob.update(snap("c9", "bob", "carol", "tablet").rev(rev).active("x"));
        assert!(bob.asked().is_empty());
    }
    bob.update(snap("c8", "bob", "dave", "tablet").active("x"));
    assert_eq!(bob.asked(), ["sync"], "one of the two is old news");
}

#[test]
fn an_accept_is_tried_until_it_could_win_no_more() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1").events();
    let ended = |bob: &mut Phone| {
        bob.events()
            .iter()
            .any(|e| matches!(e, Event::Ended { .. }))
    };
    bob.pass(46_999);
    assert!(!ended(&mut bob));
    bob.pass(1);
    assert!(ended(&mut bob), "the ring time, and the grace after it");
}

#[test]
fn a_call_that_a_nameless_device_of_mine_took_is_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.accept_loses(incoming("c1").rev(3).accepted(""));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
}

#[test]
fn a_callee_has_nothing_to_cancel() {
    let mut bob = Phone::active("c1");
    bob.cancel("c1").quiet();
    assert_eq!(bob.refused().len(), 1);
    assert!(bob.asked().is_empty());
}

#[test]
fn on_part_a_too_what_was_declined_elsewhere_is_not_a_call_elsewhere() {
    let mut bob = Phone::ringing_a("s1");
    let declined = faithcall_protocol::signal::Signal::CallReject(callee("bob"));
    bob.call_signal("s1", declined);
    let events = bob.events();
    assert!(matches!(events[..], [Event::Ended { .. }]), "{events:?}");
}

#[test]
fn an_invite_that_comes_after_my_other_device_answered_does_not_ring() {
    let mut bob = Phone::part_b();
    bob.update(incoming("c1").rev(3).active("tablet"));
    bob.events();
    bob.invite("c1", 45_000).quiet();
    assert!(!bob.rings());
}
