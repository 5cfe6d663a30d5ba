//! The others' microphones and cameras, as they are shown.

use faithcall_protocol::machine::{Event, MediaSource, RoomEffect, RoomEvent};
use faithcall_protocol::signal::Signal;
use faithcall_protocol::signal::topic::Channel;
use faithcall_protocol::snapshot::InviteeState;

use crate::kit::*;

const MICROPHONE: MediaSource = MediaSource::Microphone;
const CAMERA: MediaSource = MediaSource::Camera;

fn subscribed(identity: &str, source: MediaSource, muted: bool) -> RoomEvent {
    RoomEvent::TrackSubscribed {
        identity: identity.into(),
        source,
        muted,
    }
}

fn changed(member: &str, source: MediaSource, on: bool) -> Event {
    changed_in("c1", member, source, on)
}

fn changed_in(call: &str, member: &str, source: MediaSource, on: bool) -> Event {
    Event::PeerMediaChanged {
        call_id: id(call),
        member: member.parse().unwrap(),
        source,
        on,
    }
}

fn three() -> Snap {
    group("c1", "alice", &["bob", "carol"])
        .stands("bob", InviteeState::Accepted, "phone")
        .stands("carol", InviteeState::Accepted, "tablet")
        .status(faithcall_protocol::end::CallStatus::Active)
}

/// In a group of three in which both others send sound and a picture.
fn in_a_group() -> Phone {
    let mut bob = Phone::active("c1");
    bob.update(three().rev(4).made()).joined("carol");
    for identity in ["alice", "carol"] {
        for source in [MICROPHONE, CAMERA] {
            bob.room(subscribed(identity, source, false));
        }
    }
    bob.events();
    bob
}

#[test]
fn each_track_is_shown_for_itself() {
    let mut bob = in_a_group();
    let muted = |muted| RoomEvent::TrackMuted {
        identity: "alice".into(),
        source: CAMERA,
        muted,
    };
    bob.room(muted(true));
    assert_eq!(bob.events(), [changed("alice", CAMERA, false)]);
    bob.room(muted(false));
    assert_eq!(bob.events(), [changed("alice", CAMERA, true)]);
    bob.room(RoomEvent::TrackUnsubscribed {
        identity: "carol".into(),
        source: MICROPHONE,
    });
    assert_eq!(bob.events(), [changed("carol", MICROPHONE, false)]);
}

#[test]
fn a_track_that_comes_again_takes_the_place_of_the_one_before() {
    for identity in ["alice", "carol"] {
        for source in [MICROPHONE, CAMERA] {
            let mut bob = in_a_group();
            bob.room(subscribed(identity, source, true));
            assert_eq!(bob.events(), [changed(identity, source, false)]);
            bob.room(subscribed(identity, source, false));
            assert_eq!(bob.events(), [changed(identity, source, true)]);
        }
    }
}

#[test]
fn who_has_left_is_played_no_more_though_its_late_tracks_have_an_owner() {
    let mut bob = in_a_group();
    let mut left = three()
        .stands("carol", InviteeState::Left, "tablet")
        .rev(5)
        .made();
    left.participants[2].identity = Some("carol".into());
    bob.update(left);
    let playable = RoomEffect::SetPlayable(vec!["alice".into()]);
    assert_eq!(bob.room_effects().last(), Some(&playable));
}

#[test]
fn the_flags_of_a_part_a_app_count_beside_its_tracks() {
    let mut bob = Phone::connecting_a("s1");
    bob.joined("alice");
    bob.participant_joined("s1", "alice");
    for source in [MICROPHONE, CAMERA] {
        bob.room(subscribed("alice", source, false));
    }
    bob.events();
    let participants = || Channel::Participants(id("s1"));
    let alice = || "alice".parse().unwrap();
    let muted = |is_muted| Signal::ParticipantMuted {
        participant_id: alice(),
        is_muted,
    };
    let video = |is_video_enabled| Signal::ParticipantVideo {
        participant_id: alice(),
        is_video_enabled,
    };
    bob.signal_on(participants(), "s1", video(true)).quiet();
    bob.signal_on(participants(), "s1", muted(true));
    assert_eq!(bob.events(), [changed_in("s1", "alice", MICROPHONE, false)]);
    bob.signal_on(participants(), "s1", muted(false));
    assert_eq!(bob.events(), [changed_in("s1", "alice", MICROPHONE, true)]);
    bob.signal_on(participants(), "s1", video(false));
    assert_eq!(bob.events(), [changed_in("s1", "alice", CAMERA, false)]);
}
