//! Push, and servers and brokers that were away (P, S).

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Input, Request, RoomEffect, RoomEvent};
use faithcall_protocol::redact::Secret;

use crate::kit::*;

// P2: push and MQTT both bring the invite. Broken by not knowing a call by its id.

#[test]
fn race_p2_one_ring_whichever_comes_first() {
    let mut bob = Phone::part_b();
    bob.push("c1", 45_000).invite("c1", 44_000);
    assert_eq!(bob.events().len(), 1);
    let mut bob = Phone::part_b();
    bob.invite("c1", 45_000).push("c1", 44_000);
    assert_eq!(bob.events().len(), 1);
    bob.pass(44_000);
    assert_eq!(
        bob.ended().reason,
        EndReason::Missed,
        "the shorter one counts"
    );
}

// S1, S2: what a device shows when the server or the broker had died. Broken by not asking on
// connect, or never polling.

#[test]
fn race_s1_a_change_published_late_is_taken_once() {
    let mut bob = Phone::dialing("c1");
    bob.give(Input::LinkDown);
    bob.pass(5_000);
    bob.answer("get", snapshot(outgoing("c1").rev(3).accepted("tablet")));
    assert_eq!(bob.events().len(), 1);
    bob.give(Input::LinkUp);
    bob.synced(vec![(outgoing("c1").rev(3).accepted("tablet"), 0)]);
    bob.update(outgoing("c1").rev(3).accepted("tablet"));
    bob.quiet();
}

#[test]
fn race_s2_each_connect_asks_for_everything_again() {
    let mut bob = Phone::dialing("c1");
    for _ in 0..3 {
        bob.reconnects();
        assert!(matches!(
            bob.open_request("sync"),
            Request::Sync { known } if known[0].0 == id("c1")
        ));
        bob.synced(vec![(outgoing("c1").made(), 30_000)]);
    }
    bob.quiet();
}

// S3: a token of the room that is old by the accept. Broken by keeping the waiting token.

#[test]
fn race_s3_a_caller_that_has_not_joined_asks_for_a_fresh_token_at_the_accept() {
    let mut bob = Phone::part_b();
    bob.call("c1", "alice");
    bob.placed_ahead("c1");
    bob.room(RoomEvent::ConnectFailed);
    bob.pass(20_000);
    assert!(!bob.asked().contains(&"token"), "not before the accept");
    bob.update(outgoing("c1").rev(2).accepted("tablet"));
    bob.answer("token", token());
    assert!(matches!(
        bob.room_effects().last(),
        Some(RoomEffect::Connect { token, .. }) if *token == Secret::new("fresh")
    ));
}
