//! What crosses a hang-up, or comes after it (E).

use faithcall_protocol::machine::{Command, Failure, Input, MediaSource, Request, RoomEvent};

use crate::kit::*;

// E1: hang-up crosses hang-up. Broken by not taking the server's word from the answer.

#[test]
fn race_e1_both_hang_up_and_nobody_sees_an_error() {
    let mut bob = Phone::active("c1");
    bob.end("c1");
    let first = bob.ended();
    let mut over = incoming("c1").rev(4).hung_up();
    over.ended_by = Some("alice".parse().unwrap());
    bob.update(over.clone());
    assert_eq!(bob.confirmed().reason, first.reason);
    bob.answer("end", done_with(over)).quiet();
    assert!(bob.refused().is_empty());
}

// E2: a media change crosses the hang-up. Broken by keeping a call that is over among the lines.

#[test]
fn race_e2_a_change_that_crosses_the_hang_up_is_dropped() {
    let mut bob = Phone::active("c1");
    bob.end("c1").events();
    let effects = bob.room_effects().len();
    bob.command(Command::SetMicrophone(false));
    bob.command(Command::SetCamera(true));
    assert_eq!(bob.refused().len(), 2);
    for source in [MediaSource::Microphone, MediaSource::Camera] {
        bob.room(RoomEvent::MediaSet { source, on: true }).quiet();
    }
    assert_eq!(bob.room_effects().len(), effects);
    assert_eq!(bob.asked(), ["end"], "no PATCH follows the end");
}

// E3: both turn video on at once. Broken by waiting for an unanswered PATCH for ever, by taking what
// it said for told, or by repeating it without a pause.

#[test]
fn race_e3_a_lost_patch_does_not_keep_the_camera_from_being_told() {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetCamera(true));
    bob.room(set(MediaSource::Camera, false));
    bob.fail("patch", Failure::NoAnswer);
    bob.room(set(MediaSource::Camera, true));
    // And once more, where nothing changes but that this one is lost too.
    for (shortest, longest) in [(250, 500), (500, 1_000)] {
        bob.pass(shortest - 1);
        assert!(bob.asked().is_empty(), "{:?}", bob.asked());
        bob.pass(longest - shortest + 1);
        match bob.open_request("patch") {
            Request::Patch { body, .. } => assert_eq!(body.is_video_enabled, Some(true)),
            other => panic!("{other:?}"),
        }
        bob.fail("patch", Failure::NoAnswer);
    }
}

fn set(source: MediaSource, on: bool) -> RoomEvent {
    RoomEvent::MediaSet { source, on }
}

// Broken by forgetting calls that are over.
#[test]
fn race_e4_nothing_after_the_end_brings_a_call_back() {
    let mut bob = Phone::active("c1");
    bob.update(incoming("c1").rev(9).hung_up());
    bob.events();
    bob.update(incoming("c1").rev(12).active("phone"));
    bob.invite("c1", 45_000);
    bob.give(Input::LinkUp);
    bob.synced(vec![(incoming("c1").rev(12).made(), 30_000)]);
    bob.quiet();
}
