//! Microphones and cameras: what is wanted here, what the engine is told, what the other has on.

use crate::id::MemberId;

use super::Machine;
use super::event::Event;
use super::input::{MediaProblem, MediaSource};
use super::output::{CommandError, Output, RoomEffect};
use super::state::{Leg, MicrophoneEffect};

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
            let held = call.hold.wanted;
            let playable: Vec<String> = call
                .room
                .playable
                .iter()
                .filter(|_| !held)
                .map(|(identity, _)| identity.clone())
                .collect();
            if leg.playable != playable {
                leg.playable.clone_from(&playable);
                effects.push(RoomEffect::SetPlayable(playable));
            }
            let wanted = call.media.microphone && !held;
            let microphone = MicrophoneEffect::Set(wanted);
            if leg.microphone != microphone {
                leg.microphone = microphone;
                effects.push(RoomEffect::SetMicrophone(wanted));
            }
            let wanted = call.media.camera && !held;
            if leg.camera != wanted {
                leg.camera = wanted;
                effects.push(RoomEffect::SetCamera(leg.camera));
            }
        } else if leg.microphone == MicrophoneEffect::None {
            leg.microphone = MicrophoneEffect::Silent;
            effects.push(RoomEffect::PrepareMicrophone);
        }
        for effect in effects {
            self.room_effect(session, effect);
        }
        self.watch_others_media();
    }

    /// A held call has neither microphone nor camera.
    pub(super) fn release_media(&mut self) {
        if self.call.as_ref().is_some_and(|call| call.hold.wanted) {
            self.steer_media();
        }
    }

    /// The others' microphones and cameras: the room's tracks, of a part-A app also its flags.
    fn watch_others_media(&mut self) {
        let Some(call) = self.call.as_mut().filter(|call| call.is_accepted()) else {
            return;
        };
        let Some(leg) = call.room.leg.as_ref() else {
            return;
        };
        let playable = &call.room.playable;
        for other in &mut call.others {
            let member = &other.who.member_id;
            let microphone = is_on(leg, playable, member, MediaSource::Microphone)
                && !(other.flags_count && other.told_muted);
            let camera = is_on(leg, playable, member, MediaSource::Camera)
                && (!other.flags_count || other.told_video);
            let changed = [
                (MediaSource::Microphone, microphone, other.microphone),
                (MediaSource::Camera, camera, other.camera),
            ];
            other.microphone = microphone;
            other.camera = camera;
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
    }

    pub(super) fn first_media(&mut self, identity: &str, source: MediaSource) {
        let now = self.now;
        let member = self.call.as_mut().and_then(|call| {
            let first = match source {
                MediaSource::Microphone => &mut call.timings.first_audio_ms,
                MediaSource::Camera => &mut call.timings.first_frame_ms,
            };
            first.get_or_insert(now);
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

fn is_on(
    leg: &Leg,
    playable: &[(String, MemberId)],
    member: &MemberId,
    source: MediaSource,
) -> bool {
    leg.tracks.iter().any(|track| {
        track.source == source
            && !track.muted
            && playable
                .iter()
                .any(|(identity, whose)| whose == member && *identity == track.identity)
    })
}
