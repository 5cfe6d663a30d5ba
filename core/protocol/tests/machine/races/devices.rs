//! Two devices of one member (A).

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Elsewhere, Event};
use faithcall_protocol::rest::ErrorCode;

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
