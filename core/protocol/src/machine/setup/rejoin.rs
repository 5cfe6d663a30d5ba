//! A call that an earlier process of this app was in, on this very device: the app may come back
//! into it; what it does not take is ended at the server, a group left.

use crate::end::{CallStatus, EndCause, EndReason};
use crate::id::{CallId, MemberId};
use crate::rest::{SyncCall, SyncResponse};
use crate::snapshot::{CallSnapshot, Role};

use crate::machine::Machine;
use crate::machine::ending::over::by_myself;
use crate::machine::interface::event::{Event, Peer};
use crate::machine::interface::input::{Answer, Reply};
use crate::machine::interface::output::{CommandError, Output, Request};
use crate::machine::interface::view::Rejoinable;
use crate::machine::request::Purpose;
use crate::machine::state::{Call, Parting, Phase};
use crate::machine::timer::{REJOIN_OFFER_MS, RING_MS, Timer};

/// The call on offer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Leftover {
    /// The newest there is.
    snapshot: CallSnapshot,
    /// When that came.
    heard_ms: u64,
    until_ms: u64,
    ring_until_ms: u64,
    /// How often in a row it was asked for in vain.
    pub(in crate::machine) failures: u32,
}

impl Machine {
    /// The server has this device in this call: unless that is known here, it is offered to the
    /// app, for a while. There is one at most: a further one is cleared away.
    pub(in crate::machine) fn offer_rejoin(&mut self, call: SyncCall) {
        let id = &call.snapshot.call_id;
        if self.calls().any(|call| call.is(id)) || !self.over.may_be_rejoined(id) {
            return;
        }
        match &self.leftover {
            Some(known) if known.snapshot.call_id == *id => return,
            Some(_) => {
                self.clear_away(&call.snapshot);
                return;
            }
            None => {}
        }
        // It may have rung: that was not its end.
        self.over.forget(id);
        self.last.take_if(|last| last.call_id == *id);
        let until_ms = self.now + REJOIN_OFFER_MS;
        self.timers.set(Timer::RejoinOffer, until_ms);
        let leftover = Leftover {
            snapshot: call.snapshot,
            heard_ms: self.now,
            until_ms,
            ring_until_ms: self.now + call.ring_expires_in_ms.min(RING_MS),
            failures: 0,
        };
        self.out.push(Output::Event(Event::Rejoinable(
            leftover.shown(&self.config.me),
        )));
        self.leftover = Some(Box::new(leftover));
        self.ask_for_leftover();
    }

    /// An authenticated request about the call keeps this device in it for the time.
    pub(in crate::machine) fn ask_for_leftover(&mut self) {
        if let Some(leftover) = &self.leftover {
            let call_id = leftover.snapshot.call_id.clone();
            self.request(Purpose::Leftover, Request::Get { call_id });
        }
    }

    /// What rings here is a call that this device is in, from before its process began: a push or
    /// an invite was late. Nobody calls, and nothing of it is told to the server.
    pub(in crate::machine) fn offer_what_rings(&mut self, snapshot: &CallSnapshot) {
        if self.leftover.is_some() {
            // One is offered at most.
            let parting = Parting::out_of(snapshot.is_group, EndReason::NetworkError);
            self.end_call(by_myself(EndCause::Gone.outcome(), None), Some(parting));
            return;
        }
        if self.take_down().is_none() {
            return;
        }
        self.requests.forget_call(self.lines.focus());
        let call = SyncCall {
            snapshot: snapshot.clone(),
            ring_expires_in_ms: 0,
        };
        self.on_line(None, |m| m.offer_rejoin(call));
    }

    pub(in crate::machine) fn rejoin(&mut self, id: &CallId) -> Result<(), CommandError> {
        if !self.offers(id) {
            return Err(CommandError::NoSuchCall);
        }
        if let Some(other) = self.engaged() {
            return Err(CommandError::AlreadyInCall(other.id.clone()));
        }
        let Some(leftover) = self.take_leftover() else {
            return Err(CommandError::NoSuchCall);
        };
        let (role, peer) = leftover.sides(&self.config.me);
        let mut snapshot = leftover.snapshot;
        if snapshot.status == CallStatus::Active {
            let since = self.now.saturating_sub(leftover.heard_ms) / 1_000;
            snapshot.duration_seconds = snapshot.duration_seconds.saturating_add(since);
        }
        let rings = snapshot.accepted_at.is_none();
        let phase = Phase::Dialing {
            remote_ringing: false,
        };
        let mut call = Call::new(
            snapshot.call_id.clone(),
            role,
            peer,
            snapshot.call_type,
            phase,
        );
        call.known_after = self.requests.newest();
        let mine = snapshot.participant(&self.config.me);
        // One that still rings over there cannot be held.
        let is_held = !rings && mine.is_some_and(|mine| mine.is_on_hold);
        if let Some(mine) = mine {
            call.media.take_over(mine.participant.flags);
        }
        self.open_line(call);
        // An accepted one is connecting with the snapshot.
        if rings {
            let ring_ms = leftover.ring_until_ms.saturating_sub(self.now);
            self.bound_ring_over_there(ring_ms);
            self.out.push(Output::Event(Event::Placed {
                call_id: snapshot.call_id.clone(),
            }));
        }
        self.learn(snapshot);
        // Who held it speaks again by a command only.
        self.want_hold(is_held);
        // What has happened since the offer.
        self.look();
        Ok(())
    }

    /// The app does not want it back, or did not say so in time: what is left of it is cleared
    /// away at the server.
    pub(in crate::machine) fn give_up_leftover(&mut self) {
        if let Some(leftover) = self.take_leftover() {
            self.no_longer_rejoinable(&leftover.snapshot.call_id);
            self.clear_away(&leftover.snapshot);
        }
    }

    /// News of the call on offer: this device is still in it. Whether somebody has accepted, and
    /// whether it is a group, decides how it is taken up or cleared away.
    pub(in crate::machine) fn refresh_leftover(&mut self, snapshot: &CallSnapshot) {
        let known = self.leftover.as_mut();
        let known = known.filter(|known| known.snapshot.call_id == snapshot.call_id);
        if let Some(known) = known.filter(|known| known.snapshot.rev < snapshot.rev) {
            known.snapshot.clone_from(snapshot);
            known.heard_ms = self.now;
        }
    }

    /// News of the call on offer: it is over, or has gone to another device.
    pub(in crate::machine) fn withdraw_leftover(&mut self, id: &CallId) {
        if self.offers(id) {
            self.take_leftover();
            self.no_longer_rejoinable(id);
        }
    }

    /// The server no longer has the call on offer.
    pub(in crate::machine) fn miss_leftover_in(&mut self, response: &SyncResponse) {
        let Some(known) = self.leftover.as_ref().map(|leftover| &leftover.snapshot) else {
            return;
        };
        let mut calls = response.calls.iter();
        if !calls.any(|call| call.snapshot.call_id == known.call_id) {
            let id = known.call_id.clone();
            self.over.note_part(known, &self.config.me);
            self.withdraw_leftover(&id);
        }
    }

    pub(in crate::machine) fn leftover_answered(&mut self, answer: Answer) {
        match answer.result {
            Ok(Reply::Snapshot(told)) => self.learn(told.snapshot),
            Ok(_) => {}
            Err(failure) => {
                let leftover = self.leftover.as_mut().filter(|_| failure.is_for_now());
                if let Some(leftover) = leftover {
                    leftover.failures += 1;
                    let failures = leftover.failures;
                    let at = self.retry_at(failures, &failure);
                    self.timers.set(Timer::LeftoverRetry, at);
                }
            }
        }
    }

    /// It is on offer no more.
    fn take_leftover(&mut self) -> Option<Box<Leftover>> {
        self.timers.clear(Timer::RejoinOffer);
        self.timers.clear(Timer::LeftoverRetry);
        self.leftover.take()
    }

    pub(in crate::machine) fn offers(&self, id: &CallId) -> bool {
        self.on_offer(id).is_some()
    }

    /// What is on offer, as far as it is known.
    pub(in crate::machine) fn on_offer(&self, id: &CallId) -> Option<&CallSnapshot> {
        let snapshot = self.leftover.as_ref().map(|leftover| &leftover.snapshot)?;
        Some(snapshot).filter(|snapshot| snapshot.call_id == *id)
    }

    fn no_longer_rejoinable(&mut self, id: &CallId) {
        self.out.push(Output::Event(Event::NotRejoinable {
            call_id: id.clone(),
        }));
    }

    pub(in crate::machine) fn rejoinable(&self) -> Option<Rejoinable> {
        let leftover = self.leftover.as_ref()?;
        Some(leftover.shown(&self.config.me))
    }
}

impl Leftover {
    /// What this member is in it, and whom it is with: the caller, or the first who was called.
    fn sides(&self, me: &MemberId) -> (Role, Peer) {
        let snapshot = &self.snapshot;
        let caller = &snapshot.caller_id;
        let (role, other) = if caller == me {
            let first = snapshot.invitees.first();
            (Role::Caller, first.map_or(caller, |i| &i.member_id))
        } else {
            (Role::Callee, caller)
        };
        (role, Peer::in_snapshot(snapshot, other))
    }

    fn shown(&self, me: &MemberId) -> Rejoinable {
        let (_, peer) = self.sides(me);
        Rejoinable {
            call_id: self.snapshot.call_id.clone(),
            peer,
            call_type: self.snapshot.call_type,
            until_ms: self.until_ms,
        }
    }
}
