//! What the user wants, what is live, and what stands between the two.

use faithcall_protocol::machine::{
    Command, DisconnectReason, Event, Input, MediaProblem, MediaSource, NotLive, OwnMedia, Request,
    RoomEffect, RoomEvent, SystemChange,
};

use crate::kit::*;

pub(crate) const BOTH: [MediaSource; 2] = [MediaSource::Microphone, MediaSource::Camera];

pub(crate) fn set(source: MediaSource, on: bool) -> RoomEvent {
    RoomEvent::MediaSet { source, on }
}

pub(crate) fn failed(source: MediaSource, problem: MediaProblem) -> RoomEvent {
    RoomEvent::MediaFailed { source, problem }
}

/// In a call, with microphone and camera live, and the server told.
pub(crate) fn live() -> Phone {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetCamera(true));
    for source in BOTH {
        bob.room(set(source, true));
    }
    bob.events();
    bob
}

pub(crate) fn device(bob: &mut Phone, change: SystemChange) -> Vec<RoomEffect> {
    let before = bob.room_effects().len();
    bob.give(Input::System(change));
    bob.room_effects().split_off(before)
}

pub(crate) fn own(bob: &Phone, source: MediaSource) -> OwnMedia {
    let call = bob.machine.state().call.unwrap();
    match source {
        MediaSource::Microphone => call.microphone,
        MediaSource::Camera => call.camera,
    }
}

pub(crate) fn why(bob: &Phone, source: MediaSource) -> Option<NotLive> {
    let own = own(bob, source);
    assert_eq!(own.live, own.why_not.is_none());
    own.why_not
}

pub(crate) const NOTHING: [RoomEffect; 0] = [];

#[test]
fn an_interruption_takes_both_and_gives_back_what_is_still_wanted() {
    let mut bob = live();
    let off = [
        RoomEffect::SetMicrophone(false),
        RoomEffect::SetCamera(false),
    ];
    assert_eq!(device(&mut bob, SystemChange::InterruptionBegan), off);
    for source in BOTH {
        bob.room(set(source, false));
        assert_eq!(why(&bob, source), Some(NotLive::Interrupted));
        assert!(own(&bob, source).wanted);
    }
    match bob.open_request("patch") {
        Request::Patch { body, .. } => assert_eq!(body.is_muted, Some(true), "the other is told"),
        other => panic!("{other:?}"),
    }
    // The camera is given up meanwhile; the microphone is still wanted.
    bob.command(Command::SetCamera(false));
    assert_eq!(why(&bob, MediaSource::Camera), Some(NotLive::Muted));
    let back = [RoomEffect::SetMicrophone(true)];
    assert_eq!(device(&mut bob, SystemChange::InterruptionEnded), back);
    assert_eq!(why(&bob, MediaSource::Microphone), Some(NotLive::NotYet));
    bob.room(set(MediaSource::Microphone, true));
    assert_eq!(why(&bob, MediaSource::Microphone), None);
}

#[test]
fn an_interruption_before_the_call_holds_in_it() {
    let mut bob = Phone::ringing("c1");
    bob.give(Input::System(SystemChange::InterruptionBegan));
    bob.accept("c1").accept_counts("c1", 2);
    bob.room(RoomEvent::Connected);
    let effects = bob.room_effects();
    assert!(effects.contains(&RoomEffect::SetMicrophone(false)));
    assert!(!effects.contains(&RoomEffect::SetMicrophone(true)));
    bob.events();
    bob.room(set(MediaSource::Microphone, false)).quiet();
}

#[test]
fn an_interruption_takes_the_microphone_while_the_room_is_being_found_again() {
    let mut bob = live();
    bob.room(RoomEvent::Reconnecting);
    let off = [
        RoomEffect::SetMicrophone(false),
        RoomEffect::SetCamera(false),
    ];
    assert_eq!(device(&mut bob, SystemChange::InterruptionBegan), off);
    // On again is for a room that stands.
    assert_eq!(device(&mut bob, SystemChange::InterruptionEnded), NOTHING);
    let before = bob.room_effects().len();
    bob.room(RoomEvent::Reconnected);
    let back = [RoomEffect::SetMicrophone(true), RoomEffect::SetCamera(true)];
    assert_eq!(bob.room_effects().split_off(before), back);
}

#[test]
fn a_user_who_turns_on_ends_an_interruption_that_the_system_forgot() {
    let mut bob = live();
    device(&mut bob, SystemChange::InterruptionBegan);
    bob.command(Command::SetMicrophone(true));
    assert_eq!(
        bob.room_effects().last(),
        Some(&RoomEffect::SetCamera(true))
    );
}

#[test]
fn a_missing_permission_is_shown_and_keeps_the_wish() {
    for source in BOTH {
        let mut bob = live();
        bob.room(failed(source, MediaProblem::NotAllowed));
        assert_eq!(
            bob.events(),
            [
                Event::MediaChanged {
                    call_id: id("c1"),
                    source,
                    on: false
                },
                Event::MediaFailed {
                    call_id: id("c1"),
                    source,
                    problem: MediaProblem::NotAllowed
                }
            ]
        );
        assert_eq!(why(&bob, source), Some(NotLive::PermissionMissing));
        assert!(own(&bob, source).wanted);
        let allowed = SystemChange::PermissionChanged {
            source,
            allowed: true,
        };
        let other = SystemChange::PermissionChanged {
            source: if source == BOTH[0] { BOTH[1] } else { BOTH[0] },
            allowed: true,
        };
        assert_eq!(device(&mut bob, other), NOTHING);
        assert_eq!(device(&mut bob, allowed).len(), 1, "it is turned on");
        bob.room(set(source, true));
        assert_eq!(why(&bob, source), None);
    }
}

#[test]
fn a_permission_known_to_be_missing_asks_the_engine_for_nothing() {
    let mut bob = Phone::ringing("c1");
    bob.give(Input::System(SystemChange::PermissionChanged {
        source: MediaSource::Microphone,
        allowed: false,
    }));
    bob.accept("c1").accept_counts("c1", 2);
    bob.room(RoomEvent::Connected);
    assert!(
        !bob.room_effects()
            .contains(&RoomEffect::SetMicrophone(true))
    );
    let missing = Some(NotLive::PermissionMissing);
    assert_eq!(why(&bob, MediaSource::Microphone), missing);
}

#[test]
fn what_is_used_by_something_else_is_tried_again_when_the_user_asks() {
    let microphone = (
        Command::SetMicrophone(true),
        RoomEffect::SetMicrophone(true),
    );
    let camera = (Command::SetCamera(true), RoomEffect::SetCamera(true));
    for (source, (command, again)) in BOTH.into_iter().zip([microphone, camera]) {
        let mut bob = live();
        bob.room(failed(source, MediaProblem::Unavailable));
        assert_eq!(why(&bob, source), Some(NotLive::Unavailable));
        bob.pass(60_000);
        let before = bob.room_effects().len();
        bob.command(command);
        let again = [again];
        assert_eq!(bob.room_effects().split_off(before), again);
        bob.room(failed(source, MediaProblem::Unavailable));
        assert_eq!(device(&mut bob, SystemChange::InterruptionEnded), again);
    }
}

#[test]
fn the_newest_answer_of_the_engine_counts() {
    let mut bob = Phone::active("c1");
    bob.room(set(MediaSource::Microphone, true));
    for on in [true, false, true] {
        bob.command(Command::SetCamera(on));
    }
    bob.events();
    let before = bob.room_effects().len();
    bob.room(failed(MediaSource::Camera, MediaProblem::Unavailable));
    assert_eq!(why(&bob, MediaSource::Camera), Some(NotLive::NotYet));
    bob.room(set(MediaSource::Camera, false));
    bob.room(set(MediaSource::Camera, true));
    assert_eq!(why(&bob, MediaSource::Camera), None);
    assert_eq!(bob.room_effects().split_off(before), NOTHING);
    // And what fails only after the user changed his mind is no reason not to try again.
    bob.command(Command::SetCamera(false));
    bob.room(failed(MediaSource::Camera, MediaProblem::Unavailable));
    assert_eq!(why(&bob, MediaSource::Camera), Some(NotLive::Muted));
}

#[test]
fn a_held_call_shows_why_it_is_silent() {
    let mut bob = live();
    bob.command(Command::Hold { call_id: id("c1") });
    for source in BOTH {
        bob.room(set(source, false));
        assert_eq!(why(&bob, source), Some(NotLive::OnHold));
    }
}

#[test]
fn what_fails_to_go_off_is_tried_when_it_is_to_be_on_again() {
    let mut bob = live();
    bob.command(Command::Hold { call_id: id("c1") });
    bob.room(failed(MediaSource::Camera, MediaProblem::Unavailable));
    assert_eq!(why(&bob, MediaSource::Camera), Some(NotLive::OnHold));
    let before = bob.room_effects().len();
    bob.command(Command::Resume { call_id: id("c1") });
    let back = bob.room_effects().split_off(before);
    assert!(back.contains(&RoomEffect::SetCamera(true)));
}

#[test]
fn the_server_is_told_of_the_speaker_that_the_user_chose() {
    let mut bob = live();
    bob.command(Command::SetSpeaker(true));
    match bob.open_request("patch") {
        Request::Patch { body, .. } => {
            assert_eq!(body.is_speaker_on, Some(true));
            assert_eq!((body.is_muted, body.is_video_enabled), (None, None));
        }
        other => panic!("{other:?}"),
    }
    let view = bob.machine.state().call.unwrap();
    assert_eq!(view.speaker, Some(true));
    bob.end("c1");
    bob.command(Command::SetSpeaker(false));
    assert_eq!(bob.refused().len(), 1);
}

#[test]
fn nothing_is_live_of_a_call_that_is_over() {
    let mut bob = live();
    bob.end("c1");
    for source in BOTH {
        assert_eq!(why(&bob, source), Some(NotLive::Over));
        assert!(own(&bob, source).wanted, "it says what the user had chosen");
    }
    assert_eq!(bob.machine.state().call.unwrap().playable, []);
}

#[test]
fn why_something_failed_that_was_told_anew_meanwhile_is_no_longer_of_interest() {
    for source in BOTH {
        let mut bob = live();
        for on in [false, true] {
            bob.command(match source {
                MediaSource::Microphone => Command::SetMicrophone(on),
                MediaSource::Camera => Command::SetCamera(on),
            });
        }
        bob.room(failed(source, MediaProblem::NotAllowed));
        assert_eq!(why(&bob, source), Some(NotLive::NotYet));
        bob.room(set(source, true));
        assert_eq!(why(&bob, source), None);
    }
}

/// Who takes Alice's video call, with this done while it rings, and is in its room.
fn in_video_call(before: impl FnOnce(&mut Phone)) -> Phone {
    let mut bob = Phone::part_b();
    bob.invite_with(incoming("c1").video().made(), 45_000);
    before(&mut bob);
    bob.accept("c1");
    let accepted = incoming("c1").video().rev(2).accepted("phone");
    bob.answer("accept", created(accepted, false));
    bob.room(RoomEvent::Connected);
    bob.room(set(MediaSource::Microphone, true));
    bob
}

// Broken by telling only what the engine was made to do: a camera that never was on stayed enabled
// at the server, and after a crash the rejoin turned it on.
#[test]
fn a_camera_that_is_off_from_the_start_of_a_video_call_is_told_so() {
    let off = |bob: &mut Phone| {
        bob.command(Command::SetCamera(false));
    };
    let not_allowed = |bob: &mut Phone| {
        bob.give(Input::System(SystemChange::PermissionChanged {
            source: MediaSource::Camera,
            allowed: false,
        }));
    };
    for mut bob in [in_video_call(off), in_video_call(not_allowed)] {
        let patched = match bob.open_request("patch") {
            Request::Patch { body, .. } => *body,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (patched.is_muted, patched.is_video_enabled),
            (None, Some(false))
        );
        bob.answer("patch", done()).pass(1_000);
        assert!(!bob.asked().contains(&"patch"), "it knows");
        bob.command(Command::SetCamera(true))
            .room(set(MediaSource::Camera, true));
        assert!(bob.asked().contains(&"patch"), "it goes on");
    }
    let bob = in_video_call(|_| {});
    assert!(!bob.asked().contains(&"patch"), "it is about to go on");
    // What the user wants of a call that is held before it has come up.
    let mut bob = Phone::part_b();
    bob.invite_with(incoming("c1").video().made(), 45_000);
    bob.command(Command::SetCamera(false)).accept("c1");
    let accepted = incoming("c1").video().rev(2).accepted("phone");
    bob.answer("accept", created(accepted, false));
    bob.command(Command::Hold { call_id: id("c1") });
    bob.room(RoomEvent::Connected).answer("patch", done());
    bob.pass(1_000).command(Command::SetCamera(true));
    match bob.open_request("patch") {
        Request::Patch { body, .. } => assert_eq!(body.is_video_enabled, Some(true)),
        other => panic!("{other:?}"),
    }
    let mut bob = Phone::active("c1");
    bob.command(Command::SetCamera(false));
    assert!(
        bob.asked().is_empty(),
        "nobody takes a voice call for a picture"
    );
}

/// What of the microphone is told to be off or on, if anything.
fn mute_told(bob: &Phone) -> Option<bool> {
    let asked = bob.asked().contains(&"patch");
    asked.then(|| match bob.open_request("patch") {
        Request::Patch { body, .. } => body.is_muted.unwrap(),
        other => panic!("{other:?}"),
    })
}

// Broken by telling only what an engine says: the app is killed, and who comes back is heard.
#[test]
fn a_mute_without_a_room_is_told() {
    let mut bob = Phone::active("c1");
    bob.room(set(MediaSource::Microphone, true))
        .room(RoomEvent::Disconnected {
            reason: DisconnectReason::Lost,
        });
    bob.command(Command::SetMicrophone(false));
    assert_eq!(mute_told(&bob), Some(true));
    bob.answer("patch", done());
    bob.command(Command::SetMicrophone(true)).pass(1_000);
    assert_eq!(mute_told(&bob), None, "it is about to go on");
    bob.answer("token", token()).room(RoomEvent::Connected);
    bob.room(set(MediaSource::Microphone, true));
    assert_eq!(mute_told(&bob), Some(false));
    let mut bob = Phone::ringing("c1");
    bob.command(Command::SetMicrophone(false)).accept("c1");
    assert_eq!(mute_told(&bob), None, "it is not in the call yet");
    bob.accept_counts("c1", 2);
    assert_eq!(mute_told(&bob), Some(true), "before the room is there");
}

// Broken by telling it with the accept only, or a part-A server, which is told of media after the
// accept.
#[test]
fn a_mute_while_it_is_dialled_is_told_to_a_part_b_server() {
    let mut bob = Phone::dialing("c1");
    bob.command(Command::SetMicrophone(false));
    assert_eq!(mute_told(&bob), Some(true));
    let mut bob = Phone::dialing_a("c1");
    bob.command(Command::SetMicrophone(false));
    assert_eq!(mute_told(&bob), None);
}
