//! This device's microphone, camera and picture: what the engine is told, and what it says.

pub(in crate::machine) mod others;
pub(in crate::machine) mod own;

use crate::id::MemberId;
use crate::quality::Picture;

use crate::machine::Machine;
use crate::machine::interface::event::Event;
use crate::machine::interface::input::{MediaProblem, MediaSource};
use crate::machine::interface::output::{CommandError, Output, RoomEffect};
use crate::machine::state::{Call, Leg, MicrophoneEffect, Phase, RoomSide, Transport};

impl Machine {
    /// Turning something on also tries again what stood in its way, for not every system tells
    /// when that is gone.
    pub(in crate::machine) fn want_media(
        &mut self,
        source: MediaSource,
        on: bool,
    ) -> Result<(), CommandError> {
        let call = self.call.as_mut().ok_or(CommandError::NoSuchCall)?;
        let own = call.media.own_mut(source);
        own.wanted = on;
        own.unavailable = false;
        if on {
            self.system.interrupted = false;
            self.system.is_allowed(source);
        } else if source == MediaSource::Camera {
            self.forget_picture();
        }
        Ok(())
    }

    pub(in crate::machine) fn want_speaker(&mut self, on: bool) -> Result<(), CommandError> {
        let call = self.call.as_mut().ok_or(CommandError::NoSuchCall)?;
        call.media.speaker = Some(on);
        Ok(())
    }

    /// Tells the engine what has changed. Before the accept there is nothing but silence, and
    /// nobody is played; from the accept on, what is wanted and possible.
    pub(in crate::machine) fn steer_media(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let microphone = self.why_off(call, MediaSource::Microphone).is_none();
        let camera = self.why_off(call, MediaSource::Camera).is_none();
        let microphone_free = self.is_free(call, MediaSource::Microphone);
        let camera_free = self.is_free(call, MediaSource::Camera);
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let (accepted, may_play) = (call.is_accepted(), call.may_play());
        let statistics = matches!(call.phase, Phase::Active { .. }) && !call.hold.wanted;
        let picture = call.connection.picture();
        let RoomSide { leg, playable, .. } = &mut call.room;
        let Some(leg) = leg.as_mut() else {
            return;
        };
        let playable = if may_play { playable.as_slice() } else { &[] };
        let mut effects = Vec::new();
        match (leg.transport, accepted) {
            (Transport::Joining, _) | (Transport::Resuming, false) => return,
            // Going off does not wait for the way back.
            (Transport::Resuming, true) => leg.turn_off(microphone, camera, &mut effects),
            (Transport::Up, true) => {
                leg.play(playable, &mut effects);
                leg.turn_off(microphone, camera, &mut effects);
                let (microphone, camera) = (microphone && microphone_free, camera && camera_free);
                leg.turn_on(microphone, camera, picture, &mut effects);
                leg.watch(statistics, &mut effects);
            }
            (Transport::Up, false) => leg.prepare(&mut effects),
        }
        let session = leg.session;
        for effect in effects {
            self.room_effect(session, effect);
        }
        self.watch_others_media();
    }

    /// No other call has the device's microphone or camera open, nor may still open it: each room
    /// carries out its effects in its own time, and who is held must not hear the other call.
    fn is_free(&self, call: &Call, source: MediaSource) -> bool {
        let mut others = self.calls().filter(|other| other.id != call.id);
        !others.any(|other| {
            let leg = other.room.leg.as_ref();
            let is_changing = leg.is_some_and(|leg| leg.awaits_answer(source));
            is_changing || other.media.own(source).engine == Some(true)
        })
    }

    /// A held call has neither microphone nor camera.
    pub(in crate::machine) fn release_media(&mut self) {
        if self.call.as_ref().is_some_and(|call| call.hold.wanted) {
            self.steer_media();
        }
    }

    /// The engine did what it was told.
    pub(in crate::machine) fn media_set(&mut self, source: MediaSource, on: bool) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if let Some(leg) = call.room.leg.as_mut()
            && leg.is_newest_answer(source)
        {
            leg.asked_before.remove(&source);
        }
        self.media_is(source, on);
    }

    /// It could not be carried out, and is off. What the user wants stays what it was.
    pub(in crate::machine) fn media_failed(&mut self, source: MediaSource, problem: MediaProblem) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Some(leg) = call.room.leg.as_mut() else {
            return;
        };
        // Where the engine was told something else meanwhile, the answer to that counts.
        if leg.is_newest_answer(source) {
            let was_to_be_on = leg.is_told_on(source);
            let asked_before = leg.asked_before.remove(&source);
            leg.note(source, false);
            match problem {
                MediaProblem::NotAllowed => {
                    self.system.refused.insert(source);
                }
                MediaProblem::Unavailable => {
                    call.media.own_mut(source).unavailable = was_to_be_on && !asked_before;
                }
            }
        }
        let call_id = call.id.clone();
        self.media_is(source, false);
        self.out.push(Output::Event(Event::MediaFailed {
            call_id,
            source,
            problem,
        }));
    }

    /// Nothing is sent without a session; what is wanted is on again in the next one.
    pub(in crate::machine) fn session_is_over(&mut self) {
        for source in [MediaSource::Microphone, MediaSource::Camera] {
            let Some(call) = self.call.as_mut() else {
                return;
            };
            if call.media.own_mut(source).engine.take() == Some(true) {
                self.out.push(Output::Event(Event::MediaChanged {
                    call_id: call.id.clone(),
                    source,
                    on: false,
                }));
            }
        }
    }

    fn media_is(&mut self, source: MediaSource, on: bool) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let was = call.media.own_mut(source).engine.replace(on);
        if was.unwrap_or(false) != on {
            self.out.push(Output::Event(Event::MediaChanged {
                call_id: call.id.clone(),
                source,
                on,
            }));
        }
    }
}

/// What the engine is told, where it was told something else last.
impl Leg {
    fn prepare(&mut self, effects: &mut Vec<RoomEffect>) {
        if self.microphone == MicrophoneEffect::None {
            self.microphone = MicrophoneEffect::Silent;
            effects.push(RoomEffect::PrepareMicrophone);
        }
    }

    fn play(&mut self, playable: &[(String, MemberId)], effects: &mut Vec<RoomEffect>) {
        let identities = || playable.iter().map(|(identity, _)| identity);
        if !identities().eq(&self.playable) {
            self.playable = identities().cloned().collect();
            effects.push(RoomEffect::SetPlayable(self.playable.clone()));
        }
    }

    fn turn_off(&mut self, microphone: bool, camera: bool, effects: &mut Vec<RoomEffect>) {
        if !microphone && self.microphone != MicrophoneEffect::Set(false) {
            self.tell(MediaSource::Microphone, false, effects);
        }
        if !camera && self.camera {
            self.tell(MediaSource::Camera, false, effects);
        }
    }

    fn turn_on(
        &mut self,
        microphone: bool,
        camera: bool,
        picture: Picture,
        effects: &mut Vec<RoomEffect>,
    ) {
        if microphone && !self.is_told_on(MediaSource::Microphone) {
            self.tell(MediaSource::Microphone, true, effects);
        }
        if picture != Picture::Off && self.picture != picture {
            self.picture = picture;
            effects.push(RoomEffect::SetPicture(picture));
        }
        if camera && !self.camera {
            self.tell(MediaSource::Camera, true, effects);
        }
    }

    fn watch(&mut self, statistics: bool, effects: &mut Vec<RoomEffect>) {
        if self.statistics != statistics {
            self.statistics = statistics;
            effects.push(RoomEffect::WatchStatistics(statistics));
        }
    }

    fn tell(&mut self, source: MediaSource, on: bool, effects: &mut Vec<RoomEffect>) {
        self.note(source, on);
        self.asked_before.remove(&source);
        *self.open(source) += 1;
        effects.push(match source {
            MediaSource::Microphone => RoomEffect::SetMicrophone(on),
            MediaSource::Camera => RoomEffect::SetCamera(on),
        });
    }

    fn open(&mut self, source: MediaSource) -> &mut u32 {
        match source {
            MediaSource::Microphone => &mut self.open_microphone,
            MediaSource::Camera => &mut self.open_camera,
        }
    }

    /// It was told to be on, and has answered: whatever it is now, it is not on its way.
    pub(in crate::machine) fn has_been_on(&self, source: MediaSource) -> bool {
        self.is_told_on(source) && !self.awaits_answer(source)
    }

    fn awaits_answer(&self, source: MediaSource) -> bool {
        let open = match source {
            MediaSource::Microphone => self.open_microphone,
            MediaSource::Camera => self.open_camera,
        };
        open > 0
    }

    /// Takes one answer; `true` where none is to come any more.
    fn is_newest_answer(&mut self, source: MediaSource) -> bool {
        let open = self.open(source);
        *open = open.saturating_sub(1);
        *open == 0
    }

    pub(in crate::machine) fn is_found_again(&mut self) {
        for source in [MediaSource::Microphone, MediaSource::Camera] {
            if self.awaits_answer(source) {
                self.asked_before.insert(source);
            }
        }
    }

    fn is_told_on(&self, source: MediaSource) -> bool {
        match source {
            MediaSource::Microphone => self.microphone == MicrophoneEffect::Set(true),
            MediaSource::Camera => self.camera,
        }
    }

    fn note(&mut self, source: MediaSource, on: bool) {
        match source {
            MediaSource::Microphone => self.microphone = MicrophoneEffect::Set(on),
            MediaSource::Camera => self.camera = on,
        }
    }
}
