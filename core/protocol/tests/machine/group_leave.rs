//! Who ends a group for all, and what only takes this member out of it.

use faithcall_protocol::end::EndReason;
use faithcall_protocol::machine::{Command, DisconnectReason, Failure, RoomEvent};
use faithcall_protocol::rest::ErrorCode;
use faithcall_protocol::signal::Signal;
use faithcall_protocol::snapshot::InviteeState;

use crate::group::{alice_in, call_both, dialing_both, in_group};
use crate::kit::*;
use crate::rejoin::left_over;

/// Bob called Alice and Carol; Alice is in the call with him.
fn talking() -> Phone {
    let mut bob = dialing_both();
    bob.update(alice_in().made()).answer("token", token());
    bob.room(RoomEvent::Connected).joined("alice");
    bob.answer("connected", done()).events();
    bob
}

/// The server does not take the call back: Alice has accepted.
fn cancel_loses(bob: &mut Phone) {
    let taken = Some(alice_in().made());
    bob.fail("cancel", refusal(404, ErrorCode::AlreadyHandled, taken));
}

#[test]
fn the_red_button_of_its_caller_ends_a_group_for_all() {
    let mut bob = talking();
    bob.end("c1");
    assert_eq!(bob.asked(), ["end"]);
    // As it does where the tap crosses the first accept.
    let mut bob = dialing_both();
    bob.end("c1");
    cancel_loses(&mut bob);
    assert_eq!(bob.asked(), ["end"]);
}

// Broken by ending it: everybody would be out because one changed the phone.
#[test]
fn signing_out_leaves_a_group_also_as_its_caller() {
    let mut bob = talking();
    bob.command(Command::Disconnect);
    assert_eq!(bob.ended().reason, EndReason::Normal);
    assert_eq!(bob.asked(), ["leave"]);
    let mut bob = dialing_both();
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["cancel"]);
    cancel_loses(&mut bob);
    assert_eq!(bob.asked(), ["leave"]);
    let mut bob = Phone::active("c1");
    bob.command(Command::Disconnect);
    assert_eq!(bob.asked(), ["end"]);
}

// Broken by ending what a person has not ended.
#[test]
fn a_device_that_hears_nothing_while_it_rings_is_only_out_of_a_group() {
    let mut bob = dialing_both();
    bob.pass(53_000);
    assert_eq!(bob.ended().reason, EndReason::Missed);
    cancel_loses(&mut bob);
    assert!(bob.asked().contains(&"leave"), "{:?}", bob.asked());
    assert!(!bob.asked().contains(&"end"));
    // The accept of what is on offer after a crash was not heard.
    let mut bob = left_over(group("c1", "bob", &["alice", "carol"]).made(), 40_000);
    bob.pass(15_000);
    cancel_loses(&mut bob);
    assert_eq!(bob.asked(), ["get", "leave"]);
}

#[test]
fn an_accept_that_is_not_heard_in_time_is_taken_back_by_leaving() {
    let made = || group("c1", "alice", &["bob", "carol"]);
    let mut bob = Phone::part_b();
    bob.invite_with(made().made(), 45_000);
    bob.accept("c1");
    while bob.machine.state().call.unwrap().timings.ended_ms.is_none() {
        if bob.asked().contains(&"accept") {
            bob.fail("accept", Failure::NoAnswer);
        }
        bob.pass(1_000);
    }
    if bob.asked().contains(&"accept") {
        bob.fail("accept", Failure::NoAnswer);
    }
    let mine = made().rev(2).stands("bob", InviteeState::Accepted, "phone");
    bob.answer("get", snapshot(mine.made()));
    assert!(bob.asked().contains(&"leave"), "{:?}", bob.asked());
}

#[test]
fn a_group_that_is_too_long_is_left() {
    let mut bob = in_group();
    bob.pass(4 * 3_600_000 + 20_000);
    assert_eq!(bob.ended().reason, EndReason::Normal);
    assert!(bob.asked().contains(&"leave"));
    assert!(!bob.asked().contains(&"end"));
}

// Broken by leaving: such a server knows no /leave, and would think that Bob is still there.
#[test]
fn on_a_part_a_server_a_group_is_ended() {
    let in_it = || {
        let mut bob = Phone::part_a();
        call_both(&mut bob);
        bob.answer("create", created_a("c1"));
        bob.call_signal("c1", Signal::CallAccept(callee("carol")));
        bob.room(RoomEvent::Connected).joined("carol").events();
        bob
    };
    let mut bob = in_it();
    bob.command(Command::Leave { call_id: id("c1") });
    assert!(bob.asked().contains(&"end"), "{:?}", bob.asked());
    assert!(!bob.asked().contains(&"leave"));
    let mut bob = in_it();
    bob.room(RoomEvent::Disconnected {
        reason: DisconnectReason::Lost,
    });
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::NetworkError);
    assert!(bob.asked().contains(&"end"));
    assert!(!bob.asked().contains(&"leave"));
}
