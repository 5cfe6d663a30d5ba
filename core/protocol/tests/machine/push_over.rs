//! Pushes that the ringing has stopped.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::Elsewhere;
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

#[test]
fn a_push_that_says_over_stops_the_ring_and_asks_why() {
    let mut bob = Phone::ringing("c1");
    bob.push_over_at("c1", 4, Some(EndReason::Cancelled));
    let ended = bob.ended();
    assert_eq!(
        (ended.reason, ended.confirmed),
        (EndReason::Cancelled, false)
    );
    bob.pass(3_000);
    assert_eq!(bob.asked(), ["get"]);
}

// Broken by ending it as missed, and by a word that is older than this ring.
#[test]
fn a_push_that_says_over_without_a_reason_says_that_another_device_has_it() {
    let rung = || group("c1", "alice", &["bob", "carol"]);
    let taken = || rung().rev(4).accepted("tablet");
    let over = |state| {
        let over = rung().rev(5).stands("bob", state, "tablet");
        over.over(CallStatus::Ended, EndReason::Normal)
    };
    for now in [
        taken(),
        over(InviteeState::Accepted),
        over(InviteeState::Left),
    ] {
        let mut bob = Phone::ringing("c1");
        bob.push_over_at("c1", 4, None);
        let ended = bob.ended();
        assert_eq!(
            (ended.elsewhere, ended.reason, ended.confirmed),
            (Some(Elsewhere::Answered), EndReason::Normal, false)
        );
        bob.pass(3_000).answer("get", snapshot(now));
        assert_eq!(bob.confirmed().elsewhere, Some(Elsewhere::Answered));
    }
    // It was not that: the server has the last word.
    let mut bob = Phone::ringing("c1");
    bob.push_over_at("c1", 4, None).pass(3_000).events();
    bob.answer("get", snapshot(incoming("c1").rev(4).missed()));
    let ended = bob.confirmed();
    assert_eq!((ended.elsewhere, ended.reason), (None, EndReason::Missed));
}

// Broken by comparing no revisions.
#[test]
fn a_push_that_an_earlier_ring_is_over_leaves_a_later_one_alone() {
    let again = |rev| {
        let call = group("c1", "alice", &["bob", "carol"]).rev(rev);
        call.again("bob", 1).made()
    };
    for by_push in [true, false] {
        let mut bob = Phone::part_b();
        if by_push {
            bob.push_at("c1", 8, 45_000);
        } else {
            bob.invite_with(again(8), 45_000);
        }
        bob.events();
        bob.push_over_at("c1", 6, Some(EndReason::Missed)).quiet();
        assert!(bob.rings());
        bob.update(again(9));
        bob.push_over_at("c1", 8, Some(EndReason::Missed)).quiet();
        bob.push_over_at("c1", 10, Some(EndReason::Missed));
        assert_eq!(bob.ended().reason, EndReason::Missed);
    }
}
