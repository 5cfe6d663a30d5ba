//! From an invite, by whatever way it comes, to its answer.

use crate::bounds::RINGING_WITH_CALL_WAITING;
use crate::end::EndCause;
use crate::id::{CallId, MemberId, Rev};
use crate::media::CallType;
use crate::rest::{RejectCall, RejectReason, RejectScope};
use crate::snapshot::{CallSnapshot, Role};

use crate::machine::Machine;
use crate::machine::ending::over::{by_myself, told};
use crate::machine::interface::event::{Event, Peer};
use crate::machine::interface::input::{Answer, Reply};
use crate::machine::interface::output::{Output, Request};
use crate::machine::request::Purpose;
use crate::machine::server::learn::Part;
use crate::machine::state::{Call, IfAlive, Parting, Phase};
use crate::machine::timer::{RING_MS, Timer};

/// Somebody calls, by whatever way it is told.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::machine) struct Invitation {
    pub(in crate::machine) call_id: CallId,
    pub(in crate::machine) caller: Peer,
    pub(in crate::machine) call_type: CallType,
    /// Ring time left, in milliseconds.
    pub(in crate::machine) ring_ms: u64,
    pub(in crate::machine) way: Way,
    /// The call as it is, from a part-B server.
    pub(in crate::machine) snapshot: Option<CallSnapshot>,
    /// The call's revision when it was written, by a part-B server.
    pub(in crate::machine) rev: Option<Rev>,
}

/// How an invitation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::machine) enum Way {
    Signal,
    Push,
    /// The server was asked, and told of it.
    Resync,
}

impl Machine {
    /// The server, which was asked, has this call, with so much ring time for this member.
    pub(in crate::machine) fn rings_at_server(&mut self, snapshot: CallSnapshot, ring_ms: u64) {
        if ring_ms == 0 || self.my_part(&snapshot) != Part::Invited {
            return;
        }
        self.invited(Invitation {
            call_id: snapshot.call_id.clone(),
            caller: Peer::in_snapshot(&snapshot, &snapshot.caller_id),
            call_type: snapshot.call_type,
            ring_ms,
            way: Way::Resync,
            rev: Some(snapshot.rev),
            snapshot: Some(snapshot),
        });
    }

    /// Rings, or knows why not.
    pub(in crate::machine) fn invited(&mut self, mut invitation: Invitation) {
        if invitation.caller.member_id == self.config.me {
            return;
        }
        if let Some(snapshot) = invitation.snapshot.take_if(|snapshot| {
            let rings = !snapshot.status.is_over() && self.my_part(snapshot) == Part::Invited;
            invitation.ring_ms > 0 && !rings
        }) {
            // Its own end has overtaken it.
            self.learn(snapshot);
            return;
        }
        let snapshot = invitation.snapshot.as_ref();
        if let Some(newer) = snapshot.filter(|newer| self.rings_from_before(newer)) {
            // Nobody is called in anew who still rings.
            let id = newer.call_id.clone();
            let missed = told(EndCause::RingDeadline.outcome(), None);
            self.on_call(&id, |m| m.end_call(missed, None));
            self.over.forget(&id);
        }
        let anew = self.is_called_in_anew(&invitation);
        let known = self.over.holds(&invitation.call_id) || self.offers(&invitation.call_id);
        if known && !(anew && invitation.ring_ms > 0) {
            // The same invite again, one that its end has overtaken, or one that an earlier
            // process of this app has answered.
            if invitation.way == Way::Push {
                self.show_push(&invitation);
                if invitation.ring_ms > 0 && self.may_be_called_in_anew(&invitation) {
                    self.sync();
                }
            }
            return;
        }
        if self.is_current(&invitation.call_id) {
            let id = invitation.call_id.clone();
            self.on_call(&id, |m| m.invited_while_it_rings(invitation));
            return;
        }
        if self.calls().any(|call| call.is(&invitation.call_id)) {
            // An id that this device made itself, and the server has replaced.
            return;
        }
        if !self.may_ring(&invitation.caller.member_id) {
            self.invited_while_busy(&invitation);
            return;
        }
        let ring_ms = invitation.ring_ms.min(RING_MS);
        if ring_ms == 0 {
            self.over
                .note_ring_over(&invitation.call_id, invitation.rev);
            match invitation.way {
                Way::Push => self.show_push(&invitation),
                Way::Signal | Way::Resync => self.out.push(Output::Event(Event::Missed {
                    call_id: invitation.call_id,
                    caller: invitation.caller,
                    call_type: invitation.call_type,
                })),
            }
            return;
        }
        self.ring(invitation, ring_ms);
    }

    /// The same invite by another way; or, which only the server can tell, a push for a new one.
    fn invited_while_it_rings(&mut self, invitation: Invitation) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        let known = call.invited_at.max(Some(call.rev()));
        match invitation.snapshot {
            Some(snapshot) if call.is_before_its_invite(&snapshot) => {}
            Some(snapshot) => {
                self.shorten_ring(invitation.ring_ms);
                self.learn(snapshot);
            }
            None => {
                self.shorten_ring(invitation.ring_ms);
                if known < invitation.rev {
                    self.look();
                }
            }
        }
    }

    /// What rings here is an earlier invitation than what this says.
    pub(in crate::machine) fn rings_from_before(&self, newer: &CallSnapshot) -> bool {
        let mut calls = self.calls().filter(|call| call.id == newer.call_id);
        self.my_part(newer) == Part::Invited
            && calls.any(|call| {
                matches!(call.phase, Phase::Ringing { .. })
                    && call.invitation.is_some()
                    && call.invitation < self.invitation_of(newer)
            })
    }

    /// Which of this member's invitations this call is.
    pub(in crate::machine) fn invitation_of(&self, snapshot: &CallSnapshot) -> Option<u32> {
        let mine = snapshot.invitee(&self.config.me);
        mine.map(|mine| mine.invited_again)
    }

    /// A call that is over here, or on offer, calls this member in anew by this.
    pub(in crate::machine) fn calls_in_anew(&self, newer: &CallSnapshot) -> bool {
        let now = self.invitation_of(newer);
        let on_offer = self.on_offer(&newer.call_id);
        let offered = on_offer.and_then(|known| self.invitation_of(known));
        newer.is_group
            && (offered.is_some() && offered < now
                || self
                    .over
                    .is_called_in_anew(&newer.call_id, Some(newer.rev), now))
    }

    fn is_called_in_anew(&self, invitation: &Invitation) -> bool {
        match &invitation.snapshot {
            Some(snapshot) => self.calls_in_anew(snapshot),
            None => {
                let id = &invitation.call_id;
                self.over.is_called_in_anew(id, invitation.rev, None)
            }
        }
    }

    /// A push may: by itself it cannot tell.
    fn may_be_called_in_anew(&self, push: &Invitation) -> bool {
        let on_offer = self.on_offer(&push.call_id).map(|known| known.rev);
        let known = self.over.known_rev(&push.call_id).or(on_offer);
        known.is_some() && known < push.rev
    }

    /// No call goes on, or this one may wait.
    fn may_ring(&self, caller: &MemberId) -> bool {
        let waits = self.config.call_waiting && self.speaks_part_b();
        let mut ringing = 0;
        for call in self.calls() {
            let beside = match call.phase {
                // Nothing is decided while a create is on its way.
                Phase::Creating { .. } => false,
                // Glare: where the create was answered, this invite has lost.
                Phase::Dialing { .. } => call.is_group || call.peer.member_id != *caller,
                Phase::Ringing { .. } => {
                    ringing += 1;
                    true
                }
                Phase::Accepting | Phase::Connecting | Phase::Active { .. } => true,
            };
            if !waits || !beside {
                return false;
            }
        }
        ringing < RINGING_WITH_CALL_WAITING
    }

    fn show_push(&mut self, invitation: &Invitation) {
        self.out.push(Output::Event(Event::PushWithoutRing {
            call_id: invitation.call_id.clone(),
            caller: invitation.caller.clone(),
            call_type: invitation.call_type,
        }));
    }

    fn ring(&mut self, invitation: Invitation, ring_ms: u64) {
        let id = invitation.call_id;
        // Called in anew: what was before is no longer its end, and the server is told no more of it.
        self.over.forget(&id);
        self.withdraw_leftover(&id);
        if invitation.rev.is_some() {
            self.no_longer_elsewhere(&id);
        }
        self.forget_farewells(&id);
        let until_ms = self.now + ring_ms;
        self.out.push(Output::Event(Event::Incoming {
            call_id: id.clone(),
            caller: invitation.caller.clone(),
            call_type: invitation.call_type,
            ring_expires_in_ms: ring_ms,
        }));
        let mut call = Call::new(
            id.clone(),
            Role::Callee,
            invitation.caller,
            invitation.call_type,
            Phase::Ringing { until_ms },
        );
        call.known_after = self.requests.newest();
        if invitation.snapshot.is_none() {
            call.invited_at = invitation.rev;
        }
        call.timings.ringing_ms = Some(self.now);
        self.open_line(call);
        self.timers.set(Timer::Ring, until_ms);
        let part_b = self.speaks_part_b();
        match invitation.way {
            Way::Push => self.look(),
            Way::Signal if !part_b => self.look(),
            Way::Signal | Way::Resync => {}
        }
        if part_b {
            self.tell_ringing();
        }
        if let Some(snapshot) = invitation.snapshot {
            self.learn(snapshot);
        }
        self.park();
    }

    fn invited_while_busy(&mut self, invitation: &Invitation) {
        // Nothing is decided while a create is on its way. A part-B server invites nobody who is in
        // a call: either that call is over there, or this member was called as it began one.
        let part_b = self.speaks_part_b();
        self.on_each(|m| {
            if let Some(call) = m.call.as_mut()
                && (part_b || matches!(call.phase, Phase::Creating { .. }))
            {
                call.holds_invite = true;
            }
        });
        if invitation.way == Way::Push {
            self.show_push(invitation);
            return;
        }
        // Glare: the create's answer decides. Where it has, this invite has lost.
        let caller = &invitation.caller.member_id;
        let outgoing_to_caller = self
            .calls()
            .any(|call| call.role == Role::Caller && call.peer.member_id == *caller);
        // A part-B server keeps one ring and one call a member, and answers busy by itself.
        if outgoing_to_caller || part_b || invitation.way == Way::Resync {
            return;
        }
        self.over.note(invitation.call_id.clone());
        let body = RejectCall {
            reason: RejectReason::Busy,
            scope: RejectScope::Member,
        };
        self.request(
            Purpose::Farewell,
            Request::Reject {
                call_id: invitation.call_id.clone(),
                body,
            },
        );
    }

    /// A ring never gets longer.
    pub(in crate::machine) fn shorten_ring(&mut self, ring_ms: u64) {
        let until = self.now + ring_ms.min(RING_MS);
        if let Some(call) = self.call.as_mut()
            && let Phase::Ringing { until_ms } = &mut call.phase
        {
            *until_ms = until.min(*until_ms);
            let until = *until_ms;
            self.timers.set(Timer::Ring, until);
            if until <= self.now {
                self.timers.clear(Timer::Ring);
                self.ring_expired();
            }
        }
    }

    /// Tells a part-B server that this device really rings.
    pub(in crate::machine) fn tell_ringing(&mut self) {
        let Some(call) = self.call.as_ref() else {
            return;
        };
        if matches!(call.phase, Phase::Ringing { .. }) {
            let call_id = call.id.clone();
            self.request(Purpose::Ringing, Request::Ringing { call_id });
        }
    }

    pub(in crate::machine) fn ringing_told(&mut self, answer: Answer) {
        let Some(call) = self.call.as_mut() else {
            return;
        };
        match answer.result {
            Ok(Reply::Ringing(response)) => {
                call.failures = 0;
                let rings = matches!(call.phase, Phase::Ringing { .. });
                // Who has answered meanwhile comes with what the accept brings: nobody has to see
                // first that it may listen by now.
                if let (true, Some(access)) = (rings, response.join_ahead) {
                    self.join_ahead(access);
                }
                if rings && response.ring_expires_in_ms == 0 {
                    // Nobody rings any more: answered elsewhere, over, or out of time. Where this
                    // device has answered meanwhile, its own answer says which.
                    self.await_last_word(
                        EndCause::RingDeadline.outcome(),
                        None,
                        IfAlive::EndAnyway,
                    );
                } else {
                    self.shorten_ring(response.ring_expires_in_ms);
                }
            }
            Ok(_) => {}
            Err(failure) if failure.is_for_now() => {
                self.try_again(Timer::RingingRetry, &failure);
            }
            Err(failure) => self.learn_from_refusal(failure),
        }
    }

    /// The local end of a ring: nothing may ring longer than it was told to.
    pub(in crate::machine) fn ring_expired(&mut self) {
        let rings = self
            .call
            .as_ref()
            .is_some_and(|call| matches!(call.phase, Phase::Ringing { .. }));
        if rings {
            self.end_call(
                by_myself(EndCause::RingDeadline.outcome(), None),
                Some(Parting::Ask),
            );
        }
    }
}
