//! The user is faster than the network: what is asked next reaches the server before it has heard
//! that the last call is over, or held.

use faithcall_protocol::machine::{
    Attempt, CallState, Command, CommandFailure, Event, Failure, OtherCall,
};
use faithcall_protocol::rest::ErrorCode;

use crate::kit::*;

fn in_a_call() -> Failure {
    refusal(409, ErrorCode::AlreadyInCall, None)
}

fn state(bob: &Phone, call: &str) -> Option<CallState> {
    let view = bob.machine.state();
    let mut calls = view.call.iter().chain(&view.others);
    let call = calls.find(|c| c.call_id == id(call))?;
    Some(call.state.clone())
}

fn failed(bob: &mut Phone) -> bool {
    let failed = |event: &Event| matches!(event, Event::CommandFailed { .. });
    bob.events().iter().any(failed)
}

// Broken by giving such a create up.
#[test]
fn a_call_that_is_refused_for_one_whose_cancel_is_lost_is_made_once_that_is_told() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1").fail("cancel", Failure::NoAnswer);
    bob.call("c2", "carol").fail("create", in_a_call());
    assert!(!failed(&mut bob));
    bob.pass(1_000).answer("cancel", done());
    bob.pass(1_000);
    let made = snap("c2", "bob", "carol", "phone").made();
    bob.answer("create", created(made, false));
    assert!(!failed(&mut bob));
    assert!(matches!(
        state(&bob, "c2"),
        Some(CallState::Outgoing { .. })
    ));
}

#[test]
fn a_call_that_is_refused_when_all_is_told_is_not_made() {
    let mut bob = Phone::dialing("c1");
    bob.cancel("c1").fail("cancel", Failure::NoAnswer);
    bob.call("c2", "carol").fail("create", in_a_call());
    bob.pass(1_000).answer("cancel", done());
    bob.pass(1_000).events();
    bob.fail("create", in_a_call());
    assert_eq!(
        bob.events()[0],
        Event::CommandFailed {
            call_id: id("c2"),
            what: Attempt::Start,
            failure: CommandFailure::AlreadyInCall
        }
    );
}

// Broken by sending the create at once.
#[test]
fn a_call_waits_until_the_hold_of_another_is_told() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.call("c2", "carol");
    assert_eq!(bob.asked(), ["hold"]);
    let held = incoming("c1").rev(4).on_hold("bob").active("phone");
    bob.answer("hold", done_with(held));
    assert_eq!(bob.asked(), ["create"]);
}

#[test]
fn a_call_that_is_refused_for_one_whose_hold_is_lost_is_made_once_that_is_told() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    bob.call("c2", "carol");
    bob.pass(2_000).fail("create", in_a_call());
    assert!(!failed(&mut bob));
    let held = incoming("c1").rev(4).on_hold("bob").active("phone");
    bob.answer("hold", done_with(held)).pass(1_000);
    assert!(bob.asked().contains(&"create"));
}

// Broken by giving such an accept up.
#[test]
fn an_accept_that_is_refused_for_a_call_whose_end_is_lost_counts_once_that_is_told() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000).accept("c1").accept_counts("c1", 2);
    let second = snap("c2", "carol", "bob", "tablet");
    bob.invite_with(second.clone().made(), 45_000);
    bob.end("c1").fail("end", Failure::NoAnswer);
    bob.accept("c2").fail("accept", in_a_call());
    assert!(!failed(&mut bob));
    bob.pass(1_000).answer("end", done()).pass(1_000);
    let accepted = second.rev(3).accepted("phone");
    bob.answer("accept", created(accepted, false));
    assert_eq!(state(&bob, "c2"), Some(CallState::Connecting));
}

#[test]
fn an_accept_that_holds_another_and_is_refused_says_so_at_once() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000).accept("c1").accept_counts("c1", 2);
    bob.invite_with(snap("c2", "carol", "bob", "tablet").made(), 45_000);
    bob.command(Command::Accept {
        call_id: id("c2"),
        other: Some(OtherCall::Hold),
    });
    bob.fail("accept", in_a_call());
    assert!(failed(&mut bob));
}

// Broken by taking such a resume back.
#[test]
fn a_resume_that_is_refused_for_a_call_whose_end_is_lost_counts_once_that_is_told() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    let held = incoming("c1").rev(4).on_hold("bob").active("phone");
    bob.answer("hold", done_with(held));
    bob.call("c2", "carol");
    let made = snap("c2", "bob", "carol", "phone").made();
    bob.answer("create", created(made, false));
    bob.end("c2").fail("cancel", Failure::NoAnswer);
    bob.command(Command::Resume { call_id: id("c1") });
    bob.fail("hold", in_a_call());
    assert!(!failed(&mut bob));
    assert_eq!(state(&bob, "c1"), Some(CallState::Active));
    bob.pass(1_000).answer("cancel", done()).pass(1_000);
    assert!(bob.asked().contains(&"hold"));
}

// Broken by giving such a create up.
#[test]
fn a_part_a_server_that_has_not_heard_of_the_last_end_is_asked_again() {
    let mut bob = Phone::dialing_a("s1");
    bob.cancel("s1").fail("cancel", Failure::NoAnswer);
    bob.call("c2", "carol");
    bob.fail(
        "create",
        refusal_a(409, "You are already in an active call"),
    );
    bob.found_ringing("s1");
    assert!(!failed(&mut bob));
    bob.pass(1_000).answer("cancel", done()).pass(1_000);
    bob.answer("create", created_a("s2"));
    assert!(matches!(
        state(&bob, "s2"),
        Some(CallState::Outgoing { .. })
    ));
}

// Broken by giving such a create up.
#[test]
fn a_call_that_lost_to_one_that_is_over_by_now_is_made_after_all() {
    let mut taken_back = Phone::part_b();
    taken_back.call("c1", "alice");
    taken_back.invite("c2", 45_000);
    taken_back.update(incoming("c2").rev(2).cancelled());
    let mut declined = Phone::ringing("c2");
    declined.reject("c2").fail("reject", Failure::NoAnswer);
    declined.call("c1", "alice");
    for mut bob in [taken_back, declined] {
        bob.pass(2_000).glare("c2");
        assert!(!failed(&mut bob));
        bob.pass(1_000);
        bob.answer("create", created(outgoing("c1").made(), false));
        assert!(matches!(
            state(&bob, "c1"),
            Some(CallState::Outgoing { .. })
        ));
    }
}
