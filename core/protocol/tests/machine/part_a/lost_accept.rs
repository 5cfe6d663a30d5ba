//! An accept whose answer is lost: with it goes the only way to the room, and nobody can tell
//! whether it counted.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Attempt, CommandFailure, Elsewhere, Event, Failure};
use faithcall_protocol::signal::Signal;

use crate::kit::*;

/// Bob's first accept brought no answer, and the next one is due.
fn accept_unheard(lost: Failure) -> Phone {
    let mut bob = Phone::ringing_a("s1");
    bob.accept("s1").fail("accept", lost).pass(2_000).quiet();
    assert_eq!(bob.asked(), ["accept"]);
    bob
}

fn taken() -> Failure {
    refusal_a(409, "Call cannot be accepted (status: connecting)")
}

#[test]
fn a_call_that_is_taken_after_an_unheard_accept_is_left_alone() {
    for lost in [Failure::NoAnswer, refusal_a(504, "Gateway Timeout")] {
        let mut bob = accept_unheard(lost);
        bob.fail("accept", taken());
        let events = bob.events();
        assert!(matches!(
            events[0],
            Event::CommandFailed {
                what: Attempt::Accept,
                failure: CommandFailure::TryAgain,
                ..
            }
        ));
        let Event::Ended { ended, .. } = &events[1] else {
            panic!("{events:?}")
        };
        let how = (ended.reason, ended.elsewhere, ended.confirmed);
        assert_eq!(how, (EndReason::NetworkError, None, false));
        let call_id = Some(id("s1"));
        assert_eq!(events[2], Event::InCallElsewhere { call_id });
        bob.pass(60_000);
        assert_eq!(bob.asked(), ["history"], "it may be another device's");
    }
}

#[test]
fn an_accept_that_was_refused_before_it_was_taken_is_in_no_doubt() {
    let mut bob = accept_unheard(refusal_a(429, "Too many requests"));
    bob.fail("accept", taken());
    assert_eq!(bob.ended().elsewhere, Some(Elsewhere::Answered));
}

#[test]
fn the_end_of_the_call_that_was_left_alone_is_taken_from_the_server() {
    let mut bob = accept_unheard(Failure::NoAnswer);
    bob.fail("accept", taken()).events();
    let end = Signal::CallEnd {
        ended_by: "alice".into(),
        reason: Some(EndReason::Failed),
        duration_seconds: 0,
    };
    bob.status_signal("s1", end);
    let events = bob.events();
    assert_eq!(events[0], Event::InCallElsewhere { call_id: None });
    assert!(matches!(
        &events[1],
        Event::EndConfirmed { ended, .. } if ended.reason == EndReason::Failed
    ));
    bob.pass(60_000);
    assert!(bob.asked().is_empty(), "the reason is known");
}

/// Bob answered at the last moment; the first attempt brought no answer, the second is on its way
/// and has 100 ms left.
fn accept_running_out() -> Phone {
    let mut bob = Phone::ringing_a("s1");
    bob.pass(44_000).accept("s1").pass(4_000);
    bob.fail("accept", Failure::NoAnswer).pass(5_900).quiet();
    assert_eq!(bob.asked(), ["accept"]);
    bob
}

#[test]
fn an_accept_that_nobody_answers_in_time_ends_no_call() {
    for on_its_way in [true, false] {
        let mut bob = accept_running_out();
        if !on_its_way {
            bob.fail("accept", Failure::NoAnswer);
        }
        bob.pass(100);
        assert_eq!(bob.ended().reason, EndReason::NetworkError);
        if on_its_way {
            bob.fail("accept", Failure::NoAnswer);
        }
        bob.pass(60_000);
        assert_eq!(bob.asked(), ["history"]);
    }
}

#[test]
fn an_accept_that_is_answered_too_late_was_mine_and_is_ended() {
    let mut bob = accept_running_out();
    bob.pass(100);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    bob.answer("accept", created_a("s1"));
    assert_eq!(bob.asked(), ["end"]);
}

#[test]
fn hanging_up_on_an_unheard_accept_ends_the_call() {
    let mut bob = accept_unheard(Failure::NoAnswer);
    bob.end("s1").fail("accept", Failure::NoAnswer);
    assert_eq!(bob.asked(), ["end"]);
}
