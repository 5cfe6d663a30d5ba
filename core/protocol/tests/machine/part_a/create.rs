//! A part-A call is made: whose id counts, and what a create comes to.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Attempt, CommandFailure, Event, Request};
use faithcall_protocol::rest::{RejectCall, RejectReason, RejectScope};

use crate::kit::*;

#[test]
fn the_servers_id_counts_and_the_old_one_still_works() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.answer("create", created_a("s1"));
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
    bob.cancel("c1");
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
}

#[test]
fn a_cancel_waits_for_the_creates_answer() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").cancel("c1");
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
    assert_eq!(bob.asked(), ["create"]);
    bob.answer("create", created_a("s1"));
    assert_eq!(
        *bob.open_request("cancel"),
        Request::Cancel { call_id: id("s1") }
    );
    bob.answer("cancel", done());
    assert!(bob.confirmed().confirmed);
}

#[test]
fn a_second_call_while_in_one_is_told_busy() {
    let mut bob = Phone::dialing_a("s1");
    bob.invite_a("s2", "carol").quiet();
    assert_eq!(
        *bob.open_request("reject"),
        Request::Reject {
            call_id: id("s2"),
            body: RejectCall {
                reason: RejectReason::Busy,
                scope: RejectScope::Member
            }
        }
    );
    bob.invite_a("s2", "carol");
    assert_eq!(bob.asked(), ["reject"], "once");
}

#[test]
fn a_busy_callee_is_an_end() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.fail("create", refusal_a(409, "All callees are busy: Alice"));
    bob.nothing_goes_on();
    assert_eq!(bob.ended().reason, EndReason::Busy);
}

#[test]
fn a_create_while_in_a_call_elsewhere_says_so() {
    let mut bob = Phone::part_a();
    bob.call("c1", "alice").events();
    bob.fail(
        "create",
        refusal_a(409, "You are already in an active call"),
    );
    bob.answer(
        "active",
        active_call("s9", "bob", "carol", CallStatus::Active, 0),
    );
    assert_eq!(
        bob.events()[0],
        Event::CommandFailed {
            call_id: id("c1"),
            what: Attempt::Start,
            failure: CommandFailure::AlreadyInCall
        }
    );
}
