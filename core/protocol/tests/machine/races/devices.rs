//! Two devices of one member (A).

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Elsewhere, Event};
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

// A1: two devices of a member accept at once. Broken by comparing members, or by calling a ring
// that nobody rings any more missed.

#[test]
fn race_a1_the_device_that_lost_shows_answered_elsewhere_and_opens_nothing() {
    let tablet = || incoming("c1").rev(3).accepted("tablet");
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.update(tablet());
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
    bob.accept_loses(tablet()).quiet();

    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.accept_loses(tablet());
    let events = bob.events();
    assert!(matches!(
        &events[0],
        Event::Ended { ended, .. } if ended.elsewhere == Some(Elsewhere::Answered)
    ));
    assert_eq!(
        events[1],
        Event::InCallElsewhere {
            call_id: Some(id("c1"))
        }
    );
    assert!(bob.effects().is_empty());
    bob.pass(60_000);
    assert!(bob.asked().is_empty(), "and ends nothing");
}

#[test]
fn race_a1_my_own_accept_told_before_its_answer_is_mine() {
    for device in ["phone", ""] {
        let mut bob = Phone::ringing("c1");
        bob.accept("c1");
        bob.update(incoming("c1").rev(3).accepted(device)).quiet();
        bob.answer(
            "accept",
            created(incoming("c1").rev(3).accepted(device), false),
        );
        assert_eq!(
            bob.events(),
            [Event::Connecting { call_id: id("c1") }],
            "{device:?}"
        );
    }
}

#[test]
fn race_a1_a_nameless_device_that_answered_is_not_me() {
    let mut bob = Phone::ringing("c1");
    bob.update(incoming("c1").rev(3).accepted(""));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
}

#[test]
fn race_a1_a_device_that_is_told_that_nobody_rings_any_more_asks_why() {
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000);
    bob.answer("ringing", ringing(0, false));
    bob.events();
    bob.answer("get", snapshot(incoming("c1").rev(3).accepted("tablet")));
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
}

// A2: one device rejects while another accepts. Broken by taking a refused reject as one's own
// word.

#[test]
fn race_a2_a_reject_after_my_other_devices_accept_changes_nothing() {
    let mut bob = Phone::ringing("c1");
    bob.reject("c1").events();
    let tablet = incoming("c1").rev(3).accepted("tablet");
    bob.fail(
        "reject",
        refusal(404, ErrorCode::AlreadyHandled, Some(tablet.clone())),
    );
    assert_eq!(bob.asked(), ["get"]);
    bob.answer("get", snapshot(tablet));
    assert_eq!(bob.confirmed().elsewhere, Some(Elsewhere::Answered));
}

#[test]
fn race_a2_an_accept_after_my_other_devices_reject_shows_declined_elsewhere() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let over = incoming("c1").rev(3).rejected("tablet");
    bob.accept_loses(over);
    let ended = bob.ended();
    assert_eq!(ended.elsewhere, Some(Elsewhere::Declined));
    assert_eq!(ended.reason, EndReason::Rejected);
}

#[test]
fn race_a2_my_other_device_that_says_busy_is_busy_elsewhere() {
    let busy = || {
        incoming("c1")
            .rev(3)
            .stands("bob", InviteeState::Busy, "tablet")
    };
    let over = || busy().over(CallStatus::Busy, EndReason::Busy);
    let shown = |bob: &mut Phone| {
        let ended = bob.ended();
        assert_eq!(ended.elsewhere, Some(Elsewhere::Busy));
        let how = (ended.status, ended.reason, ended.confirmed);
        assert_eq!(how, (CallStatus::Busy, EndReason::Busy, true));
        assert_eq!(bob.machine.state().in_call_elsewhere, None);
    };
    let mut bob = Phone::ringing("c1");
    shown(bob.update(over()));

    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.accept_loses(over());
    shown(&mut bob);

    // A group rings on for the others.
    let mut bob = Phone::part_b();
    bob.invite_with(group("c1", "alice", &["bob", "carol"]).made(), 45_000);
    let group = group("c1", "alice", &["bob", "carol"]).rev(3);
    shown(bob.update(group.stands("bob", InviteeState::Busy, "tablet").made()));

    let mut bob = Phone::ringing_a("s1");
    shown(bob.call_signal("s1", Signal::CallBusy(callee("bob"))));
}

#[test]
fn race_a2_a_nameless_word_of_busy_may_be_mine_while_my_accept_is_on_its_way() {
    let over = incoming("c1").rev(3).stands("bob", InviteeState::Busy, "");
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    bob.update(over.over(CallStatus::Busy, EndReason::Busy));
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.elsewhere), (EndReason::Busy, None));
}

#[test]
fn race_a2_a_reject_that_is_answered_with_the_call_of_my_other_device_is_told_so() {
    // The first attempt was carried out; then the tablet took the call.
    let mut bob = Phone::ringing("c1");
    bob.reject("c1").events();
    let tablet = incoming("c1").rev(4).accepted("tablet");
    bob.answer("reject", done_with(tablet));
    assert_eq!(bob.confirmed().elsewhere, Some(Elsewhere::Answered));
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
}

#[test]
fn race_a1_a_call_that_was_answered_elsewhere_and_is_over_goes_on_nowhere() {
    let mut over = incoming("c1").rev(5).accepted("tablet");
    over.status = CallStatus::Ended;
    over.reason = Some(EndReason::Normal);
    let mut bob = Phone::ringing("c1");
    bob.update(over);
    let events = bob.events();
    assert!(
        matches!(&events[..], [Event::Ended { ended, .. }] if ended.elsewhere == Some(Elsewhere::Answered)),
        "{events:?}"
    );
    assert_eq!(bob.machine.state().in_call_elsewhere, None);
}

// A1, seen from the device beside: which call goes on elsewhere is the server's to say. Broken by
// believing the last word that came.

#[test]
fn race_a1_news_of_two_calls_elsewhere_are_settled_by_asking() {
    let elsewhere = |call| snap(call, "bob", "alice", "tablet").rev(2).made();
    let mut bob = Phone::part_b();
    bob.update(elsewhere("c1")).update(elsewhere("c2")).events();
    bob.synced(vec![(elsewhere("c1"), 0)]);
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
}

#[test]
fn race_a1_an_answer_from_before_the_call_elsewhere_does_not_hide_it() {
    let mut bob = Phone::part_b();
    bob.reconnects();
    bob.update(snap("c1", "bob", "alice", "tablet").rev(2).made());
    bob.pass(2_000);
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
    bob.synced(vec![]);
    assert_eq!(bob.machine.state().in_call_elsewhere, Some(id("c1")));
    // The one that was asked after it counts.
    bob.synced(vec![]);
    assert_eq!(bob.machine.state().in_call_elsewhere, None);
}
