//! The bounds that such a server does not keep.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Input, Request};
use faithcall_protocol::rest::EndCall;

use crate::kit::*;

#[test]
fn the_caller_takes_an_unanswered_call_back_after_45_s() {
    let mut bob = Phone::dialing_a("s1");
    bob.pass(44_999);
    bob.quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    assert_eq!(bob.asked(), ["cancel"]);
}

#[test]
fn the_callee_only_stops_after_45_s() {
    let mut bob = Phone::ringing_a("s1");
    bob.pass(45_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    assert!(bob.asked().is_empty());
    bob.pass(3_000);
    assert_eq!(bob.asked(), ["history"], "and asks how it ended");
}

#[test]
fn the_ring_time_is_the_configurations() {
    let mut bob = Phone::part_a_with(|config| config.part_a_ring_ms = 3_000);
    bob.call("c1", "alice");
    bob.answer("create", created_a("s1"));
    bob.events();
    bob.pass(3_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn a_ring_that_is_found_by_asking_is_no_longer_than_the_configurations() {
    let mut bob = Phone::part_a_with(|config| config.part_a_ring_ms = 3_000);
    bob.give(Input::LinkUp);
    let started = bob.now - 1_000;
    bob.answer(
        "active",
        active_call("s1", "alice", "bob", CallStatus::Ringing, started),
    );
    bob.events();
    bob.pass(1_999).quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::Missed);
}

#[test]
fn a_connect_that_takes_30_s_fails() {
    let mut bob = Phone::connecting_a("s1");
    bob.events();
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::Failed);
    assert_eq!(
        *bob.open_request("end"),
        Request::End {
            call_id: id("s1"),
            body: EndCall {
                reason: Some(EndReason::Failed)
            }
        }
    );
}

#[test]
fn a_peer_gone_from_the_room_for_30_s_ends_the_call() {
    let mut bob = Phone::connecting_a("s1");
    bob.joined("alice");
    bob.dropped_out("alice").events();
    bob.pass(29_999);
    bob.quiet();
    bob.pass(1);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    assert_eq!(
        *bob.open_request("end"),
        Request::End {
            call_id: id("s1"),
            body: EndCall {
                reason: Some(EndReason::NetworkError)
            }
        }
    );
}
