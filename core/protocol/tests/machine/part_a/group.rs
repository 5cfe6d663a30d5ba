//! Whose accept a group's was, where `call_accept` was not heard: only being there tells.

use faithcall_protocol::end::{CallStatus, EndReason};
use faithcall_protocol::machine::{CallState, Event, RoomEvent};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::snapshot::InviteeState;

use crate::group::{call_both, changed, member};
use crate::kit::*;

/// Bob called Alice and Carol, and asks what goes on: somebody of `callees` has accepted.
fn taken_unheard(callees: &[&str]) -> Phone {
    let mut bob = Phone::part_a();
    call_both(&mut bob);
    bob.answer("create", created_a("c1")).topics("c1", true);
    bob.events();
    let taken = active_group("c1", "bob", callees, CallStatus::Connecting, bob.now);
    bob.answer("active", taken);
    bob
}

fn playable(bob: &Phone) -> Vec<&'static str> {
    let playable = bob.machine.state().call.unwrap().playable;
    let all = ["alice", "carol"].into_iter();
    all.filter(|id| playable.contains(&member(id))).collect()
}

fn carol_talks(mut bob: Phone) {
    assert_eq!(
        bob.events(),
        [
            changed("c1", "carol", InviteeState::Accepted),
            changed("c1", "alice", InviteeState::Missed),
            Event::Active { call_id: id("c1") },
        ]
    );
    assert_eq!(
        bob.machine.state().call.unwrap().peer.member_id,
        member("carol")
    );
    assert_eq!(playable(&bob), ["carol"]);
    bob.joined("carol").pass(60_000);
    let state = bob.machine.state().call.unwrap().state;
    assert_eq!(state, CallState::Active);
}

#[test]
fn who_comes_into_the_room_has_accepted() {
    let mut bob = taken_unheard(&["alice", "carol"]);
    assert_eq!(bob.events(), [Event::Connecting { call_id: id("c1") }]);
    bob.room(RoomEvent::Connected).quiet();
    assert_eq!(playable(&bob), ["alice", "carol"]);
    bob.joined("carol");
    carol_talks(bob);
}

#[test]
fn who_is_in_the_room_before_me_has_accepted() {
    let mut bob = taken_unheard(&["alice", "carol"]);
    bob.joined("carol").events();
    bob.room(RoomEvent::Connected);
    let call = bob.machine.state().call.unwrap();
    assert_eq!(
        (call.state, call.peer.member_id),
        (CallState::Active, member("carol"))
    );
}

#[test]
fn whose_participant_joined_comes_has_accepted() {
    let mut bob = taken_unheard(&["alice", "carol"]);
    bob.room(RoomEvent::Connected).events();
    bob.participant_joined("c1", "carol");
    carol_talks(bob);
}

#[test]
fn an_accept_that_is_heard_late_says_whose_it_was() {
    let mut bob = taken_unheard(&["alice", "carol"]);
    bob.room(RoomEvent::Connected).events();
    bob.call_signal("c1", Signal::CallAccept(callee("carol")));
    assert_eq!(
        bob.events(),
        [
            changed("c1", "carol", InviteeState::Accepted),
            changed("c1", "alice", InviteeState::Missed),
        ]
    );
    assert_eq!(playable(&bob), ["carol"]);
    // The first counts, whatever comes after it.
    bob.call_signal("c1", Signal::CallAccept(callee("alice")))
        .quiet();
    bob.participant_joined("c1", "alice").quiet();
    assert_eq!(playable(&bob), ["carol"]);
}

#[test]
fn where_one_alone_has_not_refused_it_is_that_one() {
    let mut bob = taken_unheard(&["carol"]);
    bob.room(RoomEvent::Connected);
    assert_eq!(playable(&bob), ["carol"]);
    assert_eq!(
        bob.machine.state().call.unwrap().peer.member_id,
        member("carol")
    );
}

#[test]
fn where_nobody_comes_it_has_failed() {
    let mut bob = taken_unheard(&["alice", "carol"]);
    bob.room(RoomEvent::Connected).events();
    bob.pass(30_000);
    assert_eq!(bob.ended().reason, EndReason::Failed);
}
