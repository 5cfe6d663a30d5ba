//! This device in the room: when it joins, what it does when the room is lost or closes.

pub(in crate::machine) mod connection;
pub(in crate::machine) mod presence;

use std::collections::{BTreeMap, BTreeSet};

use crate::end::EndReason;
use crate::quality::Picture;
use crate::rest::RoomAccess;

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, outcome_of};
use crate::machine::interface::event::Side;
use crate::machine::interface::input::{
    Answer, DisconnectReason, Failure, MediaSource, Reply, RoomEvent,
};
use crate::machine::interface::output::{Effect, Output, Request, RoomEffect, SessionId};
use crate::machine::request::Purpose;
use crate::machine::state::{IfAlive, Leg, MicrophoneEffect, Phase, Track, Transport};
use crate::machine::timer::{ROOM_LOST_MS, Timer};

impl Machine {
    pub(in crate::machine) fn room_effect(&mut self, session: SessionId, effect: RoomEffect) {
        self.out
            .push(Output::Effect(Effect::Room { session, effect }));
    }

    /// Joins while it rings, with a token that lets nothing through yet.
    pub(in crate::machine) fn join_ahead(&mut self, access: RoomAccess) {
        let joined = self
            .call
            .as_ref()
            .is_none_or(|call| call.room.leg.is_some() || call.is_group);
        if self.config.join_ahead && !joined {
            self.connect(access);
        }
    }

    fn connect(&mut self, access: RoomAccess) {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.begin_session();
        call.room.leg = Some(Leg {
            session,
            transport: Transport::Joining,
            present: BTreeMap::new(),
            left: Vec::new(),
            tracks: Vec::new(),
            microphone: MicrophoneEffect::None,
            camera: false,
            open_microphone: 0,
            open_camera: 0,
            asked_before: BTreeSet::new(),
            picture: Picture::Full,
            statistics: false,
            playable: Vec::new(),
        });
        self.room_effect(
            session,
            RoomEffect::Connect {
                url: access.livekit_url,
                token: access.livekit_token,
            },
        );
    }

    /// Sees to it that an accepted call has a room: with the token at hand, else with a fresh
    /// one.
    pub(in crate::machine) fn join_room(&mut self) {
        if self.timers.runs(Timer::Rejoin) || self.awaits(Purpose::Token).is_some() {
            return;
        }
        let part_b = self.speaks_part_b();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if part_b && call.leg_up().is_some() {
            // A rejoin may be long after the accept: its token may have expired by then.
            call.room.access = None;
        }
        if !call.is_accepted() || call.room.leg.is_some() || call.last_word.is_some() {
            return;
        }
        let access = if part_b {
            call.room.access.take()
        } else {
            call.room.access.clone()
        };
        let call_id = call.id.clone();
        match access {
            Some(access) => self.connect(access),
            None if part_b => {
                self.request(Purpose::Token, Request::Token { call_id });
            }
            // Part A: a call whose create was lost has no token, and there is no way to one.
            None => {
                let parting = self.away(EndReason::Failed);
                self.end_call(
                    by_myself(outcome_of(EndReason::Failed), None),
                    Some(parting),
                );
            }
        }
    }

    pub(in crate::machine) fn token_brought(&mut self, answer: Answer) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match answer.result {
            Ok(Reply::Token(response)) => call.room.access = Some(response.access),
            Ok(_) => self.rejoin_later(&Failure::NoAnswer),
            Err(failure) if failure.is_for_now() => self.rejoin_later(&failure),
            Err(failure) => {
                self.rejoin_later(&failure);
                self.learn_from_refusal(failure);
            }
        }
    }

    fn rejoin_later(&mut self, failure: &Failure) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.room.failures += 1;
        let failures = call.room.failures;
        let at = self.retry_at(failures, failure);
        self.timers.set(Timer::Rejoin, at);
        self.room_is_lost();
    }

    pub(in crate::machine) fn room_event(&mut self, session: SessionId, event: RoomEvent) {
        let now = self.now;
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let Some(leg) = call.room.leg.as_mut().filter(|leg| leg.session == session) else {
            return;
        };
        match event {
            RoomEvent::Connected => {
                leg.transport = Transport::Up;
                call.room.failures = 0;
                call.timings.joined_ms.get_or_insert(now);
                self.room_is_back();
            }
            RoomEvent::Reconnected => {
                leg.transport = Transport::Up;
                leg.is_found_again();
                call.media.try_again();
                self.room_is_back();
                // Somebody may have left meanwhile, and the call with them.
                self.look();
            }
            RoomEvent::Reconnecting => {
                leg.transport = Transport::Resuming;
                self.room_is_lost();
            }
            RoomEvent::ConnectFailed => {
                call.room.leg = None;
                self.rejoin_later(&Failure::NoAnswer);
            }
            RoomEvent::Disconnected { reason } => {
                call.room.leg = None;
                self.session_is_over();
                match reason {
                    DisconnectReason::Lost => self.room_is_lost(),
                    DisconnectReason::RoomDeleted | DisconnectReason::Removed => {
                        self.room_closed();
                    }
                }
            }
            RoomEvent::ParticipantJoined { identity, sid } => leg.came(identity, sid),
            RoomEvent::ParticipantLeft {
                identity,
                sid,
                deliberate,
            } => leg.went(identity, sid.as_ref(), deliberate),
            RoomEvent::TrackSubscribed {
                identity,
                source,
                muted,
            } => leg.track_came(Track {
                identity,
                source,
                muted,
            }),
            RoomEvent::TrackUnsubscribed { identity, source } => leg.track_went(&identity, source),
            RoomEvent::TrackMuted {
                identity,
                source,
                muted,
            } => leg.track_is(&identity, source, muted),
            RoomEvent::FirstAudio { identity } => {
                self.first_media(&identity, MediaSource::Microphone);
            }
            RoomEvent::FirstVideo { identity } => {
                self.first_media(&identity, MediaSource::Camera);
            }
            RoomEvent::Statistics(statistics) => self.count(&statistics),
            RoomEvent::Connection { identity, word } => self.server_word(identity.as_deref(), word),
            RoomEvent::MediaSet { source, on } => self.media_set(source, on),
            RoomEvent::MediaFailed { source, problem } => self.media_failed(source, problem),
        }
    }

    fn room_is_back(&mut self) {
        self.timers.clear(Timer::RoomLost);
        self.timers.clear(Timer::Rejoin);
        self.show_reconnecting(Side::Me, false);
    }

    /// Before the accept it does not matter; while connecting, that has its own bound.
    fn room_is_lost(&mut self) {
        let active = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Active { .. }));
        if active {
            self.timers
                .set_no_later(Timer::RoomLost, self.now + ROOM_LOST_MS);
            self.show_reconnecting(Side::Me, true);
        }
    }

    pub(in crate::machine) fn room_stays_lost(&mut self) {
        let parting = self.away(EndReason::NetworkError);
        self.end_call(
            by_myself(outcome_of(EndReason::NetworkError), None),
            Some(parting),
        );
    }

    /// The room was deleted, or this device removed from it.
    fn room_closed(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let guess = match call.phase {
            // A waiting device goes on ringing; a tap that lost is told by its answer.
            Phase::Creating { .. } | Phase::Ringing { .. } | Phase::Accepting => return,
            Phase::Dialing { .. } => self.guess(),
            Phase::Connecting | Phase::Active { .. } => outcome_of(EndReason::Normal),
        };
        self.await_last_word(guess, None, IfAlive::GoOn);
        self.room_is_lost();
    }
}

/// Who and what is in the room.
impl Leg {
    fn came(&mut self, identity: String, sid: Option<String>) {
        self.left.retain(|other| *other != identity);
        self.present.insert(identity, sid);
    }

    fn went(&mut self, identity: String, sid: Option<&String>, deliberate: bool) {
        let present = self.present.get(&identity).and_then(Option::as_ref);
        if sid.zip(present).is_some_and(|(left, now)| left != now) {
            // The end of an earlier stay, told late.
            return;
        }
        self.present.remove(&identity);
        self.tracks.retain(|track| track.identity != identity);
        // Who hangs up leaves the room too, often before the server's word comes: that is no lost
        // connection.
        if !deliberate && !self.left.contains(&identity) {
            self.left.push(identity);
        }
    }

    fn track_came(&mut self, track: Track) {
        self.track_went(&track.identity, track.source);
        self.tracks.push(track);
    }

    fn track_went(&mut self, identity: &str, source: MediaSource) {
        self.tracks
            .retain(|track| track.identity != identity || track.source != source);
    }

    fn track_is(&mut self, identity: &str, source: MediaSource, muted: bool) {
        for track in &mut self.tracks {
            if track.identity == identity && track.source == source {
                track.muted = muted;
            }
        }
    }
}
