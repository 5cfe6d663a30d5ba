//! Microphones and cameras: what is wanted here, what the engine is told, what the other has on.

use super::Machine;
use super::event::Event;
use super::input::{MediaProblem, MediaSource};
use super::output::{CommandError, Output, RoomEffect};
use super::state::{Call, Leg, MicrophoneEffect};

impl Machine {
    pub(super) fn want_media(&mut self, source: MediaSource, on: bool) -> Result<(), CommandError> {
        let call = self.call.as_mut().ok_or(CommandError::NoSuchCall)?;
        match source {
            MediaSource::Microphone => call.media.microphone = on,
            MediaSource::Camera => call.media.camera = on,
        }
        Ok(())
    }

    /// Tells the engine what has changed. Before the accept there is nothing but silence, and
    /// nobody is played; from the accept on, what the app wants.
    pub(super) fn steer_media(&mut self) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if call.leg_up().is_none() {
            return;
        }
        let accepted = call.is_accepted();
        let Some(leg) = call.room.leg.as_mut() else {
            return;
        };
        let session = leg.session;
        let mut effects = Vec::new();
        if accepted {
            let playable: Vec<String> = call
                .room
                .playable
                .iter()
                .map(|(identity, _)| identity.clone())
                .collect();
            if leg.playable != playable {
                leg.playable.clone_from(&playable);
                effects.push(RoomEffect::SetPlayable(playable));
            }
            let microphone = MicrophoneEffect::Set(call.media.microphone);
            if leg.microphone != microphone {
                leg.microphone = microphone;
                effects.push(RoomEffect::SetMicrophone(call.media.microphone));
            }
            if leg.camera != call.media.camera {
                leg.camera = call.media.camera;
                effects.push(RoomEffect::SetCamera(leg.camera));
            }
        } else if leg.microphone == MicrophoneEffect::None {
            leg.microphone = MicrophoneEffect::Silent;
            effects.push(RoomEffect::PrepareMicrophone);
        }
        for effect in effects {
            self.room_effect(session, effect);
        }
        self.watch_peer_media();
    }

    /// The other's microphone and camera: the room's tracks, of a part-A app also its flags.
    fn watch_peer_media(&mut self) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_accepted()) else {
            return;
        };
        let Some(leg) = call.leg_up() else { return };
        let flags = call.media.peer_flags_count;
        let microphone =
            is_on(call, leg, MediaSource::Microphone) && !(flags && call.media.peer_muted);
        let camera = is_on(call, leg, MediaSource::Camera) && (!flags || call.media.peer_video);
        let changed = [
            (
                MediaSource::Microphone,
                microphone,
                call.media.peer_microphone_on,
            ),
            (MediaSource::Camera, camera, call.media.peer_camera_on),
        ];
        call.media.peer_microphone_on = microphone;
        call.media.peer_camera_on = camera;
        let member = call.peer.member_id.clone();
        for (source, on, was) in changed {
            if on != was {
                self.out.push(Output::Event(Event::PeerMediaChanged {
                    member: member.clone(),
                    source,
                    on,
                }));
            }
        }
    }

    pub(super) fn first_media(&mut self, identity: &str, source: MediaSource) {
        let member = self.call.as_ref().and_then(|call| {
            call.room
                .playable
                .iter()
                .find(|(playable, _)| playable == identity)
                .map(|(_, member)| member.clone())
        });
        if let Some(member) = member {
            self.out
                .push(Output::Event(Event::FirstMedia { member, source }));
        }
    }

    /// The engine did what it was told.
    pub(super) fn media_set(&mut self, source: MediaSource, on: bool) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let known = match source {
            MediaSource::Microphone => &mut call.media.engine_microphone,
            MediaSource::Camera => &mut call.media.engine_camera,
        };
        let was = known.unwrap_or(false);
        *known = Some(on);
        if was != on {
            self.out
                .push(Output::Event(Event::MediaChanged { source, on }));
        }
    }

    pub(super) fn media_failed(&mut self, source: MediaSource, problem: MediaProblem) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match source {
            MediaSource::Microphone => call.media.microphone = false,
            MediaSource::Camera => call.media.camera = false,
        }
        if let Some(leg) = call.room.leg.as_mut() {
            match source {
                MediaSource::Microphone => leg.microphone = MicrophoneEffect::Set(false),
                MediaSource::Camera => leg.camera = false,
            }
        }
        self.media_set(source, false);
        self.out
            .push(Output::Event(Event::MediaFailed { source, problem }));
    }
}

fn is_on(call: &Call, leg: &Leg, source: MediaSource) -> bool {
    leg.tracks.iter().any(|track| {
        track.source == source
            && !track.muted
            && call
                .room
                .playable
                .iter()
                .any(|(identity, _)| *identity == track.identity)
    })
}
