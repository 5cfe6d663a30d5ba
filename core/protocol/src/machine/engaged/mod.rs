//! From the accept to the end: connecting, active, and what the server is told meanwhile.

pub(in crate::machine) mod group;
pub(in crate::machine) mod hold;

use crate::end::{EndCause, EndReason};
use crate::id::CallId;
use crate::rest::{PatchParticipant, RejectCall, RejectReason, RejectScope};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, outcome_of};
use crate::machine::interface::event::{Event, Side};
use crate::machine::interface::input::{Answer, MediaSource};
use crate::machine::interface::output::{CommandError, Output, Request};
use crate::machine::request::Purpose;
use crate::machine::state::{Call, Connected, IfAlive, Parting, Phase, Topics};
use crate::machine::timer::{
    CONNECT_MS, LONGEST_CALL_MS, PATCH_GAP_MS, PATIENCE_MS, POLL_ACTIVE_MS, POLL_OUTSIDE_ROOM_MS,
    POLL_RINGING_MS, ROOM_LOST_MS, Timer,
};

impl Machine {
    /// The accept is known: media may begin.
    pub(in crate::machine) fn connecting(&mut self) {
        let part_b = self.speaks_part_b();
        let Some(call) = self.call.as_mut() else {
            return;
        };
        call.phase = Phase::Connecting;
        call.failures = 0;
        call.last_word = None;
        if call.snapshot.is_none() {
            call.room.playable = call.playable_untold();
        }
        // The bound is a part-B server's own: its word comes first.
        let patience = if part_b { PATIENCE_MS } else { 0 };
        call.timings.accepted_ms = Some(self.now);
        let call_id = call.id.clone();
        for timer in [
            Timer::Ring,
            Timer::RingOver,
            Timer::RingingRetry,
            Timer::Accept,
            Timer::AcceptRetry,
            Timer::LastWord,
        ] {
            self.timers.clear(timer);
        }
        self.timers
            .set(Timer::Connect, self.now + CONNECT_MS + patience);
        self.out.push(Output::Event(Event::Connecting { call_id }));
        self.apply();
    }

    /// Both sides are in it.
    pub(in crate::machine) fn become_active(&mut self) {
        let now = self.now;
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if call.phase != Phase::Connecting {
            return;
        }
        let told = call.snapshot.as_ref().map_or(0, |s| s.duration_seconds);
        call.phase = Phase::Active {
            since_ms: now,
            before_ms: told.saturating_mul(1_000),
        };
        call.timings.active_ms = Some(now);
        call.last_word = None;
        let up = call.leg_up().is_some();
        // Who is on the first way there is only late.
        let lost = call.connected != Connected::NotYet || call.room.failures > 0;
        let call_id = call.id.clone();
        self.timers.clear(Timer::Connect);
        self.timers.clear(Timer::LastWord);
        self.timers.set(Timer::LongestCall, now + LONGEST_CALL_MS);
        if !up {
            self.timers.set(Timer::RoomLost, now + ROOM_LOST_MS);
        }
        self.out.push(Output::Event(Event::Active { call_id }));
        if !up && lost {
            self.show_reconnecting(Side::Me, true);
        }
    }

    pub(in crate::machine) fn connect_timed_out(&mut self) {
        if self.may_wait_unheard() {
            self.wait_for_others();
            self.look();
        } else if self.speaks_part_b() {
            let parting = self.away(EndReason::Timeout);
            self.await_last_word(
                EndCause::ConnectDeadline.outcome(),
                Some(parting),
                IfAlive::EndIfAlone,
            );
        } else {
            let parting = self.away(EndReason::Failed);
            self.end_call(
                by_myself(outcome_of(EndReason::Failed), None),
                Some(parting),
            );
        }
    }

    pub(in crate::machine) fn longest_call_reached(&mut self) {
        let parting = self.away(EndReason::Normal);
        self.await_last_word(
            EndCause::LongestCall.outcome(),
            Some(parting),
            IfAlive::EndAnyway,
        );
    }

    /// The one red button. A person's own word: it ends a call of theirs for all who are in it, also
    /// a group ([`Machine::leave`] does not).
    pub(in crate::machine) fn hang_up(&mut self, id: &CallId) -> Result<(), CommandError> {
        let call = self.find(id)?;
        match call.phase {
            Phase::Creating { .. } | Phase::Dialing { .. } => self.cancel(id),
            Phase::Ringing { .. } => self.reject(id, RejectReason::Rejected, RejectScope::Member),
            Phase::Accepting | Phase::Connecting | Phase::Active { .. } => {
                let me = self.config.me.clone();
                self.end_call(
                    by_myself(EndCause::HangUp.outcome(), Some(me)),
                    Some(Parting::End(EndReason::Normal)),
                );
                Ok(())
            }
        }
    }

    /// Signing out with a call: it ends here. A group goes on, and what rings here goes on ringing on
    /// other devices.
    pub(in crate::machine) fn leave_for_good(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if !matches!(call.phase, Phase::Ringing { .. }) {
            let id = call.id.clone();
            // Valid in every phase.
            let _ = self.leave_or_end(&id);
            return;
        }
        let me = self.config.me.clone();
        let parting = if self.speaks_part_b() {
            Parting::Reject(RejectCall {
                reason: RejectReason::Rejected,
                scope: RejectScope::Device,
            })
        } else {
            Parting::Ask
        };
        self.end_call(
            by_myself(EndCause::AllRejected.outcome(), Some(me)),
            Some(parting),
        );
    }

    /// `POST /connected`: once, when the transport is up and the accept is known.
    pub(in crate::machine) fn tell_connected(&mut self) {
        if self.timers.runs(Timer::ConnectedRetry) {
            return;
        }
        let Some(call) = self.call.as_mut() else {
            return;
        };
        if !call.is_accepted() || call.leg_up().is_none() || call.connected != Connected::NotYet {
            return;
        }
        call.connected = Connected::Asked;
        let call_id = call.id.clone();
        self.request(Purpose::Connected, Request::Connected { call_id });
    }

    pub(in crate::machine) fn connected_told(&mut self, answer: Answer) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match answer.result {
            Ok(reply) => {
                call.connected = Connected::Told;
                call.failures = 0;
                self.learn_from_reply(reply);
            }
            Err(failure) if failure.is_for_now() => {
                call.connected = Connected::NotYet;
                self.try_again(Timer::ConnectedRetry, &failure);
            }
            Err(failure) => {
                call.connected = Connected::Told;
                self.learn_from_refusal(failure);
            }
        }
    }

    /// PATCH follows the engine: coalesced, one at a time, four a second. Of a call that is dialled a
    /// part-B server takes what the user has off.
    pub(in crate::machine) fn tell_media(&mut self) {
        if self.timers.runs(Timer::Patch) || self.awaits(Purpose::Patch).is_some() {
            return;
        }
        let now = self.now;
        let part_b = self.speaks_part_b();
        let is_heard = |call: &&Call| match call.phase {
            Phase::Connecting | Phase::Active { .. } => true,
            Phase::Dialing { .. } => part_b,
            Phase::Creating { .. } | Phase::Ringing { .. } | Phase::Accepting => false,
        };
        let Some(call) = self.call.as_deref().filter(is_heard) else {
            return;
        };
        let muted = self.is_on_to_tell(call, MediaSource::Microphone);
        let muted = muted.map(|on| !on);
        let video = self.is_on_to_tell(call, MediaSource::Camera);
        let Some(call) = self.call.as_mut() else {
            return;
        };
        let media = &mut call.media;
        let changed = |now: Option<bool>, told: Option<bool>| now.filter(|now| Some(*now) != told);
        let body = PatchParticipant {
            is_muted: changed(muted, media.told_muted),
            is_video_enabled: changed(video, media.told_video),
            is_speaker_on: changed(media.speaker, media.told_speaker),
        };
        if body == PatchParticipant::default() {
            return;
        }
        if let Some(last) = media.patched_at_ms
            && last + PATCH_GAP_MS > now
        {
            self.timers.set(Timer::Patch, last + PATCH_GAP_MS);
            return;
        }
        media.patched_at_ms = Some(now);
        media.told_muted = body.is_muted.or(media.told_muted);
        media.told_video = body.is_video_enabled.or(media.told_video);
        media.told_speaker = body.is_speaker_on.or(media.told_speaker);
        let call_id = call.id.clone();
        self.request(Purpose::Patch, Request::Patch { call_id, body });
    }

    pub(in crate::machine) fn patch_answered(&mut self, answer: Answer) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match answer.result {
            Ok(reply) => {
                call.failures = 0;
                self.learn_from_reply(reply);
            }
            Err(failure) if failure.is_for_now() => {
                call.media.told_muted = None;
                call.media.told_video = None;
                call.media.told_speaker = None;
                self.try_again(Timer::Patch, &failure);
            }
            Err(failure) => self.learn_from_refusal(failure),
        }
    }

    /// Asks the server now and then where signals, or the presence of this device, may be
    /// missing.
    pub(in crate::machine) fn arm_poll(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let part_b = self.speaks_part_b();
        // Part A tells a caller of an accept on the call's own topics only.
        let deaf = !self.link.is_up() || (!part_b && call.topics != Topics::Subscribed);
        let outside = part_b && call.leg_up().is_none();
        let every = match call.phase {
            Phase::Creating { .. } => None,
            Phase::Active { .. } if outside => Some(POLL_OUTSIDE_ROOM_MS),
            Phase::Active { .. } => deaf.then_some(POLL_ACTIVE_MS),
            Phase::Dialing { .. }
            | Phase::Ringing { .. }
            | Phase::Accepting
            | Phase::Connecting
                if deaf =>
            {
                Some(POLL_RINGING_MS)
            }
            Phase::Dialing { .. } | Phase::Connecting => outside.then_some(POLL_OUTSIDE_ROOM_MS),
            Phase::Ringing { .. } | Phase::Accepting => None,
        };
        match every {
            Some(ms) => self.timers.set_no_later(Timer::Poll, self.now + ms),
            None => self.timers.clear(Timer::Poll),
        }
    }
}
