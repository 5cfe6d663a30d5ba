//! Microphones, cameras and what is told of them.

use faithcall_protocol::machine::{
    Command, Event, Failure, MediaProblem, MediaSource, Request, RoomEffect, RoomEvent,
};
use faithcall_protocol::media::CallType;
use faithcall_protocol::rest::PatchParticipant;

use crate::kit::*;

fn microphone(on: bool) -> Command {
    Command::SetMicrophone(on)
}

fn set(source: MediaSource, on: bool) -> RoomEvent {
    RoomEvent::MediaSet { source, on }
}

fn patched(bob: &Phone) -> PatchParticipant {
    match bob.open_request("patch") {
        Request::Patch { body, .. } => *body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn mute_before_the_accept_is_the_wish_for_then() {
    let mut bob = Phone::ringing("c1");
    bob.command(microphone(false)).accept("c1");
    bob.accept_counts("c1", 2);
    bob.room(RoomEvent::Connected);
    assert!(
        bob.room_effects()
            .contains(&RoomEffect::SetMicrophone(false))
    );
    assert!(
        !bob.room_effects()
            .contains(&RoomEffect::SetMicrophone(true))
    );
}

#[test]
fn the_camera_of_a_video_call_opens_at_the_accept_and_not_before() {
    let mut bob = Phone::part_b();
    bob.call_as("c1", "alice", CallType::Video);
    bob.answer("create", created(outgoing("c1").video().made(), true));
    bob.room(RoomEvent::Connected);
    assert!(!bob.room_effects().contains(&RoomEffect::SetCamera(true)));
    bob.update(outgoing("c1").video().rev(2).accepted("tablet"));
    assert!(bob.room_effects().contains(&RoomEffect::SetCamera(true)));
}

#[test]
fn the_server_is_told_what_the_engine_did_and_only_that() {
    let mut bob = Phone::active("c1");
    bob.room(set(MediaSource::Microphone, true));
    assert_eq!(
        bob.events(),
        [Event::MediaChanged {
            call_id: id("c1"),
            source: MediaSource::Microphone,
            on: true
        }]
    );
    assert!(bob.asked().is_empty(), "the server takes it to be on");
    bob.command(microphone(false));
    assert!(bob.asked().is_empty(), "not done yet");
    bob.room(set(MediaSource::Microphone, false));
    assert_eq!(patched(&bob).is_muted, Some(true));
    assert_eq!(patched(&bob).is_video_enabled, None);
}

#[test]
fn changes_are_told_together_and_four_times_a_second_at_most() {
    let mut bob = Phone::active("c1");
    let mut told = 0;
    for turn in 0..40 {
        bob.room(set(MediaSource::Microphone, turn % 2 == 1));
        bob.room(set(MediaSource::Camera, turn % 3 == 1));
        if bob.asked().contains(&"patch") {
            told += 1;
            bob.answer("patch", done());
        }
        bob.pass(50);
    }
    assert!((6..=8).contains(&told), "{told} in 2 s");
}

#[test]
fn a_lost_patch_is_told_again() {
    let mut bob = Phone::active("c1");
    bob.room(set(MediaSource::Microphone, false));
    bob.fail("patch", Failure::NoAnswer);
    bob.pass(2_000);
    assert_eq!(patched(&bob).is_muted, Some(true));
}

// Broken by forgetting what the server was told of it: then it is told with every change.
#[test]
fn the_speaker_is_told_where_it_has_changed_and_again_where_that_was_lost() {
    let mut bob = Phone::active("c1");
    bob.command(Command::SetSpeaker(false));
    assert!(bob.asked().is_empty(), "the server takes it to be off");
    bob.command(Command::SetSpeaker(true));
    assert_eq!(patched(&bob).is_speaker_on, Some(true));
    bob.answer("patch", done()).pass(1_000);
    assert!(bob.asked().is_empty(), "it knows");
    bob.room(set(MediaSource::Microphone, false));
    assert_eq!(patched(&bob).is_speaker_on, None);
    bob.fail("patch", Failure::NoAnswer).pass(2_000);
    assert_eq!(patched(&bob).is_speaker_on, Some(true), "nobody knows");
}

#[test]
fn a_microphone_that_cannot_be_used_is_off_and_named() {
    let mut bob = Phone::active("c1");
    bob.room(set(MediaSource::Microphone, true)).events();
    bob.room(RoomEvent::MediaFailed {
        source: MediaSource::Microphone,
        problem: MediaProblem::NotAllowed,
    });
    assert_eq!(
        bob.events(),
        [
            Event::MediaChanged {
                call_id: id("c1"),
                source: MediaSource::Microphone,
                on: false
            },
            Event::MediaFailed {
                call_id: id("c1"),
                source: MediaSource::Microphone,
                problem: MediaProblem::NotAllowed
            }
        ]
    );
    bob.command(microphone(true));
    assert_eq!(
        bob.room_effects().last(),
        Some(&RoomEffect::SetMicrophone(true))
    );
}

#[test]
fn the_others_tracks_are_its_microphone_and_camera() {
    let mut bob = Phone::active("c1");
    let told = |source, on| Event::PeerMediaChanged {
        call_id: id("c1"),
        member: "alice".parse().unwrap(),
        source,
        on,
    };
    let identity = || "alice".to_owned();
    bob.room(RoomEvent::TrackSubscribed {
        identity: identity(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.room(RoomEvent::TrackMuted {
        identity: identity(),
        source: MediaSource::Microphone,
        muted: true,
    });
    bob.room(RoomEvent::TrackSubscribed {
        identity: identity(),
        source: MediaSource::Camera,
        muted: false,
    });
    bob.room(RoomEvent::TrackUnsubscribed {
        identity: identity(),
        source: MediaSource::Camera,
    });
    assert_eq!(
        bob.events(),
        [
            told(MediaSource::Microphone, true),
            told(MediaSource::Microphone, false),
            told(MediaSource::Camera, true),
            told(MediaSource::Camera, false)
        ]
    );
}

#[test]
fn somebody_who_is_not_of_the_call_is_neither_played_nor_told() {
    let mut bob = Phone::active("c1");
    bob.joined("mallory");
    bob.room(RoomEvent::TrackSubscribed {
        identity: "mallory".into(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.room(RoomEvent::FirstAudio {
        identity: "mallory".into(),
    });
    bob.quiet();
    let playable: Vec<_> = bob
        .room_effects()
        .into_iter()
        .filter(|e| matches!(e, RoomEffect::SetPlayable(_)))
        .collect();
    assert_eq!(playable, [RoomEffect::SetPlayable(vec!["alice".into()])]);
    let heard = |bob: &Phone| bob.machine.state().call.unwrap().timings.first_audio_ms;
    assert_eq!(heard(&bob), None);
    bob.room(RoomEvent::FirstAudio {
        identity: "alice".into(),
    });
    assert!(matches!(bob.events()[..], [Event::FirstMedia { .. }]));
    let first = heard(&bob);
    assert!(first.is_some());
    bob.pass(1_000);
    bob.room(RoomEvent::FirstAudio {
        identity: "alice".into(),
    });
    assert_eq!(heard(&bob), first, "the first one counts");
}

#[test]
fn a_part_a_app_on_a_part_b_server_mutes_by_its_flag() {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(2).accepted(""));
    bob.answer("token", token());
    bob.room(RoomEvent::Connected);
    bob.room(RoomEvent::TrackSubscribed {
        identity: "alice".into(),
        source: MediaSource::Microphone,
        muted: false,
    });
    bob.events();
    let mut muted = outgoing("c1").rev(3).accepted("");
    muted.participants[1].participant.flags.is_muted = true;
    bob.update(muted);
    assert!(matches!(
        bob.events()[..],
        [Event::PeerMediaChanged { on: false, .. }]
    ));
}

/// Whether the microphone is to be told as muted, where anything is told.
fn told_muted(bob: &Phone) -> Option<bool> {
    let is_told = bob.asked().contains(&"patch");
    is_told.then(|| patched(bob).is_muted).flatten()
}

fn talking_with(peers_device: &str) -> Phone {
    let mut bob = Phone::dialing("c1");
    bob.update(outgoing("c1").rev(2).accepted(peers_device));
    bob.answer("token", token()).room(RoomEvent::Connected);
    bob.answer("connected", done());
    bob.update(outgoing("c1").rev(3).active(peers_device));
    bob.room(set(MediaSource::Microphone, true));
    bob
}

fn holds(bob: &mut Phone) {
    bob.command(Command::Hold { call_id: id("c1") });
    bob.room(set(MediaSource::Microphone, false))
        .answer("hold", done());
}

fn resumes(bob: &mut Phone) {
    bob.command(Command::Resume { call_id: id("c1") });
    bob.answer("hold", done());
}

// Broken by telling it: a rejoin takes what was told to be muted for what the user wants, and the
// microphone stayed off when the call was resumed.
#[test]
fn a_hold_is_not_told_as_a_mute() {
    let mut bob = talking_with("tablet");
    holds(&mut bob);
    assert_eq!(told_muted(&bob), None);
    resumes(&mut bob);
    assert_eq!(told_muted(&bob), None, "it is about to go on");
    bob.room(set(MediaSource::Microphone, true));
    assert_eq!(told_muted(&bob), None);
}

// Broken by telling nothing of a held call's microphone.
#[test]
fn what_the_user_wants_of_a_held_call_is_told() {
    let mut bob = talking_with("tablet");
    holds(&mut bob);
    for on in [false, true] {
        bob.command(microphone(on));
        assert_eq!(told_muted(&bob), Some(!on));
        bob.answer("patch", done()).pass(1_000);
    }
    // What was muted before the hold stays so.
    let mut bob = talking_with("tablet");
    bob.command(microphone(false))
        .room(set(MediaSource::Microphone, false));
    bob.answer("patch", done()).pass(1_000);
    holds(&mut bob);
    assert_eq!(told_muted(&bob), None);
    resumes(&mut bob);
    assert_eq!(told_muted(&bob), None);
}

// Broken by taking everybody for one who is told of holds.
#[test]
fn a_part_a_app_is_told_of_a_hold_as_of_a_mute() {
    let mut bob = talking_with("");
    holds(&mut bob);
    assert_eq!(told_muted(&bob), Some(true));
    let mut bob = Phone::connecting_a("c1");
    bob.room(set(MediaSource::Microphone, true));
    bob.command(Command::Hold { call_id: id("c1") });
    bob.room(set(MediaSource::Microphone, false));
    assert_eq!(told_muted(&bob), Some(true));
}
