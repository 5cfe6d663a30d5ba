//! What crosses on its way: cancel, accept, reject and the ring time-out (C).

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Event, Failure, Reply};
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::signal::Signal;

use crate::kit::*;

// C1: cancel crosses accept. Broken by leaving a refused cancel at that.

#[test]
fn race_c1_a_cancel_that_lost_to_the_accept_becomes_a_hang_up() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    bob.update(outgoing("c1").rev(2).accepted("tablet")).quiet();
    bob.fail(
        "cancel",
        refusal(
            409,
            ErrorCode::AlreadyHandled,
            Some(outgoing("c1").rev(2).accepted("tablet")),
        ),
    );
    assert_eq!(bob.asked(), ["end"]);
    bob.answer("end", done_with(outgoing("c1").rev(3).hung_up()));
    assert_eq!(bob.confirmed().reason, EndReason::Normal);
    assert!(bob.effects().is_empty(), "no room, no sound");
}

#[test]
fn race_c1_a_tap_on_cancel_after_the_accept_hangs_up() {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(2).accepted("tablet"));
    bob.cancel("c1");
    assert!(bob.asked().contains(&"end"));
    assert_eq!(bob.ended().reason, EndReason::Normal);
}

#[test]
fn race_c1_an_accept_that_lost_to_the_cancel_shows_the_cancel() {
    let mut bob = Phone::ringing("c1");
    bob.accept("c1");
    let over = incoming("c1").rev(3).cancelled();
    bob.accept_loses(over);
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.confirmed),
        (EndReason::Cancelled, true)
    );
    assert!(bob.effects().is_empty());
}

// C2: cancel comes before its invite, or before its create. Broken by forgetting calls that were
// over before they were known.

#[test]
fn race_c2_an_invite_after_its_cancel_never_rings() {
    let mut bob = Phone::part_b();
    bob.update(incoming("c1").rev(2).cancelled());
    bob.invite("c1", 45_000);
    bob.quiet();
    bob.push("c1", 45_000);
    assert!(matches!(bob.events()[..], [Event::PushWithoutRing { .. }]));

    let mut bob = Phone::part_a();
    bob.status_signal(
        "s1",
        Signal::CallCancel {
            caller_id: "alice".parse().unwrap(),
        },
    );
    bob.invite_a("s1", "alice").quiet();
}

#[test]
fn race_c2_a_cancel_before_the_creates_answer_goes_out_at_once_and_is_remembered() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(bob.asked(), ["create", "cancel"]);
    bob.fail("cancel", refusal(404, ErrorCode::CancelRemembered, None));
    assert!(bob.confirmed().confirmed);
    bob.fail("create", refusal(409, ErrorCode::Cancelled, None))
        .quiet();
    bob.pass(60_000);
    assert!(bob.asked().is_empty());
}

#[test]
fn race_c2_a_create_that_comes_back_after_its_cancel_opens_nothing() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice").cancel("c1");
    bob.events();
    bob.placed_ahead("c1");
    bob.quiet();
    assert!(bob.effects().is_empty());
    assert_eq!(bob.asked(), ["cancel"]);
}

// C3: accept crosses the ring time-out. Broken by ending without asking, or without the grace.

#[test]
fn race_c3_an_accept_after_the_deadline_is_told_that_it_was_missed() {
    let mut bob = Phone::ringing("c1");
    bob.pass(44_900);
    bob.accept("c1");
    let over = incoming("c1").rev(3).missed();
    bob.update(over.clone());
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Missed, true));
    bob.accept_loses(over).quiet();
}

#[test]
fn race_c3_an_accept_within_the_grace_wins_although_the_ring_is_over() {
    let mut bob = Phone::ringing("c1");
    bob.pass(44_900);
    bob.accept("c1").quiet();
    bob.pass(1_500);
    bob.accept_counts("c1", 3);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
}

#[test]
fn race_c3_the_caller_learns_of_an_accept_while_it_asks_about_the_time_out() {
    let mut bob = Phone::dialing("c1");
    bob.pass(51_000);
    bob.events();
    bob.answer("get", snapshot(outgoing("c1").rev(5).accepted("tablet")));
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
    bob.pass(2_500);
    bob.quiet();
}

// C4: reject or busy crosses cancel. Broken by keeping one's own reason.

#[test]
fn race_c4_a_reject_that_crossed_the_cancel_takes_the_servers_reason() {
    let mut bob = Phone::ringing("c1");
    bob.reject("c1");
    assert_eq!(bob.ended().reason, EndReason::Rejected);
    let over = incoming("c1").rev(3).cancelled();
    bob.update(over.clone());
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
    bob.fail(
        "reject",
        refusal(404, ErrorCode::AlreadyHandled, Some(over)),
    )
    .quiet();
}

#[test]
fn race_c4_a_cancel_that_crossed_the_reject_takes_the_servers_reason() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1").events();
    let over = outgoing("c1").rev(3).rejected("tablet");
    bob.fail(
        "cancel",
        refusal(404, ErrorCode::AlreadyHandled, Some(over)),
    );
    assert_eq!(bob.confirmed().reason, EndReason::Rejected);
    assert!(bob.asked().is_empty());
}

#[test]
fn race_c4_a_cancel_before_the_creates_answer_takes_the_end_that_the_refusal_brings() {
    // Something on the way asked twice: the first create made the call, and it was declined.
    let over = outgoing("c1").rev(3).rejected("tablet");
    let refused = refusal(409, ErrorCode::AlreadyHandled, Some(over));
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice").cancel("c1").events();
    bob.fail("create", refused);
    assert_eq!(bob.confirmed().reason, EndReason::Rejected);
    assert!(!bob.asked().contains(&"cancel"), "it is over");
    // Another call's end says nothing of this one.
    let other = outgoing("c2").rev(3).rejected("tablet");
    let refused = refusal(409, ErrorCode::AlreadyHandled, Some(other));
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice").cancel("c1").events();
    bob.fail("create", refused);
    bob.fail("cancel", refusal(404, ErrorCode::CancelRemembered, None));
    assert_eq!(bob.confirmed().reason, EndReason::Cancelled);
}

#[test]
fn race_c2_a_cancel_is_said_after_a_create_whose_token_is_refused() {
    // Something on the way asked twice, and the token expired in between.
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice").cancel("c1").events();
    bob.answer("active", Reply::Active(None));
    bob.fail("create", Failure::Unauthenticated);
    assert!(bob.asked().contains(&"cancel"), "{:?}", bob.asked());
    let over = outgoing("c1").rev(3).hung_up();
    bob.answer("cancel", done_with(over));
    assert_eq!(bob.confirmed().reason, EndReason::Normal);
}
