//! A create whose answer is lost: it is never repeated, but looked for.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Attempt, CommandFailure, Event, Failure, Request};
use faithcall_protocol::signal::Signal;

use crate::kit::*;

#[test]
fn a_cancel_whose_create_was_lost_finds_the_call_and_cancels_it() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    bob.found_ringing("s1");
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );

    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    bob.nothing_goes_on();
    assert!(bob.asked().is_empty());
}

#[test]
fn a_late_cancel_finds_the_call_that_its_lost_create_made() {
    for lost in [Failure::NoAnswer, refusal_a(504, "Gateway Timeout")] {
        let mut bob = Phone::part_a();
        let dialled = bob.now;
        bob.call("c1", "alice").pass(5_000).cancel("c1");
        // Another call comes and goes meanwhile.
        bob.call("c2", "carol").cancel("c2");
        bob.pass(2_000).fail("create", lost);
        bob.answer(
            "active",
            active_call("s1", "bob", "alice", CallStatus::Ringing, dialled + 100),
        );
        assert_eq!(
            *bob.open_request("cancel"),
            Request::Cancel { call_id: id("s1") }
        );
    }
}

#[test]
fn a_create_that_a_gateway_gave_up_is_looked_for_too() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", refusal_a(504, "Gateway Timeout"));
    assert_eq!(bob.asked(), ["active"]);
    bob.found_ringing("s1");
    bob.cancel("s1");
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
}

#[test]
fn a_lost_create_is_never_repeated_but_looked_for() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    assert_eq!(bob.asked(), ["active"]);
    bob.events();
    bob.found_ringing("s1");
    assert_eq!(
        bob.events(),
        [
            Event::CallIdChanged {
                from: id("c1"),
                to: id("s1")
            },
            Event::Placed { call_id: id("s1") }
        ]
    );
}

#[test]
fn a_call_older_than_the_attempt_or_to_somebody_else_is_not_adopted() {
    let cases = [("alice", 0_u64), ("carol", 100_000)];
    for (callee, started) in cases {
        let mut bob = Phone::part_a();
        bob.pass(99_000);
        bob.call("c1", "alice");
        bob.fail("create", Failure::NoAnswer);
        bob.events();
        bob.answer(
            "active",
            active_call("s1", "bob", callee, CallStatus::Ringing, started),
        );
        assert_eq!(
            bob.events()[0],
            Event::CommandFailed {
                call_id: id("c1"),
                what: Attempt::Start,
                failure: CommandFailure::TryAgain
            }
        );
    }
}

#[test]
fn a_lost_create_on_a_server_that_turns_out_to_be_part_b_is_repeated() {
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    bob.fail("active", Failure::NoAnswer);
    bob.nothing_goes_on();
    assert!(bob.asked().contains(&"create"));
}

#[test]
fn an_adopted_call_without_a_token_fails_at_its_accept() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice");
    bob.fail("create", Failure::NoAnswer);
    bob.found_ringing("s1");
    bob.call_signal("s1", Signal::CallAccept(callee("alice")));
    assert_eq!(bob.ended().reason, EndReason::Failed);
    assert_eq!(bob.asked(), ["end"]);
}

/// Dialled and taken back; neither the create nor the first look for its call was answered.
fn looking(mut bob: Phone) -> Phone {
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    bob.fail("active", Failure::NoAnswer);
    bob
}

#[test]
fn a_late_cancel_leaves_the_call_that_was_dialled_after_it() {
    let since = |bob: &Phone| active_call("s2", "bob", "alice", CallStatus::Ringing, bob.now);
    let mut bob = looking(Phone::part_a());
    bob.call("c2", "alice").pass(2_000);
    assert_eq!(bob.asked(), ["create", "active"]);
    let ringing = since(&bob);
    bob.answer("active", ringing);
    assert_eq!(bob.asked(), ["create"], "the create may have made it");

    let mut bob = looking(Phone::part_a());
    bob.call("c2", "alice").answer("create", created_a("s2"));
    let ringing = since(&bob);
    bob.pass(2_000);
    while bob.asked().contains(&"active") {
        bob.answer("active", ringing.clone());
    }
    assert!(!bob.asked().contains(&"cancel"), "it goes on here");
}

#[test]
fn a_late_cancel_takes_back_its_own_call_while_another_is_dialled() {
    let mut bob = looking(Phone::part_a());
    let dialled = bob.now;
    bob.pass(2_500).call("c2", "alice");
    assert_eq!(bob.asked(), ["active", "create"]);
    let older = active_call("s1", "bob", "alice", CallStatus::Ringing, dialled);
    bob.answer("active", older);
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
}

#[test]
fn a_late_cancel_on_a_server_that_turns_out_to_be_part_b_is_said_by_its_own_id() {
    let mut bob = Phone::unknown(true);
    bob.call("c1", "alice").cancel("c1");
    bob.fail("create", Failure::NoAnswer);
    // Asked at sign-in, and by the cancel.
    let other = || active_call("c0", "bob", "alice", CallStatus::Ringing, 1_000);
    bob.answer("active", other()).answer("active", other());
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("c1") }
    );
}

#[test]
fn a_call_that_is_older_than_the_lost_create_is_not_its_own() {
    let found = |older_ms| {
        let mut bob = Phone::part_a();
        bob.pass(10_000);
        let dialled = bob.now;
        bob.call("c1", "alice").pass(1_000);
        bob.fail("create", Failure::NoAnswer).events();
        let started = dialled - older_ms;
        let call = active_call("s1", "bob", "alice", CallStatus::Ringing, started);
        bob.answer("active", call);
        bob.events().contains(&Event::Placed { call_id: id("s1") })
    };
    assert!(found(0));
    assert!(found(1_000), "the date has whole seconds");
    assert!(!found(1_001));
}

#[test]
fn a_call_that_was_found_rings_no_longer_than_any_other() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").fail("create", Failure::NoAnswer);
    bob.found_ringing("s1")
        .topics("s1", true)
        .found_ringing("s1");
    bob.events();
    bob.pass(44_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}
