//! How such a server tells of an end, or does not.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{Failure, Input};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;

use crate::kit::*;

#[test]
fn the_ways_a_call_ends_by_signal() {
    let table: [(Signal, Channel, EndReason); 5] = [
        (
            Signal::CallReject(callee("alice")),
            signal_topic("s1"),
            EndReason::Rejected,
        ),
        (
            Signal::CallBusy(callee("alice")),
            signal_topic("s1"),
            EndReason::Busy,
        ),
        (
            Signal::CallEnd {
                ended_by: "alice".into(),
                reason: Some(EndReason::Normal),
                duration_seconds: 3,
            },
            status_topic(),
            EndReason::Normal,
        ),
        (
            Signal::CallEnd {
                ended_by: "system".into(),
                reason: Some(EndReason::Timeout),
                duration_seconds: 0,
            },
            signal_topic("s1"),
            EndReason::Timeout,
        ),
        (
            Signal::CallCancel {
                caller_id: "bob".parse().unwrap(),
            },
            status_topic(),
            EndReason::Cancelled,
        ),
    ];
    for (told, channel, reason) in table {
        let mut bob = Phone::dialing_a("s1");
        bob.signal_on(channel, "s1", told);
        let ended = bob.ended();
        assert_eq!((ended.reason, ended.confirmed), (reason, true));
    }
    let mut bob = Phone::ringing_a("s1");
    bob.status_signal(
        "s1",
        Signal::CallCancel {
            caller_id: "alice".parse().unwrap(),
        },
    );
    assert_eq!(bob.ended().reason, EndReason::Cancelled);
}

#[test]
fn a_call_that_is_gone_has_its_reason_from_the_history() {
    let mut bob = Phone::dialing_a("s1");
    bob.reconnects();
    bob.nothing_goes_on();
    bob.quiet();
    bob.answer(
        "history",
        history("s1", CallStatus::Rejected, EndReason::Rejected),
    );
    let ended = bob.ended();
    assert_eq!((ended.reason, ended.confirmed), (EndReason::Rejected, true));
}

#[test]
fn without_a_history_it_is_missed_before_active_and_normal_after() {
    let mut bob = Phone::ringing_a("s1");
    bob.give(Input::LinkUp);
    bob.nothing_goes_on();
    bob.fail("history", Failure::NoAnswer);
    assert_eq!(bob.ended().reason, EndReason::Missed);

    let mut bob = Phone::connecting_a("s1");
    bob.joined("alice");
    bob.give(Input::LinkUp);
    bob.nothing_goes_on();
    bob.fail("history", Failure::NoAnswer);
    assert_eq!(bob.ended().reason, EndReason::Normal);
}
