//! Where a call should sound, and when the proximity sensor is wanted.

use faithcall_protocol::machine::{
    AudioOutput, AudioRoute, Command, MediaSource, RoomEvent, audio_route,
};
use faithcall_protocol::media::CallType;

use crate::kit::*;

const EAR: AudioRoute = AudioRoute {
    output: Some(AudioOutput::Earpiece),
    proximity_sensor: true,
};
const LOUD: AudioRoute = AudioRoute {
    output: Some(AudioOutput::Loudspeaker),
    proximity_sensor: false,
};
const NONE: AudioRoute = AudioRoute {
    output: None,
    proximity_sensor: false,
};

fn route(bob: &Phone) -> AudioRoute {
    audio_route(&bob.machine.state(), true)
}

#[test]
fn a_voice_call_is_at_the_ear_from_the_dialling_on() {
    assert_eq!(route(&Phone::part_b()), NONE);
    assert_eq!(
        route(&Phone::ringing("c1")),
        NONE,
        "a ringtone has its own way"
    );
    assert_eq!(route(&Phone::dialing("c1")), EAR);
    let mut bob = Phone::active("c1");
    assert_eq!(route(&bob), EAR);
    let dark = audio_route(&bob.machine.state(), false);
    assert_eq!(dark.output, EAR.output);
    assert!(!dark.proximity_sensor);
    bob.end("c1");
    assert_eq!(route(&bob), NONE);
}

#[test]
fn a_video_call_is_loud_and_the_users_choice_wins() {
    let mut bob = Phone::part_b();
    bob.call_as("c1", "alice", CallType::Video);
    assert_eq!(route(&bob), LOUD);
    bob.command(Command::SetSpeaker(false));
    let quiet = AudioRoute {
        proximity_sensor: false,
        ..EAR
    };
    assert_eq!(route(&bob), quiet, "somebody looks at the screen");
    bob.command(Command::SetCamera(false));
    assert_eq!(route(&bob), EAR);
    bob.command(Command::SetSpeaker(true));
    assert_eq!(route(&bob), LOUD);
}

#[test]
fn a_picture_of_the_other_makes_it_a_video_call() {
    let mut bob = Phone::active("c1");
    bob.room(RoomEvent::TrackSubscribed {
        identity: "alice".into(),
        source: MediaSource::Camera,
        muted: false,
    });
    assert_eq!(route(&bob), LOUD);
}

#[test]
fn a_held_call_is_silent() {
    let mut bob = Phone::active("c1");
    bob.command(Command::Hold { call_id: id("c1") });
    assert_eq!(route(&bob), NONE);
}
