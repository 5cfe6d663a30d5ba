//! What stands in the way of a microphone or camera, from one call to the next.

use faithcall_protocol::machine::{
    Command, MediaProblem, MediaSource, NotLive, OtherCall, RoomEvent, SystemChange,
};

use crate::kit::*;
use crate::own_media::{device, failed, live, why};

/// The next call, which Alice makes; in its room.
fn next_call(bob: &mut Phone) {
    bob.invite("c2", 45_000).accept("c2").accept_counts("c2", 2);
    bob.room(RoomEvent::Connected);
}

// Broken by keeping it until the app says otherwise: it was allowed in the settings meanwhile, or
// the phone call was over long ago and the system never said so, and the next call was silent.
#[test]
fn what_stood_in_the_way_in_one_call_is_tried_again_in_the_next() {
    let mut bob = live();
    let not_allowed = MediaProblem::NotAllowed;
    bob.room(failed(MediaSource::Microphone, not_allowed));
    bob.end("c1").answer("end", done());
    next_call(&mut bob);
    let microphone = why(&bob, MediaSource::Microphone);
    assert_eq!(microphone, Some(NotLive::NotYet));
    let mut bob = live();
    device(&mut bob, SystemChange::InterruptionBegan);
    bob.end("c1").answer("end", done());
    next_call(&mut bob);
    let microphone = why(&bob, MediaSource::Microphone);
    assert_eq!(microphone, Some(NotLive::NotYet));
}

// Broken by forgetting it with the call.
#[test]
fn a_permission_that_the_app_knows_to_be_missing_is_so_in_the_next_call() {
    let mut bob = live();
    let not_allowed = SystemChange::PermissionChanged {
        source: MediaSource::Microphone,
        allowed: false,
    };
    device(&mut bob, not_allowed);
    bob.end("c1").answer("end", done());
    next_call(&mut bob);
    let missing = Some(NotLive::PermissionMissing);
    assert_eq!(why(&bob, MediaSource::Microphone), missing);
}

// Broken by forgetting it with any call.
#[test]
fn an_interruption_outlives_the_call_that_makes_way_for_another() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000).accept("c1").accept_counts("c1", 2);
    bob.invite_with(snap("c2", "carol", "bob", "tablet").made(), 45_000);
    device(&mut bob, SystemChange::InterruptionBegan);
    bob.command(Command::Accept {
        call_id: id("c2"),
        other: Some(OtherCall::End),
    });
    let interrupted = Some(NotLive::Interrupted);
    assert_eq!(why(&bob, MediaSource::Microphone), interrupted);
}

// Broken by counting a ring beside it as a call that goes on: the next call was silent.
#[test]
fn what_stood_in_the_way_ends_with_the_call_though_another_rings() {
    let mut bob = Phone::part_b_with(|config| config.call_waiting = true);
    bob.invite("c1", 45_000).accept("c1").accept_counts("c1", 2);
    device(&mut bob, SystemChange::InterruptionBegan);
    let rings = || snap("c3", "carol", "bob", "tablet");
    bob.invite_with(rings().made(), 45_000);
    bob.end("c1").answer("end", done());
    bob.update(rings().rev(2).cancelled());
    next_call(&mut bob);
    let microphone = why(&bob, MediaSource::Microphone);
    assert_eq!(microphone, Some(NotLive::NotYet));
}

// Broken by taking a ring that nobody answers for a call that is over.
#[test]
fn an_interruption_outlives_a_ring_that_came_to_nothing() {
    let mut bob = Phone::part_b();
    device(&mut bob, SystemChange::InterruptionBegan);
    bob.invite("c1", 45_000)
        .update(incoming("c1").rev(2).cancelled());
    next_call(&mut bob);
    let interrupted = Some(NotLive::Interrupted);
    assert_eq!(why(&bob, MediaSource::Microphone), interrupted);
}
